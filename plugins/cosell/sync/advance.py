"""advance: the run is done; move the watermark, tidy up, say what was late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


@dataclass(frozen=True, slots=True)
class AdvanceReport:
    """The run's own report, whole."""

    report: Mapping[str, object]
    late: Mapping[str, float] = field(default_factory=dict)
    """Per push, the 95th percentile of the lag in seconds, where it is over the promise."""


async def advance(world: World, run: RunRecord) -> AdvanceReport:
    """Move the watermarks of a scheduled run, give back what it held, remove its files and what is past keeping."""
    now = world.clock()
    if run.kind == "scheduled" and not run.dry_run:
        for side, window in run.windows.items():
            if window is not None and window.until is not None:
                world.state.advance(side, window.until)
    world.state.give_back_leases(run.run_id)
    world.state.report(run.run_id, "finished", now.isoformat(), finished=now)
    world.staging.remove()
    world.state.prune(before=now - timedelta(days=world.settings.history_days))
    stored = world.state.runs(run.run_id)
    report = dict(stored.report) if stored else {}
    return AdvanceReport(report, _late(report, world.settings.late_after))


def _late(report: Mapping[str, object], promise: timedelta) -> dict[str, float]:
    late = {}
    for name, part in report.items():
        lag = part.get("lag_seconds", {}) if isinstance(part, dict) else {}
        if isinstance(lag, dict) and lag.get("p95", 0) > promise.total_seconds():
            late[name] = float(lag["p95"])
    return late
