"""What every SyncState keeps of open ends: unsettled records, leases, watermarks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.choice import Choice
from cosell.core.record import Member, Side
from cosell.sync.ports import Remark, Settlement
from sqlalchemy.exc import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Example
    from cosell.adapters.state import SqlState


def test_unsettled_comes_back_as_it_was_put(state: SqlState, example: Example) -> None:
    """Reason, times, tries and remarks of an unsettled record survive; a second one takes its place."""
    remark = Remark("BR-07", "The account's country is missing.", since=example.at(-5), final=True)
    first = replace(example.waits(example.row(1), reason="refused"), tries=3, remarks=(remark,))
    state.settle([Settlement(unsettled=first)])
    assert state.unsettled([example.row(1), example.row(2)]) == {example.row(1): first}
    second = example.waits(example.row(1), due=None, reason="remarked")
    state.settle([Settlement(unsettled=second)])
    assert state.unsettled([example.row(1)]) == {example.row(1): second}


def test_due_gives_the_longest_overdue_first(state: SqlState, example: Example) -> None:
    """Due are the records whose time has come, oldest first, at most the limit; without a time never."""
    times = {1: 2.0, 2: -3.0, 3: 0.0, 4: None, 5: -1.0}
    records = {number: example.waits(example.row(number), due=due) for number, due in times.items()}
    state.settle([Settlement(unsettled=record) for record in records.values()])
    assert state.due(example.now, limit=10) == [records[2], records[5], records[3]]
    assert state.due(example.now, limit=2) == [records[2], records[5]]


def test_all_unsettled_gives_the_longest_so_first(state: SqlState, example: Example) -> None:
    """Every unsettled record can be listed, due or not, the longest unsettled first, at most the limit."""
    old = replace(example.waits(example.row(2), due=None), since=example.at(-9))
    new = example.waits(example.row(1), due=30)
    state.settle([Settlement(unsettled=new), Settlement(unsettled=old)])
    assert state.all_unsettled(limit=10) == [old, new]
    assert state.all_unsettled(limit=1) == [old]


def test_unsettled_can_be_listed_by_reason(state: SqlState, example: Example) -> None:
    """Of all that is unsettled, only what stands for that reason."""
    state.settle([Settlement(unsettled=example.waits(example.row(n), reason=r)) for n, r in ((1, "wait"), (2, "held"))])
    assert [one.ref for one in state.all_unsettled(limit=10, reason="held")] == [example.row(2)]


def test_a_choice_comes_back_as_it_was_put(state: SqlState, example: Example) -> None:
    """Which side was taken, and what both held and had agreed on, of whatever kind the values are."""
    people = (Member("Ada", "Moor", "ada@example.org", ""),)
    seen = {Side.PARTNER_CENTER: people, Side.DATAVERSE: ()}
    value = Choice("deal_value", Side.DATAVERSE, {Side.PARTNER_CENTER: Decimal("1.50"), Side.DATAVERSE: None}, {})
    team = Choice("team", Side.PARTNER_CENTER, seen, {Side.DATAVERSE: None})
    entry = replace(example.waits(example.row(1), reason="conflict"), choices=(value, team))
    state.settle([Settlement(unsettled=entry)])
    assert state.unsettled([example.row(1)]) == {example.row(1): entry}


def test_records_are_made_due(state: SqlState, example: Example) -> None:
    """Those named, those of a reason, those named and of that reason, or all; what is settled is not counted."""
    rows = [example.row(number) for number in range(4)]
    reasons = ("paused", "wait", "paused", "wait")

    def begin() -> None:
        waiting = (example.waits(row, due=None, reason=why) for row, why in zip(rows, reasons, strict=True))
        state.settle([Settlement(unsettled=each) for each in waiting])

    def due() -> list[int]:
        return [rows.index(one.ref) for one in state.due(example.now, limit=10)]

    begin()
    assert (state.make_due(example.now, refs=[rows[1], example.row(9)]), due()) == (1, [1])
    begin()
    assert (state.make_due(example.now, reason="paused"), due()) == (2, [0, 2])
    begin()
    assert (state.make_due(example.now, refs=rows[:2], reason="paused"), due()) == (1, [0])
    begin()
    assert (state.make_due(example.now), due()) == (4, [0, 1, 2, 3])
    assert state.make_due(example.now, refs=[]) == 0


def test_settled_records_are_removed(state: SqlState, example: Example) -> None:
    """A settled record is unsettled no more; settling one that is not is no error."""
    state.settle([Settlement(unsettled=example.waits(example.row(1)))])
    state.settle([Settlement(settled=(example.row(1), example.row(2)))])
    assert state.unsettled([example.row(1)]) == {}


def test_later_settlement_of_a_call_has_the_last_word(state: SqlState, example: Example) -> None:
    """Settlements apply in order; within one, a record put in place outlives its removal."""
    row, referral = example.row(1), example.referral(1)
    state.settle(
        [
            Settlement(unsettled=example.waits(row)),
            Settlement(settled=(row,)),
            Settlement(unsettled=example.waits(referral), settled=(referral,)),
        ]
    )
    assert set(state.unsettled([row, referral])) == {referral}


def test_lease_holds_others_off(holds: Callable[..., list[bool]]) -> None:
    """What one run holds no other takes; a group is taken whole or not at all."""
    assert holds("first", ["a", "b"], ["c"]) == [True, True]
    assert holds("second", ["b", "d"], ["e"]) == [False, True]
    assert holds("third", ["d"], ["e"]) == [True, False]


def test_lease_is_free_for_the_run_that_holds_it(holds: Callable[..., list[bool]]) -> None:
    """A run takes its own ids again, also within one call: a task may be repeated."""
    assert holds("run", ["a", "b"], ["b", "c"]) == [True, True]
    assert holds("run", ["a", "c", "d"]) == [True]
    assert holds("other", ["d"]) == [False]


def test_expired_lease_is_taken_over(state: SqlState, example: Example, holds: Callable[..., list[bool]]) -> None:
    """A lease ends at its time to the second; who lost it knows, who took it holds it."""
    assert holds("first", ["a", "b"])[0]
    assert holds("second", ["a"], minutes=9.9) == [False]
    assert holds("second", ["a"], minutes=10) == [True]
    assert state.held_leases(["a", "b"], run_id="second", now=example.at(10)) == {"a"}
    assert state.held_leases(["a", "b"], run_id="first", now=example.at(10)) == set()
    assert state.held_leases(["a", "b"], run_id="first", now=example.at(9)) == {"b"}


def test_lease_is_renewed(state: SqlState, example: Example, holds: Callable[..., list[bool]]) -> None:
    """A run renews all that it holds, and nothing of another run."""
    assert all(holds("first", ["a"], ["b"]))
    assert all(holds("second", ["c"]))
    state.renew_leases("first", until=example.at(30))
    assert holds("third", ["a"], ["b"], ["c"], minutes=20) == [False, False, True]


def test_leases_are_given_back(state: SqlState, holds: Callable[..., list[bool]]) -> None:
    """A run gives back some or all, and never what another run holds."""
    assert all(holds("first", ["a"], ["b"], ["c"]))
    assert all(holds("second", ["d"]))
    state.give_back_leases("first", ["a", "d", "unknown"])
    assert holds("third", ["a"], ["b"], ["d"]) == [True, False, False]
    state.give_back_leases("first")
    assert holds("third", ["b", "c"]) == [True]


def test_many_leases_in_one_call(state: SqlState, example: Example, holds: Callable[..., list[bool]]) -> None:
    """More ids than one IN takes are held, found and given back."""
    ids = [f"id-{number}" for number in range(1300)]
    assert holds("run", *[[one] for one in ids]) == [True] * 1300
    assert holds("other", ids[-1:], ids[:1]) == [False, False]
    assert len(state.held_leases(ids, run_id="run", now=example.now)) == 1300
    state.give_back_leases("run", ids)
    assert state.held_leases(ids, run_id="run", now=example.now) == set()


def test_watermark_moves_forwards_only(state: SqlState, example: Example) -> None:
    """The later time stays, whichever comes last, and each side has its own."""
    assert state.watermark(Side.DATAVERSE) is None
    for minutes in (5, 3, 8, 1):
        state.advance(Side.DATAVERSE, example.at(minutes))
    assert state.watermark(Side.DATAVERSE) == example.at(8)
    assert state.watermark(Side.PARTNER_CENTER) is None


def test_time_without_a_zone_is_refused(state: SqlState, example: Example) -> None:
    """A naive time is a mistake of the caller, never taken for UTC or for local time."""
    with pytest.raises(StatementError, match="without a zone"):
        state.advance(Side.DATAVERSE, example.now.replace(tzinfo=None))
    assert state.watermark(Side.DATAVERSE) is None
