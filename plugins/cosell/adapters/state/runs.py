"""Runs as the state knows them, with the parts of their reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import put, put_new
from cosell.core.record import Side, Window
from cosell.sync.ports import RunRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Row

_RUN = select(tables.run).where(tables.run.c.run_id == bindparam("run_id"))
_PARTS = (
    select(tables.run_report.c.name, tables.run_report.c.content)
    .where(tables.run_report.c.run_id == bindparam("run_id"))
    .order_by(tables.run_report.c.name)
)
_FINISH = update(tables.run).where(tables.run.c.run_id == bindparam("at_run_id"))


def read(connection: Connection, run_id: str) -> RunRecord | None:
    """Give the run with its report; None where it is not known."""
    row = connection.execute(_RUN, {"run_id": run_id}).one_or_none()
    if row is None:
        return None
    parts = connection.execute(_PARTS, {"run_id": run_id})
    return replace(_record(row), report={name: content for name, content in parts})  # noqa: C416 - rows are not pairs to mypy


def add(connection: Connection, run: RunRecord) -> None:
    """Store the run and its report's parts unless they are there."""
    put_new(connection, tables.run, [_row(run)])
    put_new(connection, tables.run_report, [_part(run.run_id, *part) for part in run.report.items()])


def report(connection: Connection, run_id: str, name: str, content: object) -> None:
    """Put one part of the report in place."""
    put(connection, tables.run_report, [_part(run_id, name, content)])


def finish(connection: Connection, run_id: str, finished: datetime) -> None:
    """Write down when the run ended."""
    connection.execute(_FINISH, {"at_run_id": run_id, "finished": finished})


def _part(run_id: str, name: str, content: object) -> dict[str, object]:
    return {"run_id": run_id, "name": name, "content": content}


def _row(run: RunRecord) -> dict[str, object]:
    return {
        "run_id": run.run_id,
        "dag_id": run.dag_id,
        "kind": run.kind,
        "started": run.started,
        "windows": {side.value: _window_to_json(window) for side, window in run.windows.items()},
        "referral_ids": list(run.referral_ids),
        "dry_run": run.dry_run,
        "finished": run.finished,
    }


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        run_id=row.run_id,
        dag_id=row.dag_id,
        kind=row.kind,
        started=row.started,
        windows={Side(side): _window_from_json(window) for side, window in row.windows.items()},
        referral_ids=tuple(row.referral_ids),
        dry_run=row.dry_run,
        finished=row.finished,
    )


def _window_to_json(window: Window | None) -> dict[str, object] | None:
    if window is None:
        return None
    since, until = (time and time.isoformat() for time in (window.since, window.until))
    return {"since": since, "until": until, "by": window.by}


def _window_from_json(content: Mapping[str, Any] | None) -> Window | None:
    if content is None:
        return None
    since, until = (content[end] and datetime.fromisoformat(content[end]) for end in ("since", "until"))
    return Window(since, until, by=content["by"])
