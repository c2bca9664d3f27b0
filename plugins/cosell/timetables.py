"""A backfill's data intervals: they exist for whoever asks for history, and none is ever due by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.timetables.interval import CronDataIntervalTimetable

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction


class HistoryTimetable(CronDataIntervalTimetable):  # type: ignore[misc]  # Airflow's annotations are not read
    """Intervals by a cron expression, for backfills only.

    The scheduler asks with `catchup` as the DAG sets it (off), a backfill always asks with it on.
    """

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Give the next interval of a backfill; nothing to the scheduler."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
