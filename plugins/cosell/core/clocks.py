"""What is about to end: the time to answer a referral, Microsoft's time to answer ours, the time to call a customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cosell.core.lifecycle import UNANSWERED, is_closed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value

    Values = Mapping[str, Value]

ANSWER, MICROSOFT, CALL = "answer", "microsoft", "call"
ANSWERED_WITHIN = timedelta(days=14)
"""Partner Center closes an unanswered referral as expired after that long (BR-16, BR-17)."""
CALLED_WITHIN = timedelta(hours=72)
"""A lead whose customer asked to be called turns urgent after that long (BR-18)."""
_WAITING = ("new", "pending", "received")


class Clock(NamedTuple):
    """One that runs, and when it ends."""

    kind: str
    ends: datetime


def clocks_of(referral: Values) -> tuple[Clock, ...]:
    """Give the clocks that run on a referral, the soonest first."""
    created = referral.get("created_at")
    running = []
    if referral.get("status") == UNANSWERED:
        ends = _time(referral.get("expires_on")) or _after(created, ANSWERED_WITHIN)
        running.append((ANSWER, ends))
        if referral.get("call_wanted") is True:
            running.append((CALL, _after(created, CALLED_WITHIN)))
    elif str(referral.get("microsoft_status")).lower().startswith(_WAITING) and not is_closed(referral):
        running.append((MICROSOFT, _time(referral.get("microsoft_expires_on"))))
    known = [Clock(kind, ends) for kind, ends in running if ends is not None]
    return tuple(sorted(known, key=lambda clock: clock.ends))


def soonest_end(referral: Values) -> datetime | None:
    """Give when the first of a referral's clocks ends."""
    return next((clock.ends for clock in clocks_of(referral)), None)


def _after(start: Value, span: timedelta) -> datetime | None:
    return start + span if isinstance(start, datetime) else None


def _time(value: Value) -> datetime | None:
    return value if isinstance(value, datetime) else None
