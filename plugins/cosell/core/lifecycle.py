"""What a deal's state allows: which referrals are ours to carry, and which write may go where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Field, Value

    Values = Mapping[str, Value]

UNANSWERED = "new"
PARKED = "on_hold"
OPEN = "open"
WON = "won"
LOST = "lost"
QUALIFIED = "qualified"
"""A lead that goes on as the opportunity which came of it."""
CLOSED = frozenset({WON, LOST, "declined", "expired", "error"})
CARRIED_CLOSED = frozenset({WON, LOST})
"""Closed states that a record may be created with: open first, then closed by the CRM's own action."""

STATE_FIELDS = frozenset({"status", "close_reason"})
LATCH_FIELDS = frozenset({"visibility"})
"""What `core/life.py` decides on, rather than the table of the laws."""
SENT_WITH_ACCEPTANCE = frozenset({"deal_value", "currency", "close_date", "notes"})
"""What Partner Center takes together with an acceptance."""
MICROSOFT = "msft"
CATEGORY_FIELDS = frozenset({"type", "qualification", "invited_by"})
"""What tells a lead from a co-sell deal."""


@dataclass(frozen=True, slots=True)
class Gestures:
    """What a seller does to an opportunity to answer its referral: state words of the mapping."""

    accepts: frozenset[str] = frozenset({OPEN})
    declines: frozenset[str] = frozenset({LOST, "declined"})


class Category(StrEnum):
    """What a referral is, told by type, qualification and who invited (Learn: referrals-api-introduction)."""

    COSELL = "co-sell opportunity"
    MARKETPLACE_LEAD = "marketplace lead"
    QUALIFIED_LEAD = "qualified lead"


class Gate(StrEnum):
    """What a record's present state says to a write of one field."""

    OPEN = "open"
    NOT_YET = "not yet"
    """The record's state does not allow it now; it may later."""
    NEVER = "never"
    """The side does not take this field any more."""
    CLOSED = "closed"
    """The record is closed for good on that side."""


def category(values: Values) -> Category:
    """Classify a referral; every combination that is not a lead is a co-sell opportunity."""
    if values.get("type") != "Independent":
        return Category.COSELL
    invited_by = values.get("invited_by")
    if values.get("qualification") == "Direct" and invited_by in {None, "", MICROSOFT}:
        return Category.MARKETPLACE_LEAD
    if values.get("qualification") in {"SalesQualified", "MarketingQualified"} and invited_by == MICROSOFT:
        return Category.QUALIFIED_LEAD
    return Category.COSELL


def is_closed(values: Values) -> bool:
    """Tell whether the record is closed on the side that holds these values."""
    return values.get("status") in CLOSED


def is_qualified(values: Values) -> bool:
    """Tell whether these are a lead's that a seller has qualified."""
    return values.get("status") == QUALIFIED


def is_flagged(values: Values) -> bool:
    """Tell whether the seller lets this opportunity be shared."""
    return values.get("flag") is True


def gate(field: Field, side: Side, *, values: Values, answer: str | None = None) -> Gate:
    """Tell whether a person's edit of the field may be written on the side that holds `values`.

    `answer` is the state that the same write moves an unanswered referral to.
    """
    if side not in field.written_on:
        return Gate.NEVER
    if is_closed(values):
        return Gate.CLOSED
    if side is Side.PARTNER_CENTER and is_unanswered(values):
        return _gate_with(field, answer)
    return Gate.OPEN


def _gate_with(field: Field, answer: str | None) -> Gate:
    """Tell whether an unanswered referral takes the field together with its answer."""
    if answer in CLOSED:
        return Gate.CLOSED
    return Gate.OPEN if answer == OPEN and field.name in SENT_WITH_ACCEPTANCE else Gate.NOT_YET


def closes_as(values: Values) -> str | None:
    """Give the state that a referral's new CRM record is closed with, once it stands."""
    status = values.get("status")
    return status if isinstance(status, str) and status in CARRIED_CLOSED else None


def is_unanswered(values: Mapping[str, Value]) -> bool:
    """Tell whether the referral still waits for our answer, so that not even our own id may be written on it."""
    return values.get("status") == UNANSWERED
