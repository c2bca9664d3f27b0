"""A task that carries events and dies, wherever that is: nothing told of is forgotten, and nothing done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.sync import lots

from sandbox.partner_center import portal
from tests.integration.eventful import Eventful
from tests.integration.kept import Kept, keep, on_disk
from tests.integration.looks import by_name, counts, deals
from tests.integration.test_killed import Killed, Mortal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.joined import Joined

pytestmark = pytest.mark.campaign

MOMENTS = 16
"""Writings of the memory and removals of files in a task of two lots, and a little more."""
EDITED = ("one", "two", "three")


class MortalInbox:
    """The inbox of a process that is killed at its n-th removal, before or after it is done."""

    def __init__(self, inbox: object, *, at: int, after: bool) -> None:
        self._inbox, self._left, self._after = inbox, at, after

    def __getattr__(self, name: str) -> Callable[..., object]:
        """Give what the inbox gives."""
        known: Callable[..., object] = getattr(self._inbox, name)
        return known

    def remove(self, name: str) -> None:
        """Remove a file, unless the process ends before."""
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Killed
        self._inbox.remove(name)  # type: ignore[attr-defined]
        if self._left < 0:
            raise Killed


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Tell of deals that agree, of edits since, of a new deal, and of events about each of them."""
    folder = tmp_path_factory.mktemp("morning")
    joined = on_disk(folder)
    names = {name: joined.referral(name=name) for name in EDITED}
    joined.run()
    joined.later(60)
    for name in EDITED:
        portal.edit(joined.sandbox, names[name], path="/details/dealValue", value=777)
    names["new"] = joined.referral(name="new")
    eventful = Eventful(joined)
    for referral in (*names.values(), *names.values()):
        eventful.tell(referral)
    return keep(joined, folder=folder, names=names)


@pytest.fixture
def joined(morning: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Joined:
    """Give the morning, and lots of two referrals."""
    monkeypatch.setattr(lots, "REFERRALS", 2)
    return morning.go_on(tmp_path)


def die(eventful: Eventful, moment: int, *, after: bool, removing: bool) -> bool:
    """Let the task be killed, and tell whether it came to that; what it used goes on living."""
    joined, facts = eventful.joined, eventful.facts()
    inbox, state = eventful.inbox, joined.state
    if removing:
        eventful.inbox = MortalInbox(inbox, at=moment, after=after)  # type: ignore[assignment]
    else:
        joined.state = Mortal(state, at=moment, after=after)  # type: ignore[assignment]
    try:
        eventful.carry(facts)
    except Killed:
        killed = True
    else:
        killed = False
    eventful.inbox, joined.state = inbox, state
    eventful.last = facts
    return killed


def assert_kept_in_mind(eventful: Eventful, kept: Kept) -> None:
    """Hold that each referral told of lies in the inbox, is noted, or was carried: no window is needed to find it."""
    carried = {deal.referral["id"] for deal in deals(eventful.joined) if deal.agree()}
    waiting = {each.subject for each in eventful.inbox.landed()}
    assert waiting | eventful.unsettled().keys() | carried >= set(kept.names.values())


def assert_done(eventful: Eventful, kept: Kept) -> None:
    """Hold all that was told of, once, and that nothing is left to do."""
    joined = eventful.joined
    found = by_name(joined)
    assert set(found) == {*EDITED, "new"}
    assert [float(found[name].row["estimatedvalue"]) for name in EDITED] == [777] * 3
    assert {name: deal.referral["id"] for name, deal in found.items()} == kept.names
    assert (counts(joined)["opportunity"], counts(joined)["referral"]) == (4, 4)
    assert (eventful.waiting(), eventful.unsettled()) == ([], {})
    joined.written()
    joined.later(20 * 60)
    joined.run()
    assert joined.written() == 0


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize("moment", range(0, MOMENTS, 2))
def test_done_again_after_a_kill(joined: Joined, morning: Kept, moment: int, removing: bool) -> None:
    """Airflow tries the task again: it finishes the lots that it had begun, and takes the rest."""
    eventful = Eventful(joined)
    die(eventful, moment, after=moment % 4 == 2, removing=removing)
    assert_kept_in_mind(eventful, morning)
    eventful.carry(eventful.last)
    assert_done(eventful, morning)


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize("moment", range(1, MOMENTS, 3))
def test_never_done_again_after_a_kill(joined: Joined, morning: Kept, moment: int, removing: bool) -> None:
    """The run is given up: another takes what lies in the inbox, and the sync what was noted, once leases are over."""
    eventful = Eventful(joined)
    die(eventful, moment, after=moment % 2 == 1, removing=removing)
    assert_kept_in_mind(eventful, morning)
    joined.later(16 * 60)
    eventful.carry()
    joined.run()
    assert_done(eventful, morning)


@pytest.mark.parametrize(("moment", "removing"), [(4, False), (1, True)])
def test_kills_come_where_they_should(joined: Joined, moment: int, removing: bool) -> None:
    """The stories above die in the midst of the work, not after it."""
    assert die(Eventful(joined), moment, after=True, removing=removing)
