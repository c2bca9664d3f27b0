"""What every SyncState keeps of clocks: what ends when, and the mark that was told of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.clocks import Clock
from cosell.sync.ports import RunningClock, Settlement

if TYPE_CHECKING:
    from conftest import Example
    from cosell.adapters.state import SqlState


def test_clocks_come_soonest_first_and_are_replaced_by_referral(state: SqlState, example: Example) -> None:
    """All clocks of a referral are put at once; an empty list stops them, other referrals' run on."""
    answer, call = Clock("answer", example.at(60)), Clock("call", example.at(30))
    state.settle(
        [Settlement(clocks={"a": (answer, call)}), Settlement(clocks={"b": (Clock("answer", example.at(5)),)})]
    )
    found = [(each.referral_id, each.kind, each.ends) for each in state.clocks(limit=10)]
    assert found == [("b", "answer", example.at(5)), ("a", "call", example.at(30)), ("a", "answer", example.at(60))]
    assert [each.referral_id for each in state.clocks(limit=1)] == ["b"]
    state.settle([Settlement(clocks={"a": (answer,), "b": ()})])
    assert state.clocks(limit=10) == [RunningClock("a", "answer", example.at(60))]


def test_the_mark_told_of_outlives_a_repeat_and_not_a_new_end(state: SqlState, example: Example) -> None:
    """A clock that runs on keeps its mark; one that was set anew has none; what changed meanwhile is left alone."""
    state.settle([Settlement(clocks={"a": (Clock("answer", example.at(60)),)})])
    (clock,) = state.clocks(limit=10)
    state.tell_clocks([replace(clock, told=7)])
    state.settle([Settlement(clocks={"a": (Clock("answer", example.at(60)),)})])
    assert [each.told for each in state.clocks(limit=10)] == [7]
    state.settle([Settlement(clocks={"a": (Clock("answer", example.at(90)),)})])
    assert [each.told for each in state.clocks(limit=10)] == [None]
    state.tell_clocks([replace(clock, told=3)])
    assert [each.told for each in state.clocks(limit=10)] == [None]
    state.tell_clocks([])
