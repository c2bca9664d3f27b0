"""What a task knows of its run, as plain values: the steps decide what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.core.errors import ConfigurationError
from cosell.sync.windows import RunFacts

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cosell.sync.ports import RunKind

_KINDS: dict[str, RunKind] = {"scheduled": "scheduled", "backfill": "backfill", "asset_triggered": "events"}
_WITH_INTERVAL = frozenset({"scheduled", "backfill"})


def facts_of(context: Context, *, whole: bool = False) -> RunFacts:
    """Give the facts of the task's run; only a due run or one over history has an interval that means anything.

    `whole`: its DAG reads both sides whole, however its runs begin.
    """
    run, params = context["dag_run"], context["params"]
    kind = "reconcile" if whole else _kind_of(context)
    has_interval = kind in _WITH_INTERVAL
    return RunFacts(
        run_id=run.run_id,
        dag_id=run.dag_id,
        kind=kind,
        interval_start=_utc(run.data_interval_start) if has_interval else None,
        interval_end=_utc(run.data_interval_end) if has_interval else None,
        since=_said(params.get("since"), name="since"),
        until=_said(params.get("until"), name="until"),
        referral_ids=tuple(params.get("referral_ids") or ()),
        dry_run=bool(params.get("dry_run")),
    )


def _kind_of(context: Context) -> RunKind:
    """Give the kind of a run by how it began; one by hand of a DAG of history is a backfill of its interval."""
    from cosell.timetables import NO_SPAN, HistoryTimetable

    run = context["dag_run"]
    kind = _KINDS.get(run.run_type.value, "manual")
    if kind != "manual" or not isinstance(context["dag"].timetable, HistoryTimetable):
        return kind
    if run.data_interval_start is None or run.data_interval_start == run.data_interval_end:
        raise ConfigurationError(NO_SPAN)  # somebody named the run himself and so got past the timetable
    return "backfill"


def _said(text: str | None, *, name: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"The param {name} is {text!r}; expected a time such as 2026-01-31T00:00:00Z"
        raise ConfigurationError(message) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _utc(moment: datetime | None) -> datetime | None:
    """Give a plain datetime: Airflow's own kind would follow the value into the state otherwise."""
    return None if moment is None else datetime.fromtimestamp(moment.timestamp(), tz=UTC)
