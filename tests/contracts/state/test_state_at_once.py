"""What every SyncState withstands: threads and processes that use it at the same moment."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.state import halves, open_state
from cosell.core.errors import AlreadyBoundError
from cosell.core.record import Binding, Ref, Side
from cosell.sync.ports import HalfChange, Settlement

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Example
    from cosell.adapters.state import SqlState

THREADS = 4
ROUNDS = 10
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at_once(work: Callable[[int], object]) -> list[object]:
    """Run the work in several threads that start together; give their answers, or raise what one of them raised."""
    start = Barrier(THREADS)

    def begin(number: int) -> object:
        start.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def test_two_tasks_settle_fields_of_the_same_half(state: SqlState, example: Example) -> None:
    """Fields that tasks settle at once in one half all stay, also where each of them made the half."""

    def settle(task: int) -> None:
        for turn in range(ROUNDS):
            state.settle([example.half(example.row(turn), **{f"field-{task}": turn})])

    at_once(settle)
    stored = state.halves([example.row(turn) for turn in range(ROUNDS)])
    assert {ref.key: half.values for ref, half in stored.items()} == {
        f"row-{turn}": {f"field-{task}": turn for task in range(THREADS)} for turn in range(ROUNDS)
    }


@pytest.mark.parametrize("standing", [True, False])
def test_task_merges_into_what_another_is_writing(state: SqlState, example: Example, *, standing: bool) -> None:
    """A task that comes while another one writes the half waits, then merges: whether the half stood before or not."""
    row = example.row(1)
    if standing:
        state.settle([example.half(row, name="Deal")])
    with ThreadPoolExecutor(1) as pool:
        with state._database.writing() as connection:
            halves.change(connection, [HalfChange(row, "e1", {"first": 1})])
            second = pool.submit(state.settle, [example.half(row, second=2)])
            wait([second], timeout=0.3)
        second.result(timeout=30)
    half = state.halves([row])[row]
    assert (half.etag, half.values) == ("e1", ({"name": "Deal"} if standing else {}) | {"first": 1, "second": 2})


def test_tasks_never_wait_for_each_other_in_a_circle(state: SqlState, example: Example) -> None:
    """Calls that touch the same records in another order all succeed."""
    numbers = list(range(30))

    def settle(task: int) -> None:
        order = numbers if task % 2 else numbers[::-1]
        for turn in range(ROUNDS):
            state.settle(
                [
                    Settlement(
                        bind=example.pair(number, paused=bool(turn % 2)),
                        halves=(HalfChange(example.row(number), values={f"field-{task}": turn}),),
                        unsettled=example.waits(example.referral(number)),
                    )
                    for number in order
                ]
            )

    at_once(settle)
    assert state.binding_count() == 30
    assert state.halves([example.row(0)])[example.row(0)].values == {f"field-{task}": 9 for task in range(THREADS)}


def test_one_of_many_takes_the_lease(state: SqlState) -> None:
    """Of runs that reach for overlapping groups at once, no id ever has two holders, and none is half taken."""

    def take(task: int) -> list[bool]:
        groups = [[f"{turn}-{task}", f"{turn}-shared"] for turn in range(ROUNDS)]
        return state.take_leases(groups, run_id=f"run-{task}", now=NOW, until=NOW + timedelta(minutes=1))

    answers = at_once(take)
    assert [sum(taken) for taken in zip(*answers, strict=True)] == [1] * ROUNDS
    for task, taken in enumerate(answers):
        ids = {f"{turn}-{kind}" for turn in range(ROUNDS) for kind in (task, "shared")}
        held = state.held_leases(ids, run_id=f"run-{task}", now=NOW)
        assert held == {f"{turn}-{kind}" for turn in range(ROUNDS) if taken[turn] for kind in (task, "shared")}


def test_expired_lease_has_one_new_holder(state: SqlState) -> None:
    """Of runs that find the same lease expired, one takes it over."""
    state.take_leases([["id"]], run_id="dead", now=NOW, until=NOW)
    take = partial(state.take_leases, [["id"]], now=NOW, until=NOW + timedelta(minutes=1))
    answers = at_once(lambda task: take(run_id=f"run-{task}"))
    assert sorted(answers) == [[False]] * (THREADS - 1) + [[True]]


def test_leases_are_taken_renewed_and_given_back_at_once(state: SqlState) -> None:
    """Runs that take over, renew and give back the same ids at once finish without an error."""
    ids = [f"id-{number}" for number in range(20)]

    def use(task: int) -> None:
        run_id = f"run-{task}"
        for _ in range(ROUNDS):
            state.take_leases([[one] for one in ids[:: (-1) ** task]], run_id=run_id, now=NOW, until=NOW)
            state.renew_leases(run_id, until=NOW)
            state.give_back_leases(run_id, ids)

    at_once(use)
    assert all(state.take_leases([[one] for one in ids], run_id="last", now=NOW, until=NOW))


def test_one_of_many_binds_a_row(state: SqlState, example: Example) -> None:
    """Of tasks that bind different referrals to one row at once, one succeeds and the others are told."""

    def bind(task: int) -> bool:
        try:
            state.settle([Settlement(bind=example.pair(task, 7))])
        except AlreadyBoundError:
            return False
        return True

    assert sorted(at_once(bind)) == [False] * (THREADS - 1) + [True]
    assert state.binding_count() == 1


def test_latest_watermark_wins(state: SqlState, example: Example) -> None:
    """Of tasks that advance at once, the latest time stays."""

    def advance(task: int) -> None:
        for turn in range(ROUNDS):
            state.advance(Side.DATAVERSE, example.at((turn * 7 + task * 3) % 40))

    at_once(advance)
    reached = max((turn * 7 + task * 3) % 40 for turn in range(ROUNDS) for task in range(THREADS))
    assert state.watermark(Side.DATAVERSE) == example.at(reached)


def start_on(url: str, task: int) -> bool:
    """Do what a task does first, in a process of its own; tell whether it got the lease."""
    state = open_state(url)
    ref = Ref(Side.DATAVERSE, "row")
    state.settle([Settlement(bind=Binding("referral", "row"), halves=(HalfChange(ref, values={f"field-{task}": 1}),))])
    taken = state.take_leases([["row", f"row-{task}"]], run_id=f"run-{task}", now=NOW, until=NOW + timedelta(hours=1))
    state.close()
    return taken[0]


def test_processes_start_at_once_on_an_empty_database(shared_url: str) -> None:
    """Processes that all find no tables make them once, lose nothing of each other and share one lease."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(THREADS, mp_context=context) as pool:
        taken = list(pool.map(partial(start_on, shared_url), range(THREADS)))
    assert sum(taken) == 1
    state = open_state(shared_url)
    half = state.halves([Ref(Side.DATAVERSE, "row")])[Ref(Side.DATAVERSE, "row")]
    assert half.values == {f"field-{task}": 1 for task in range(THREADS)}
    state.close()


def test_threads_migrate_at_once(shared_url: str) -> None:
    """Openings of one empty database that begin at the same moment all succeed and see each other's work."""

    def start(task: int) -> None:
        state = open_state(shared_url)
        state.remember(f"task-{task}", task)
        state.close()

    at_once(start)
    state = open_state(shared_url)
    assert [state.recall(f"task-{task}") for task in range(THREADS)] == list(range(THREADS))
    state.close()
