"""The one file that Airflow's plugin loader reads: it hands over what lives in the installed package."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin
from cosell.timetables import HistoryTimetable


class CosellPlugin(AirflowPlugin):
    """Tells Airflow about the timetable of the backfill."""

    name = "cosell"
    timetables = [HistoryTimetable]  # noqa: RUF012 - Airflow reads a plain list from the class
