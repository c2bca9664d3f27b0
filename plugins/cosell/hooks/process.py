"""What every Airflow component reads from its environment before any connection or Variable: schedules, addresses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from airflow.exceptions import AirflowTimetableInvalid
from airflow.timetables.interval import CronDataIntervalTimetable

from cosell.core.errors import ConfigurationError
from cosell.core.registration import address_problem
from cosell.hooks.environment import VARIABLE as ENVIRONMENTS
from cosell.mapping.cells import quoted
from cosell.mapping.loader import FOLDERS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable

CRON, ADDRESS, SECONDS = "cron expression, UTC", "https address", "seconds"
ENVIRONMENT: Final = {
    "COSELL_SCHEDULE": (CRON, "*/5 * * * *"),
    "COSELL_RECONCILE_SCHEDULE": (CRON, "30 3 * * *"),
    "COSELL_BACKFILL_SCHEDULE": (CRON, "0 0 1 * *"),
    "COSELL_WEBHOOK_CHECK_SCHEDULE": (CRON, "10 5 * * *"),
    "COSELL_WEBHOOK_URL": (ADDRESS, ""),
    "COSELL_INBOX_POLL": (SECONDS, "1"),
    ENVIRONMENTS: ("names, parted by commas", ""),
    FOLDERS_VARIABLE: ("folders, parted as in PATH", ""),
}
"""Environment variables that every Airflow component reads alike; type and default."""


def refuse_wrong_variables() -> None:
    """Raise ConfigurationError naming the first that cannot be what it should be: its DAG would not load."""
    for name, (kind, default) in ENVIRONMENT.items():
        said = os.environ.get(name)
        problem = _JUDGES[kind](said) if said and kind in _JUDGES else None
        if problem:
            instead = f", such as {default}" if default else ""
            raise ConfigurationError(
                f"the environment variable {name} is {quoted(said)}, and {kind} is expected{instead}: {problem}"
            )


def _cron(said: str) -> str | None:
    try:
        CronDataIntervalTimetable(said, timezone="UTC").validate()
    except (AirflowTimetableInvalid, ValueError, TypeError, KeyError):
        return "Airflow reads no times in it"
    return None


def _seconds(said: str) -> str | None:
    try:
        return None if 0 < float(said) < float("inf") else "it must be more than 0"
    except ValueError:
        return "it is no number"


_JUDGES: dict[str, Callable[[str], str | None]] = {
    CRON: _cron,
    SECONDS: _seconds,
    ADDRESS: lambda said: address_problem(said, simulated=True),
}
