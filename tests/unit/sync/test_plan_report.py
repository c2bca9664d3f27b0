"""What a plan comes to in numbers, and when it may not go on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import BrakeError, MappingChangedError
from cosell.core.record import Binding, Ref, Row, Side
from cosell.core.rules import RULES
from cosell.sync.plan import PLAN, PlanOptions, plan
from cosell.sync.ports import Gone, HalfChange, Settlement
from cosell.sync.staged import PullFile, gone_to_line, row_to_line
from sync_examples import DV, FIELDS, NOW, PC, PlainMapper, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Value
    from cosell.sync.chunk import PlanReport
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


class Shelf:
    """One side that gives what it holds by key, and finds nothing by link."""

    def __init__(self, side: Side, rows: dict[str, Row]) -> None:
        self.side, self.rows = side, rows

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give records by key."""
        return {key: self.rows.get(key, Gone()) for key in keys}

    async def find(self, *_args: object, **_options: object) -> list[Row]:
        """Find nothing."""
        return []

    async def is_empty(self) -> bool:
        """Tell whether nothing is there at all."""
        return not self.rows


def row(side: Side, number: int, **values: Value) -> Row:
    """Give one side's half of a deal."""
    own: dict[str, Any] = {"deal_name": "Move", "notes": "a", "status": "open", "crm_id": f"row-{number}", **values}
    return Row(side, f"{'ref' if side is PC else 'row'}-{number}", "2", own | ({"flag": True} if side is DV else {}))


def pulled(world: World, *rows: Row, gone: Sequence[Ref] = ()) -> World:
    """Give the world with these rows staged as this run's pull; they are what the sides hold."""
    for side in Side:
        own = [row_to_line(each) for each in rows if each.side is side]
        own += [gone_to_line(ref.key, Gone()) for ref in gone if ref.side is side]
        file = PullFile(world.staging, side)
        file.page(0, own)
        file.close(pages=1, rows=len(own), revision=world.state.revision(), foreign=2 if side is PC else 0)
    sides: Any = {side: Shelf(side, {each.key: each for each in rows if each.side is side}) for side in Side}
    return replace(world, replicas=sides)


def bound(world: World, count: int) -> World:
    """Remember so many pairs that agree."""
    for number in range(count):
        halves = tuple(
            HalfChange(Ref(s, row(s, number).key), "1", dict(row(s, number).payload), stale=False) for s in Side
        )  # type: ignore[arg-type]
        world.state.settle([Settlement(bind=Binding(f"ref-{number}", f"row-{number}"), halves=halves)])
    return world


def planned(world: World, run: RunRecord | None = None, **options: bool) -> PlanReport:
    """Give the report of a plan."""
    run = world.state.begin_run(run or a_run())
    return asyncio.run(plan(world, run, PlanOptions(**options)))


def counts(report: PlanReport) -> dict[str, int]:
    """Give what was counted at all."""
    return {name: count for name, count in report.counts.items() if count}


def test_each_record_is_counted_by_what_follows() -> None:
    """Created, updated, unchanged, waiting; what is none of ours is counted apart, the pull's share too."""
    world = bound(small_world(), 3)
    rows = [row(PC, 0), row(PC, 1, notes="b"), row(PC, 2, notes="b"), row(DV, 2, notes="c")]
    lead = row(PC, 8)
    skipped = replace(lead, payload={**lead.payload, "type": "Independent", "qualification": "Direct"})
    world = pulled(world, *rows, skipped)
    report = planned(world)
    assert counts(report) == {"update_dataverse": 1, "changed_pairs": 1, "conflict": 1, "unchanged": 1}
    assert report.skipped == {"marketplace lead": 1, "another organisation's": 2}
    stored = world.state.runs("run-1")
    assert stored is not None
    assert stored.report["plan"] == report.as_json()
    assert report.as_json() == {
        "counts": dict(report.counts),
        "skipped": {"marketplace lead": 1, "another organisation's": 2},
        "said": {"CONFLICT-1": 1},
        "warned": {},
        "brake": None,
        "mapping_changed": [],
    }
    assert world.staging.read(PLAN) == [{"pages": report.pages}]


def test_a_newcomer_of_either_side_is_counted_where_it_goes() -> None:
    """Creates are shown, never braked."""
    world = bound(small_world(brake_floor=0, severities={rule.id: "off" for rule in RULES}), 1)
    report = planned(pulled(world, row(PC, 7, crm_id=None), row(DV, 6), row(DV, 5)))
    assert counts(report) == {"create_dataverse": 1, "create_partner_center": 2}


def braked(floor: int) -> World:
    """Give a world in which two of three pairs were edited."""
    world = bound(small_world(brake_floor=floor), 3)
    return pulled(world, row(PC, 0, notes="b"), row(PC, 1, notes="b"), row(DV, 2, mark="cross"))


def test_a_brake_stops_before_anything_is_staged_and_frees_the_records() -> None:
    """The next run, or the one with allow_brake, finds them free."""
    world = braked(1)
    with pytest.raises(BrakeError, match="would edit 2 of 3 bound records; the brake allows 1"):
        planned(world)
    assert world.staging.read(PLAN) is None
    assert world.state.take_leases([{"ref-0"}], run_id="run-9", now=NOW, until=NOW) == [True]


def test_a_brake_can_be_let_through_by_a_person() -> None:
    """The report still says what it was."""
    world = braked(1)
    report = planned(world, allow_brake=True)
    assert report.brake is not None
    assert "allow_brake" in report.brake
    assert world.staging.read(PLAN) is not None
    assert planned(braked(2)).brake is None


