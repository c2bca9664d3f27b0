"""The history: what was written, refused, held or lost; added to, pruned by age, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select

from cosell.adapters.state import tables
from cosell.core.record import Ref, Side
from cosell.core.values import from_json, to_json
from cosell.sync.ports import HistoryEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

_TABLE = tables.history
_ADD = insert(_TABLE)


def add(connection: Connection, entries: Sequence[HistoryEntry]) -> None:
    """Add the entries in this order."""
    if entries:
        connection.execute(_ADD, [_row(entry) for entry in entries])


def read(connection: Connection, *, ref: Ref | None, run_id: str | None, limit: int) -> list[HistoryEntry]:
    """Give the newest entries, newest first: of one record, of one run, of both, or of all."""
    wanted = select(_TABLE).order_by(_TABLE.c.at.desc(), _TABLE.c.id.desc()).limit(limit)
    if ref is not None:
        wanted = wanted.where(_TABLE.c.side == ref.side.value, _TABLE.c.key == ref.key)
    if run_id is not None:
        wanted = wanted.where(_TABLE.c.run_id == run_id)
    return [_entry(row) for row in connection.execute(wanted)]


def prune(connection: Connection, before: datetime) -> int:
    """Drop history, finished runs and expired leases older than that; give how many went."""
    ended = and_(tables.run.c.finished.is_not(None), tables.run.c.finished < before)
    gone = select(tables.run.c.run_id).where(ended)
    connection.execute(delete(tables.run_report).where(tables.run_report.c.run_id.in_(gone)))
    old = (
        delete(tables.run).where(ended),
        delete(_TABLE).where(_TABLE.c.at < before),
        delete(tables.lease).where(tables.lease.c.until < before),
    )
    return sum(connection.execute(statement).rowcount for statement in old)


def _row(entry: HistoryEntry) -> dict[str, object]:
    return {
        "at": entry.at,
        "run_id": entry.run_id,
        "side": entry.ref.side.value,
        "key": entry.ref.key,
        "action": entry.action,
        "other_key": entry.other_key,
        "field": entry.field,
        "old": to_json(entry.old),
        "new": to_json(entry.new),
        "detail": entry.detail,
    }


def _entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        run_id=row.run_id,
        ref=Ref(Side(row.side), row.key),
        action=row.action,
        other_key=row.other_key,
        field=row.field,
        old=from_json(row.old),
        new=from_json(row.new),
        detail=row.detail,
    )
