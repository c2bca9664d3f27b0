"""ending: what is about to end, in days left: for the run's report, and for whoever wants to be told in time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cosell.sync.ports import RunningClock

MOST = 10_000
"""Clocks looked at in one run."""
LISTED = 50
"""Clocks named one by one in the run's report, the soonest first."""
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Ending:
    """A clock that has reached a mark."""

    clock: RunningClock
    """With the mark told of."""
    days_left: float

    def as_json(self) -> dict[str, object]:
        """Give it as plain JSON, as notifiers get it."""
        clock = self.clock
        told = {"referral": clock.referral_id, "clock": clock.kind, "ends": clock.ends.isoformat()}
        return {**told, "days_left": self.days_left, "mark": clock.told}


def days_left(clock: RunningClock, now: datetime) -> float:
    """Give the days until the end; below zero where it has passed."""
    return round((clock.ends - now).total_seconds() / _DAY, 1)


def report_of(clocks: Sequence[RunningClock], now: datetime) -> dict[str, object]:
    """Give the clocks' part of a run's report."""
    soonest = [
        {"referral": each.referral_id, "clock": each.kind, "days_left": days_left(each, now)}
        for each in clocks[:LISTED]
    ]
    return {"counts": dict(Counter(each.kind for each in clocks)), "soonest": soonest}


def reached(clocks: Iterable[RunningClock], now: datetime, *, marks: Sequence[int]) -> list[Ending]:
    """Give the clocks that have come to a mark of which nobody was told yet; of several passed at once the last."""
    endings = []
    for clock in clocks:
        left = (clock.ends - now).total_seconds() / _DAY
        mark = min((each for each in marks if left <= each), default=None)
        if mark is not None and (clock.told is None or mark < clock.told):
            endings.append(Ending(replace(clock, told=mark), days_left(clock, now)))
    return endings
