"""The life of a bound pair: what follows from the states of both sides. A gesture answers; what is closed is final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cosell.core.lifecycle import CARRIED_CLOSED, CLOSED, LOST, OPEN, PARKED, UNANSWERED, WON
from cosell.core.reconcile import same
from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.lifecycle import Gestures
    from cosell.core.reconcile import Fit
    from cosell.core.record import Value

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
DECLINED, EXPIRED, ERROR, QUALIFIED = "declined", "expired", "error", "qualified"
UNKNOWN_PREFIX = "other:"
CLOSES_AS = {WON: WON, LOST: LOST, DECLINED: LOST, ERROR: ERROR}
"""How an accepted referral is closed, by the state of its opportunity; expired is the service's alone to say."""
NEVER_CLOSES = {EXPIRED: "EXPIRED-1", ERROR: "ERROR-1"}
"""Ends of a referral that leave the opportunity open, and what is said of each."""

StepKind = Literal["keep", "agree", "carry", "hold", "conflict", "apart"]


@dataclass(frozen=True, slots=True)
class Step:
    """What follows for the state of a pair.

    keep: nothing moved · agree: remember both · carry: write `word` to `to` · hold: say `code` once, carry nothing ·
    conflict: a person decides · apart: the two never agreed and neither may take the other's.
    """

    kind: StepKind
    to: Side | None = None
    word: str = ""
    code: str = ""
    later: bool = False
    """The CRM's state asks for another step, which the next run takes."""


AGREE, KEEP, CONFLICT, APART = Step("agree"), Step("keep"), Step("conflict"), Step("apart", code="STATE-1")


@dataclass(frozen=True, slots=True)
class Stand:
    """The states of both sides: now, and when both last agreed."""

    held: Mapping[Side, Value]
    was: Mapping[Side, Value]
    """Without an entry for a side: nothing is remembered there."""
    found: bool = False
    """The two were just found to be one deal: their states are no news."""
    made: bool = False
    """One was just found that we made of the other before a crash: it began as the other was."""
    unexplained: bool = False
    """The seller closed the deal without a reason, and was told to reopen it."""

    def moved(self, side: Side) -> bool:
        """Tell whether the side is in another state than when both last agreed."""
        return side not in self.was or not same(self.was[side], self.held[side])

    @property
    def unknown(self) -> Side | None:
        """Give the side whose state the mapping has no word for."""
        return next((side for side in Side if str(self.held[side]).startswith(UNKNOWN_PREFIX)), None)


def next_step(stand: Stand, gestures: Gestures, *, fit: Fit) -> Step:
    """Give what follows for the states of a pair."""
    if None in stand.held.values() or not any(stand.moved(side) for side in Side):
        return KEEP
    if stand.unknown:
        return Step("hold", stand.unknown, code="UNKNOWN-1")
    if stand.held[PC] == UNANSWERED:
        return _unanswered(stand, gestures, fit=fit)
    return _closed(stand, fit=fit) if stand.held[PC] in CLOSED else _accepted(stand)


def _unanswered(stand: Stand, gestures: Gestures, *, fit: Fit) -> Step:
    """Take a change of the opportunity's state for the seller's answer; what was there before is none."""
    word = stand.held[DV]
    if word == fit(DV, "status", UNANSWERED):
        return AGREE
    if DV not in stand.was:
        return APART
    return _answer(stand, gestures) if stand.moved(DV) else AGREE


def _answer(stand: Stand, gestures: Gestures) -> Step:
    """Give what the state says to which a seller moved the opportunity of an unanswered referral."""
    word = stand.held[DV]
    if word in gestures.declines:
        return Step("carry", PC, DECLINED)
    if word == OPEN and word in gestures.accepts and stand.unexplained:
        return Step("hold", DV, code="ANSWER-1")  # a row that is reopened comes back so: no gesture
    if word in gestures.accepts or word in {WON, QUALIFIED}:
        return Step("carry", PC, OPEN, later=word == WON)
    return AGREE


def _accepted(stand: Stand) -> Step:
    word = stand.held[DV]
    if word not in CLOSED:
        answered = stand.was.get(PC) == UNANSWERED and not stand.moved(DV)
        return Step("carry", DV, OPEN) if answered and word == PARKED else AGREE
    news = stand.made or DV in stand.was
    if not news or not stand.moved(DV) or word not in CLOSES_AS:
        return APART
    if stand.was.get(PC) == UNANSWERED and word != WON:
        return CONFLICT  # accepted there while it was declined here
    return Step("carry", PC, CLOSES_AS[str(word)])


def _closed(stand: Stand, *, fit: Fit) -> Step:
    here, word = str(stand.held[PC]), stand.held[DV]
    kept = fit(DV, "status", here)
    if word == kept:
        return AGREE
    if word in CLOSED:
        return Step("hold", DV, code="CLOSED-2")
    if stand.was.get(DV) in CLOSED and not stand.moved(PC):
        return Step("hold", DV, code="REOPENED-1")
    if here in NEVER_CLOSES:
        return Step("hold", PC, code=NEVER_CLOSES[here])
    if kept is None:
        return Step("hold", PC, code="LEAD-2")  # a table that cannot be closed so: only a person qualifies a lead
    is_news = stand.moved(PC) or DV in stand.was
    return Step("carry", DV, str(kept)) if is_news and not stand.found else APART


def closing(word: str) -> str:
    """Give the CRM's own way to close for a referral's end."""
    return word if word in CARRIED_CLOSED else LOST