def test_a_dry_run_prints_a_brake_and_does_not_obey_it() -> None:
    """It shows every line that follows, kept in the run's report, and holds nothing."""
    world = braked(1)
    report = planned(world, a_run(dry_run=True))
    assert report.brake is not None
    stored = world.state.runs("run-1")
    assert stored is not None
    shown: Any = stored.report["dry_run"]
    assert {line["binding"]["referral_id"] for line in shown if line["updates"]} == {"ref-0", "ref-1"}
    assert world.state.take_leases([{"ref-0"}], run_id="run-9", now=NOW, until=NOW) == [True]


def test_orphans_are_braked_too() -> None:
    """A whole list that comes back empty by id looks like a lost right, not like lost deals."""
    world = bound(small_world(brake_floor=1, brake_share=0.1), 2)
    rows = [row(DV, 0), row(DV, 1), row(PC, 9, type="Independent", qualification="Direct")]
    with pytest.raises(BrakeError, match="would find orphaned 2 of 2"):
        planned(pulled(world, *rows, gone=[Ref(PC, "ref-0"), Ref(PC, "ref-1")]), a_run("reconcile"))


def test_a_side_that_gives_none_of_its_records_is_empty() -> None:
    """A run over everything asks for each pair by id: that all are gone is a lost side, not so many lost deals."""
    world = pulled(bound(small_world(), 1), row(DV, 0), gone=[Ref(PC, "ref-0")])
    with pytest.raises(BrakeError, match="Partner Center shows"):
        planned(world, a_run("reconcile"))


def test_gone_for_one_reading_is_looked_at_again() -> None:
    """Only a run that lists both sides whole calls a pair orphaned; until then it comes back, and nothing is said."""
    world = pulled(bound(small_world(), 2), row(DV, 0), row(PC, 1), row(DV, 1), gone=[Ref(PC, "ref-0")])
    found = []
    for number, kind in enumerate(("scheduled", "reconcile", "scheduled"), 1):
        found.append(counts(planned(world, a_run(kind, run_id=f"run-{number}"))))
        world.state.give_back_leases(f"run-{number}")
    assert found == [{reason: 1, "unchanged": 1} for reason in ("notified", "orphan", "orphan")]


@pytest.mark.parametrize(("side", "name"), [(PC, "Partner Center"), (DV, "The CRM")])
def test_a_side_that_shows_nothing_at_all_stops_the_run(side: Side, name: str) -> None:
    """Not an empty window, which is normal, but an empty side while records are bound."""
    world = pulled(bound(small_world(), 1), row(side.other, 0))
    with pytest.raises(BrakeError, match=f"(?i){name} shows no record at all, yet 1 are bound"):
        planned(world)
    assert planned(pulled(small_world(), row(side.other, 0))).brake is None


def test_an_empty_window_stops_nothing() -> None:
    """Nothing changed, but the sides hold records."""
    world = pulled(bound(small_world(), 1), row(PC, 0), row(DV, 0))
    for side in Side:
        PullFile(world.staging, side).page(0, [])
    assert counts(planned(world)) == {}


class NewMapper(PlainMapper):
    """The mapping after somebody edited the line of the notes and dropped the name."""

    fingerprints: Mapping[str, str] = {
        "notes": "2",
        **{name: "1" for name in FIELDS if name not in {"notes", "deal_name"}},
    }


def test_a_changed_mapping_stops_until_a_person_accepts_it() -> None:
    """The first run remembers it; a later change names its fields; accepted, their baselines are dropped, once."""
    world = pulled(bound(small_world(), 1), row(PC, 0), row(DV, 0))
    assert planned(world).mapping_changed == ()
    changed = replace(world, mapper=NewMapper())
    with pytest.raises(MappingChangedError, match="mapping of deal_name, notes is not the one in memory"):
        planned(changed)
    halves = world.state.halves([Ref(PC, "ref-0")])
    assert "notes" in halves[Ref(PC, "ref-0")].values
    shown = planned(changed, a_run(run_id="run-2", dry_run=True))
    assert shown.mapping_changed == ("deal_name", "notes")
    with pytest.raises(MappingChangedError):
        planned(changed)
    assert planned(changed, accept_mapping=True).mapping_changed == ("deal_name", "notes")
    assert world.state.recall("mapping") == NewMapper.fingerprints
    assert planned(changed).mapping_changed == ()


def test_lines_stand_in_the_order_of_the_pull() -> None:
    """The same pull gives the same plan file: bound pairs as they were listed, whatever order memory tells them in."""
    numbers = [4, 1, 7, 0, 6, 2, 5, 3]
    world = bound(small_world(brake_floor=50), len(numbers))
    world = pulled(world, *(row(side, n, notes="b" if side is PC else "a") for n in numbers for side in Side))
    planned(world)
    lines = world.staging.read(f"{PLAN}-00000") or ()
    keys: list[Any] = [line["binding"]["referral_id"] for line in lines]  # type: ignore[index]
    assert keys == [f"ref-{number}" for number in numbers]


@pytest.mark.parametrize("chunk", [1, 9])
@pytest.mark.parametrize("etag", ["2", "3"])
def test_a_referral_that_was_listed_twice_is_planned_once(chunk: int, etag: str) -> None:
    """Pages shift while they are read: what is listed again, changed or not, is never created a second time."""
    world = small_world(chunk=chunk, severities={rule.id: "off" for rule in RULES})
    again = replace(row(PC, 7, crm_id=None), etag=etag)
    report = planned(pulled(world, row(PC, 7, crm_id=None), row(PC, 8, crm_id=None), again))
    assert counts(report) == {"create_dataverse": 2}
