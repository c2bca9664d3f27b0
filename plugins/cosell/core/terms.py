"""What the decisions of a run stand on besides the records: fields, fit, rules, gestures, the time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cosell.core.lifecycle import Gestures
from cosell.core.record import Side
from cosell.core.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cosell.core.reconcile import Fit
    from cosell.core.record import Field
    from cosell.core.rules import Severity


@dataclass(frozen=True)
class Terms:
    """What the decisions of a run stand on."""

    fields: Mapping[str, Field]
    fit: Fit
    now: datetime
    severities: Mapping[str, Severity] = field(default_factory=dict)
    states: frozenset[str] | None = None
    """Referral states that a new record may be carried in; None: all that can be."""
    organization_id: str | None = None
    gestures: Gestures = field(default_factory=Gestures)
    switch_on: bool = False
    """Whether the seller's switch is set to Yes on rows that are found to be the deal of a referral."""
    leads: bool = False
    """Whether these are leads rather than co-sell deals."""
    scope: Scope = field(default_factory=Scope)
    """What this environment may do, and which referrals are its own."""
    retired: frozenset[str] = frozenset()
    """Ids of solutions that are offered no more, casefolded."""

    @cached_property
    def compared(self) -> tuple[Field, ...]:
        """Give the fields that both sides hold and people edit."""
        return tuple(each for each in self.fields.values() if each.is_shared_by_both and not each.bookkeeping)

    @cached_property
    def facts(self) -> Mapping[Side, tuple[str, ...]]:
        """Name per side what is only looked at there: one-sided fields, and our own bookkeeping."""
        others = self.fields.keys() - {each.name for each in self.compared}
        return {side: tuple(name for name in sorted(others) if side in self.fields[name].sides) for side in Side}

    @cached_property
    def told_to_new(self) -> Mapping[Side, tuple[str, ...]]:
        """Name per side what a new record there takes from the other side, a user's hook included.

        A field that only the new record's side has comes from a hook or not at all.
        """
        return {
            side: tuple(
                each.name
                for each in self.fields.values()
                if side in each.sides & each.created_on
                and (each.is_shared_by_both or not each.bookkeeping)
                and not (each.bookkeeping and each.authority is side)
            )
            for side in Side
        }
