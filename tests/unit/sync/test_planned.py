"""Which staged plans may still be carried out, and which are out of date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import Create, PairPlan
from cosell.core.record import Binding, InFlight, Ref, Side, Snapshot
from cosell.sync.lines import PlanLine
from cosell.sync.planned import out_of_date, refs_of
from cosell.sync.ports import HalfChange, Settlement
from sync_examples import DAY, DV, HOUR, NOW, PC, a_run, small_world

if TYPE_CHECKING:
    from cosell.sync.world import World

REF, ROW = Ref(PC, "ref-1"), Ref(DV, "row-1")
BINDING = Binding("ref-1", "row-1")
SNAPSHOTS = {side: Snapshot(side, BINDING.key(side), "1", {}) for side in Side}
RUN = a_run()
NEW = PlanLine(PairPlan({PC: SNAPSHOTS[PC]}, create=Create(DV, {}, {})), 0)


def held(world: World, *ids: str, run_id: str = "run-1") -> World:
    """Let a run hold these records for a day."""
    assert all(world.state.take_leases([{each} for each in ids], run_id=run_id, now=NOW - HOUR, until=NOW + DAY))
    return world


def bound(world: World) -> PlanLine:
    """Bind the pair; give a plan of it made after that."""
    halves = tuple(HalfChange(ref, "1", {"notes": "a"}) for ref in (REF, ROW))
    world.state.settle([Settlement(bind=BINDING, halves=halves)])
    return PlanLine(PairPlan(SNAPSHOTS, BINDING), world.state.revision())


def is_good(world: World, line: PlanLine, side: Side = DV) -> bool:
    """Tell whether the plan may be carried out on the side."""
    old = out_of_date(world, RUN, side, [line])
    assert old in ([], [line])
    return not old


def test_a_plan_names_its_records() -> None:
    """Both halves of a pair, or the one record there is."""
    assert refs_of(PlanLine(PairPlan(SNAPSHOTS, BINDING), 0)) == (REF, ROW)
    assert refs_of(NEW) == (REF,)


def test_a_plan_is_good_while_its_records_are_held_and_unchanged() -> None:
    """What this run planned, holds and nobody changed in memory is carried out as it stands."""
    world = held(small_world(), "ref-1", "row-1")
    assert is_good(world, bound(world))
    assert is_good(held(small_world(), "ref-1"), NEW)


@pytest.mark.parametrize("ids", [(), ("ref-1",), ("row-1",)])
def test_a_plan_of_which_a_record_is_not_held_is_out_of_date(ids: tuple[str, ...]) -> None:
    """Both halves must be ours: another run may have written meanwhile."""
    world = held(small_world(), *ids)
    assert not is_good(world, bound(world))


def test_another_run_s_hold_is_not_ours() -> None:
    """Whoever holds it will look."""
    assert not is_good(held(small_world(), "ref-1", run_id="run-2"), NEW)


def test_a_hold_that_has_expired_is_none() -> None:
    """A task that was rerun days later reads anew."""
    world = held(small_world(), "ref-1")
    assert not is_good(replace(world, clock=lambda: NOW + 2 * DAY), NEW)


def test_a_record_that_was_bound_meanwhile_is_not_created() -> None:
    """Else the deal would stand twice."""
    world = held(small_world(), "ref-1", "row-1")
    bound(world)
    assert not is_good(world, NEW)


def test_a_pair_that_is_not_bound_any_more_is_not_written() -> None:
    """A plan made under another memory says nothing about this one; nor does one of another pair."""
    world = held(small_world(), "ref-1", "row-1", "row-2")
    pair = PlanLine(PairPlan(SNAPSHOTS, BINDING), 0)
    assert not is_good(world, pair)
    bound(world)
    other = replace(pair.plan, binding=Binding("ref-1", "row-2"))
    assert not is_good(world, replace(pair, plan=other, revision=world.state.revision()))


def test_a_pause_alone_does_not_part_a_pair() -> None:
    """It is the same two records."""
    world = held(small_world(), "ref-1", "row-1")
    line = bound(world)
    assert is_good(world, replace(line, plan=replace(line.plan, binding=replace(BINDING, paused=True))))


@pytest.mark.parametrize("ref", [REF, ROW])
def test_a_half_that_changed_in_memory_since_makes_a_plan_old(ref: Ref) -> None:
    """The plan did not know what was written since."""
    world = held(small_world(), "ref-1", "row-1")
    line = bound(world)
    world.state.settle([Settlement(halves=(HalfChange(ref, "2", {"notes": "b"}),))])
    assert not is_good(world, line)
    assert is_good(world, replace(line, revision=world.state.revision()))


@pytest.mark.parametrize(("source", "key"), [(REF, "row-1"), (ROW, "row-1"), (Ref(PC, "x"), "row-1"), (REF, None)])
def test_an_unanswered_write_on_this_side_must_be_looked_into_first(source: Ref, key: str | None) -> None:
    """Law 4: whatever may have landed is read before it is written again; the other side's is its own affair."""
    world = held(small_world(), "ref-1", "row-1")
    line = bound(world)
    world.state.note([InFlight(DV, source, "update", "run-0", NOW, key)])
    assert not is_good(world, line)
    assert is_good(world, line, side=PC)


def test_only_the_old_ones_are_read_again() -> None:
    """One record that changed does not hold up the others."""
    world = held(small_world(), "ref-1", "ref-3")
    others = [
        replace(NEW, plan=replace(NEW.plan, snapshots={PC: replace(SNAPSHOTS[PC], key=key)}))
        for key in ("ref-2", "ref-3")
    ]
    assert out_of_date(world, RUN, DV, [NEW, *others]) == [others[0]]
