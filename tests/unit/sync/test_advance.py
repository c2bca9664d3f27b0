"""The end of a run: the watermark, what it held and left, and what was late."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.record import Ref, Side, Snapshot, Window
from cosell.sync.advance import advance
from cosell.sync.ports import HistoryEntry, Settlement
from cosell.sync.push import PushReport
from sync_examples import DAY, DV, HOUR, MINUTE, NOW, PC, Files, a_run, small_world

if TYPE_CHECKING:
    from datetime import datetime

    from cosell.sync.advance import AdvanceReport
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


def ended(world: World, run: RunRecord) -> AdvanceReport:
    """Give the report of a run that ends now."""
    world.state.begin_run(run)
    return asyncio.run(advance(world, run))


def test_a_due_run_moves_each_side_s_watermark() -> None:
    """It moves to the end of what was read on that side, and no further."""
    world = small_world()
    ended(world, a_run(windows={PC: Window(None, NOW), DV: Window(NOW - DAY, NOW - HOUR)}))
    assert {side: world.state.watermark(side) for side in Side} == {PC: NOW, DV: NOW - HOUR}


@pytest.mark.parametrize(
    "run",
    [a_run("manual"), a_run("backfill"), a_run("events"), a_run(dry_run=True), a_run(windows={PC: None, DV: None})],
    ids=["manual", "backfill", "events", "dry", "no window"],
)
def test_no_other_run_moves_a_watermark(run: RunRecord) -> None:
    """Only what a due run really read has been read."""
    world = small_world()
    ended(world, run)
    assert [world.state.watermark(side) for side in Side] == [None, None]


def test_a_watermark_never_goes_back() -> None:
    """A late rerun of an old run moves nothing."""
    world = small_world()
    for side in Side:
        world.state.advance(side, NOW + DAY)
    ended(world, a_run())
    assert world.state.watermark(PC) == NOW + DAY


def test_a_run_leaves_nothing_behind() -> None:
    """Its leases are free, its files gone, and its end stands in its report."""
    world = small_world()
    world.state.take_leases([{"ref-1"}], run_id="run-1", now=NOW, until=NOW + DAY)
    world.state.take_leases([{"ref-2"}], run_id="run-2", now=NOW, until=NOW + DAY)
    world.staging.write("plan", [])
    report = ended(world, a_run()).report
    free = world.state.take_leases([{"ref-1"}, {"ref-2"}], run_id="run-3", now=NOW, until=NOW + DAY)
    assert free == [True, False]
    assert isinstance(world.staging, Files)
    assert world.staging.kept == {}
    assert report["finished"] == NOW.isoformat()
    stored = world.state.runs("run-1")
    assert stored is not None
    assert stored.finished == NOW


def test_history_is_kept_as_long_as_the_setting_says() -> None:
    """What is older goes with the run's end."""
    world, ref = small_world(history_days=3), Ref(PC, "ref-1")
    entries = tuple(HistoryEntry(NOW - days * DAY, f"run-{days}", ref, "updated") for days in (2, 4))
    world.state.settle([Settlement(history=entries)])
    ended(world, a_run())
    assert [entry.run_id for entry in world.state.history()] == ["run-2"]


def test_what_arrived_late_is_told_by_push() -> None:
    """Above the promise, never at it; a push that wrote nothing has no lag."""
    world, run = small_world(), a_run()
    world.state.begin_run(run)
    for name, p95 in (("push_dataverse", 600.1), ("push_partner_center", 600.0)):
        world.state.report(run.run_id, name, {"counts": {}, "lag_seconds": {"p50": 700.0, "p95": p95}})
    world.state.report(run.run_id, "push_nothing", {"counts": {}, "lag_seconds": {}})
    world.state.report(run.run_id, "write_back", {"counts": {}})
    report = asyncio.run(advance(world, run))
    assert report.late == {"push_dataverse": 600.1}
    assert report.report["write_back"] == {"counts": {}}
    strict = replace(world, settings=replace(world.settings, late_after=9 * MINUTE))
    assert asyncio.run(advance(strict, run)).late == {"push_dataverse": 600.1, "push_partner_center": 600.0}


@pytest.mark.parametrize(
    ("lags", "told"),
    [
        ([], {}),
        ([3.14159], {"p50": 3.1, "p95": 3.1}),
        ([4.0, 1.0, 3.0, 2.0], {"p50": 3.0, "p95": 4.0}),
        ([float(n) for n in range(100)], {"p50": 50.0, "p95": 95.0}),
        ([float(n) for n in range(200, 0, -1)], {"p50": 101.0, "p95": 191.0}),
    ],
)
def test_lag_is_told_by_median_and_tail(lags: list[float], told: dict[str, float]) -> None:
    """Nearest rank over what was written, in whatever order it was; a tenth of a second is enough."""
    report = PushReport(DV, Counter(updated=len(lags)), lags)
    assert report.as_json() == {"counts": {"updated": len(lags)}, "lag_seconds": told}


@pytest.mark.parametrize(
    ("edited", "since", "lags"),
    [
        (NOW - MINUTE, NOW - HOUR, [60.0]),
        (NOW - HOUR, NOW - HOUR, [3600.0]),
        (NOW - 2 * HOUR, NOW - HOUR, []),
        (NOW - MINUTE, None, []),
        (None, NOW - HOUR, []),
    ],
)
def test_only_edits_made_since_the_last_reading_have_a_lag(
    edited: datetime | None, since: datetime | None, lags: list[float]
) -> None:
    """What is older was not there to be carried, and what was recalled was not edited now."""
    report = PushReport(DV, edited_since=since)
    report.arrived(Snapshot(PC, "ref-1", "1", {}, edited, remembered=True), now=NOW)
    assert report.lags == []
    report.arrived(Snapshot(PC, "ref-1", "1", {}, edited), now=NOW)
    assert report.lags == lags
