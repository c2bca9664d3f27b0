"""What stopped the sync: remembered while it stands, and let through once by a person, exactly as it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.brakes import Brake
from cosell.sync.stops import allow, braked, mapping_passed, standing_stops, stopped_by_mapping
from cosell.sync.world import LEAD
from sync_examples import HOUR, NOW, a_run, small_world

if TYPE_CHECKING:
    from cosell.sync.world import World

OLD, NEW, NEWER = {"notes": "1"}, {"notes": "2"}, {"notes": "3"}


def edits(number: int) -> tuple[Brake, ...]:
    """Give the brake of a plan with so many edits."""
    return (Brake("edits", number, f"{number} edits."),)


def stops(world: World, number: int | None, run: str = "run-1", **given: Any) -> bool:  # noqa: ANN401 - any of a run's own
    """Tell whether a run with so many edits must stop; None: none too many."""
    brakes = edits(number) if number is not None else ()
    return braked(world, a_run(run_id=run, **given), brakes, allowed=False)


def told(world: World) -> list[tuple[str, str, bool]]:
    """Give what stands, by run and sentence, and whether it is let through."""
    return [(one.run_id, one.sentence, one.allowed) for one in standing_stops(world.state)]


def test_what_stopped_a_run_stands_with_its_first_time_and_its_last_numbers() -> None:
    """Each scheduled run stops anew; since when is told."""
    world = small_world()
    assert stops(world, 60)
    assert stops(replace(world, clock=lambda: NOW + HOUR), 70, "run-2")
    (one,) = standing_stops(world.state)
    assert (one.kind, one.since, one.run_id, one.sentence) == ("brake", NOW, "run-2", "70 edits.")


def test_a_plan_that_passes_ends_it() -> None:
    """Also one that a person let through by the form."""
    world = small_world()
    for passes in (lambda: stops(world, None, "run-2"), lambda: braked(world, a_run(), edits(60), allowed=True)):
        assert stops(world, 60)
        assert not passes()
        assert standing_stops(world.state) == []


@pytest.mark.parametrize(
    "given", [{"dag_id": "cosell_backfill"}, {"referral_ids": ("ref-1",)}, {"dry_run": True}], ids=str
)
def test_runs_of_a_part_leave_what_stands(given: dict[str, Any]) -> None:
    """A run for one deal passes although the sync does not; it has a form of its own, and uses no permission."""
    world = small_world()
    assert stops(world, 60)
    allow(world.state, "brake")
    assert not stops(world, None, "run-2", **given)
    assert stops(world, 60, "run-3", **given) is not given.get("dry_run", False)
    assert told(world) == [("run-1", "60 edits.", True)]


@pytest.mark.parametrize(("number", "stopped"), [(60, False), (59, False), (61, True)])
def test_a_permission_is_for_what_stands_and_no_more(number: int, stopped: bool) -> None:
    """Numbers that have grown were seen by nobody: the run stops again, and the permission is gone."""
    world = small_world()
    assert stops(world, 60)
    assert [one.sentence for one in allow(world.state, "brake")] == ["60 edits."]
    assert told(world) == [("run-1", "60 edits.", True)]
    assert stops(world, number, "run-2") is stopped
    assert told(world) == ([("run-2", "61 edits.", False)] if stopped else [])
    assert stops(world, 60, "run-3")


def test_a_permission_is_for_one_run() -> None:
    """A cleared task of that run may use it again; the next run may not, also where the first had no need of it."""
    for used in (60, None):
        world = small_world()
        assert stops(world, 60)
        allow(world.state, "brake")
        assert not stops(world, used, "run-2")
        assert not stops(world, used, "run-2")
        assert stops(world, 60, "run-3")


def test_another_limit_is_not_let_through() -> None:
    """Many orphans are another matter than many edits."""
    world = small_world()
    assert stops(world, 60)
    allow(world.state, "brake")
    both = (*edits(60), Brake("orphans", 51, "51 orphans."))
    assert braked(world, a_run(run_id="run-2"), both, allowed=False)


def test_nothing_stands_nothing_is_allowed() -> None:
    """A permission in advance would be one for anything."""
    world = small_world()
    assert allow(world.state, "brake") == []
    assert stops(world, 60)
    assert allow(world.state, "mapping") == []


def test_each_table_stands_for_itself() -> None:
    """One word of a person lets both through."""
    world = small_world()
    leads = replace(world, table=LEAD)
    assert stops(world, 60)
    assert stops(leads, 70)
    assert [(one.table, one.sentence) for one in allow(world.state, "brake")] == [
        ("opportunity", "60 edits."),
        ("lead", "70 edits."),
    ]
    assert not stops(leads, 70, "run-2")
    assert stops(leads, 80, "run-2")


def test_exactly_the_mapping_that_stands_is_let_through() -> None:
    """A file that was changed once more was seen by nobody."""
    world, sentence = small_world(), "The mapping of notes."

    def stopped(mapping: dict[str, str], **given: Any) -> bool:  # noqa: ANN401 - any of a run's own
        return stopped_by_mapping(world, a_run(**given), mapping, sentence=sentence)

    assert stopped(NEW)
    assert told(world) == [("run-1", sentence, False)]
    allow(world.state, "mapping")
    assert stopped(NEW, dag_id="cosell_backfill")
    assert stopped(NEWER)
    allow(world.state, "mapping")
    assert not stopped(NEWER)
    mapping_passed(world, a_run())
    assert told(world) == []
    assert stopped(OLD, run_id="run-2")
