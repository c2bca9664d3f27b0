"""Asking Microsoft for help in runs that die, and in two runs at once: one engagement, one referral of Microsoft's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import crm
from tests.integration.joined import TASKS, Joined
from tests.integration.test_help_from_microsoft import PROOF, asked, assert_asked_once
from tests.integration.test_killed import Killed, Mortal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.campaign

MOMENTS = range(11)
"""Moments of such a run at which the memory is written, each before and after it is done."""


def help_wanted(folder: Path, *, later: bool) -> tuple[Joined, str]:
    """Tell of a deal on which help is asked before it is shared, or after."""
    joined = Joined(folder)
    key = asked(joined, cosell_howcanmicrosofthelp=None if later else PROOF)
    if later:
        joined.run()
        joined.later(60)
        crm.update(joined.sandbox, "opportunity", key, cosell_howcanmicrosofthelp=PROOF)
    return joined, key


def assert_done(joined: Joined, key: str) -> None:
    """Hold that help was asked for once, and that the CRM says so."""
    assert_asked_once(joined)
    row = joined.row(key)
    assert row["cosell_microsoftstatus"] == "Pending"
    assert row["name"] == "✔ CRM deal"
    joined.run()
    joined.written()
    joined.later(60)
    joined.run()
    assert joined.written() == 0


@pytest.mark.parametrize("later", [False, True], ids=["at creation", "later"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_cleared_after_a_kill(tmp_path: Path, moment: int, *, after: bool, later: bool) -> None:
    """Killed at any writing of the memory and cleared: asked once, the next run quiet."""
    joined, key = help_wanted(tmp_path, later=later)
    facts, state = joined.facts(), joined.state
    joined.state = Mortal(state, at=moment, after=after)  # type: ignore[assignment]
    try:
        joined.run(facts)
    except Killed:
        joined.state = state
        joined.run(facts)
    joined.state = state
    assert_done(joined, key)


@pytest.mark.parametrize("later", [False, True], ids=["at creation", "later"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_left_after_a_kill(tmp_path: Path, moment: int, *, later: bool) -> None:
    """Killed and never cleared: the next run, once the leases are over, asks or sees that it was done."""
    joined, key = help_wanted(tmp_path, later=later)
    state = joined.state
    joined.state = Mortal(state, at=moment, after=moment % 2 == 0)  # type: ignore[assignment]
    try:
        joined.run()
    except Killed:
        joined.later(16 * 60)
    joined.state = state
    joined.run()
    assert_done(joined, key)


@pytest.mark.parametrize("times", range(5))
@pytest.mark.parametrize("later", [False, True], ids=["at creation", "later"])
def test_a_task_is_cleared_again_and_again(tmp_path: Path, times: int, *, later: bool) -> None:
    """However often the pushing task is repeated, with its files or without, one referral of Microsoft's stands."""
    joined, key = help_wanted(tmp_path, later=later)
    facts = joined.run()
    for number in range(times):
        joined.run(facts, tasks=TASKS[4:6] if number % 2 else TASKS[2:6])
    assert_done(joined, key)


@pytest.mark.parametrize("cut", range(1, 7))
@pytest.mark.parametrize("later", [False, True], ids=["at creation", "later"])
def test_two_runs_at_once(tmp_path: Path, cut: int, *, later: bool) -> None:
    """A run that comes upon a deal which another run is asking for leaves it alone, also when the other is slow."""
    joined, key = help_wanted(tmp_path, later=later)
    first, second = joined.facts(), joined.facts()
    joined.run(first, tasks=TASKS[:cut])
    joined.run(second, tasks=TASKS[:5])
    joined.run(first, tasks=TASKS[cut:])
    joined.run(second, tasks=TASKS[5:])
    joined.later(60)
    joined.run()
    assert_done(joined, key)


@pytest.mark.parametrize("later", [False, True], ids=["at creation", "later"])
def test_a_run_that_lost_its_hold_does_not_ask(tmp_path: Path, *, later: bool) -> None:
    """A run whose leases are over finds that another one has asked meanwhile."""
    joined, key = help_wanted(tmp_path, later=later)
    slow = joined.facts()
    joined.run(slow, tasks=TASKS[:3])
    joined.later(16 * 60)
    joined.run()
    joined.run(slow, tasks=TASKS[3:])
    assert_done(joined, key)
