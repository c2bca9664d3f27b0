"""A person's choice between the values of both sides: it holds for exactly the values that the person saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.life import CLOSES_AS, DECLINED, QUALIFIED, Step
from cosell.core.lifecycle import CLOSED, LATCH_FIELDS, LOST, OPEN, STATE_FIELDS, UNANSWERED, WON
from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cosell.core.life import Stand
    from cosell.core.reconcile import FieldView, Fit
    from cosell.core.record import Field, Value

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
STATUS = "status"


@dataclass(frozen=True, slots=True)
class Choice:
    """One field, the side whose value a person took, and what both sides held when that was said."""

    field: str
    take: Side
    seen: Mapping[Side, Value]
    agreed: Mapping[Side, Value]
    """What each side held when both had last agreed; without an entry for a side: nothing was remembered there."""

    def still_holds(self, view: FieldView) -> bool:
        """Tell whether nothing happened since: an edit, or a write that carried the choice out, ends it."""
        return dict(view.held) == dict(self.seen) and dict(view.baseline) == dict(self.agreed)


def choice_for(view: FieldView, choices: Iterable[Choice]) -> Choice | None:
    """Give the choice that a person made for the field, if it still holds."""
    return next((each for each in choices if each.field == view.field.name and each.still_holds(view)), None)


def may_choose(field: Field) -> bool:
    """Tell whether a person may choose: reason and visibility follow rules of their own, bookkeeping is ours."""
    own_rules = (STATE_FIELDS | LATCH_FIELDS) - {STATUS}
    return field.is_shared_by_both and not field.bookkeeping and field.name not in own_rules


def chosen_step(stand: Stand, take: Side, *, fit: Fit) -> Step | None:
    """Give the legal step that makes the other side's state follow the one taken; None where there is none."""
    here, there = str(stand.held[PC]), str(stand.held[DV])
    if take is PC:
        if there in CLOSED or there == QUALIFIED or here == UNANSWERED:
            return None
        return Step("carry", DV, str(fit(DV, STATUS, here)))
    if here == UNANSWERED:
        return _answer(there)
    return Step("carry", PC, CLOSES_AS[there]) if here not in CLOSED and there in CLOSES_AS else None


def _answer(there: str) -> Step | None:
    if there in {LOST, DECLINED}:
        return Step("carry", PC, DECLINED)
    return Step("carry", PC, OPEN, later=there == WON) if there in {OPEN, WON, QUALIFIED} else None
