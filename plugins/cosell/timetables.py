"""A backfill's data intervals: they exist for whoever asks for history, and none is ever due by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.timetables.interval import CronDataIntervalTimetable

if TYPE_CHECKING:
    from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
    from airflow.utils.types import DagRunType
    from pendulum import DateTime

NO_SPAN = (
    "A run by hand without a logical date has no span of history. Choose Backfill in the Trigger dialogue, use "
    "`airflow backfill create`, or give a logical date: the month before it is carried."
)


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

    def generate_run_id(
        self, *, run_type: DagRunType, run_after: DateTime, data_interval: DataInterval | None, **extra: object
    ) -> str:
        """Give the name of a run; one by hand without a span gets none, so Airflow's form says why beforehand."""
        if run_type.value == "manual" and data_interval is None:
            raise ValueError(NO_SPAN)
        return str(
            super().generate_run_id(run_type=run_type, run_after=run_after, data_interval=data_interval, **extra)
        )
