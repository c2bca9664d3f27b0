"""advance: the run is done; move the watermark, tidy up, say what was late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cosell.sync.ending import MOST, Ending, reached, report_of

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
    endings: tuple[Ending, ...] = ()
    """Clocks that have come to a mark of which nobody was told yet."""

    def as_json(self) -> dict[str, object]:
        """Give the report as plain JSON."""
        return {"report": self.report, "late": dict(self.late), "endings": [each.as_json() for each in self.endings]}


async def advance(world: World, run: RunRecord) -> AdvanceReport:
    """Move the watermarks of a scheduled run, give back what it held, remove its files and what is past keeping."""
    now = world.clock()
    if run.kind == "scheduled" and not run.dry_run:
        for side, window in run.windows.items():
            if window is not None and window.until is not None:
                world.state.advance(side, window.until)
    world.state.give_back_leases(run.run_id)
    clocks = world.state.clocks(limit=MOST)
    world.state.report(run.run_id, "clocks", report_of(clocks, now))
    world.state.report(run.run_id, "finished", now.isoformat(), finished=now)
    world.staging.remove()
    world.state.prune(before=now - timedelta(days=world.settings.history_days))
    stored = world.state.runs(run.run_id)
    report = dict(stored.report) if stored else {}
    endings = [] if run.dry_run else reached(clocks, now, marks=world.settings.clock_marks)
    return AdvanceReport(report, _late(report, world.settings.late_after), tuple(endings))


def _late(report: Mapping[str, object], promise: timedelta) -> dict[str, float]:
    late = {}
    for name, part in report.items():
        lag = part.get("lag_seconds", {}) if isinstance(part, dict) else {}
        if isinstance(lag, dict) and lag.get("p95", 0) > promise.total_seconds():
            late[name] = float(lag["p95"])
    return late
