"""What is about to end: days left for the report, and each mark told of once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from cosell.sync.ending import LISTED, days_left, reached, report_of
from cosell.sync.ports import RunningClock
from sync_examples import NOW

MARKS = (7, 3, 1, 0)


def clock(days: float, *, told: int | None = None, kind: str = "answer") -> RunningClock:
    """Give a clock that ends in so many days."""
    return RunningClock("ref-1", kind, NOW + timedelta(days=days), told)


@pytest.mark.parametrize(
    ("days", "told", "mark"),
    [
        (8, None, None),
        (7, None, 7),
        (6.9, 7, None),
        (2, None, 3),
        (2, 7, 3),
        (0.5, 3, 1),
        (-1, 1, 0),
        (-5, 0, None),
    ],
)
def test_a_mark_is_told_of_once(days: float, told: int | None, mark: int | None) -> None:
    """The last mark that was passed counts; one that was told of is not told again, nor an earlier one."""
    endings = reached([clock(days, told=told)], NOW, marks=MARKS)
    assert [each.clock.told for each in endings] == ([] if mark is None else [mark])


def test_no_marks_tell_of_nothing() -> None:
    """Whoever wants no news sets none."""
    assert reached([clock(0)], NOW, marks=()) == []


def test_an_ending_says_what_a_notifier_needs() -> None:
    """Plain JSON: which referral, which clock, when, how long still."""
    (ending,) = reached([clock(2.04, kind="call")], NOW, marks=MARKS)
    assert ending.as_json() == {
        "referral": "ref-1",
        "clock": "call",
        "ends": (NOW + timedelta(days=2.04)).isoformat(),
        "days_left": 2.0,
        "mark": 3,
    }


def test_the_report_counts_all_and_lists_the_soonest() -> None:
    """By kind; a long list is cut, the counts are whole."""
    clocks = [clock(day) for day in range(LISTED + 5)] + [clock(99, kind="microsoft")]
    told = report_of(clocks, NOW)
    assert told["counts"] == {"answer": LISTED + 5, "microsoft": 1}
    soonest = told["soonest"]
    assert isinstance(soonest, list)
    assert (len(soonest), soonest[2]) == (LISTED, {"referral": "ref-1", "clock": "answer", "days_left": 2.0})


def test_what_has_ended_has_less_than_no_days_left() -> None:
    """Partner Center may take its time to close it."""
    assert days_left(replace(clock(-0.5)), NOW) == -0.5
