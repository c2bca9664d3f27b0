"""Unsettled records: what the next pull must fetch, why, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, tuple_

from cosell.adapters.state import tables
from cosell.adapters.state.statements import chunks, drop, put
from cosell.core.record import Ref, Side
from cosell.sync.ports import Remark, Unsettled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row

_TABLE = tables.unsettled
_THESE = select(_TABLE).where(tuple_(_TABLE.c.side, _TABLE.c.key).in_(bindparam("refs", expanding=True)))
_DUE = (
    select(_TABLE)
    .where(_TABLE.c.due <= bindparam("now"))
    .order_by(_TABLE.c.due, _TABLE.c.side, _TABLE.c.key)
    .limit(bindparam("most"))
)
_ALL = select(_TABLE).order_by(_TABLE.c.since, _TABLE.c.side, _TABLE.c.key).limit(bindparam("most"))


def read(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Unsettled]:
    """Give those of the records that are unsettled."""
    found = {}
    for chunk in chunks(set(refs)):
        for row in connection.execute(_THESE, {"refs": [(ref.side.value, ref.key) for ref in chunk]}):
            record = _unsettled(row)
            found[record.ref] = record
    return found


def due(connection: Connection, now: datetime, *, limit: int) -> list[Unsettled]:
    """Give the records whose time has come, the longest overdue first."""
    return [_unsettled(row) for row in connection.execute(_DUE, {"now": now, "most": limit})]


def read_all(connection: Connection, *, limit: int) -> list[Unsettled]:
    """Give every record that is unsettled, the longest so first."""
    return [_unsettled(row) for row in connection.execute(_ALL, {"most": limit})]


def change(connection: Connection, wanted: Mapping[Ref, Unsettled | None]) -> None:
    """Put each record in place, or remove it (None)."""
    drop(connection, _TABLE, [(ref.side.value, ref.key) for ref in sorted(wanted) if wanted[ref] is None])
    put(connection, _TABLE, [_row(record) for ref in sorted(wanted) if (record := wanted[ref]) is not None])


def _row(record: Unsettled) -> dict[str, object]:
    return {
        "side": record.ref.side.value,
        "key": record.ref.key,
        "reason": record.reason,
        "since": record.since,
        "due": record.due,
        "tries": record.tries,
        "remarks": [[note.code, note.sentence, note.since.isoformat(), note.final] for note in record.remarks],
    }


def _unsettled(row: Row[Any]) -> Unsettled:
    return Unsettled(
        ref=Ref(Side(row.side), row.key),
        reason=row.reason,
        since=row.since,
        due=row.due,
        tries=row.tries,
        remarks=tuple(_remark(*parts) for parts in row.remarks),
    )


def _remark(code: str, sentence: str, since: str, final: object) -> Remark:
    return Remark(code, sentence, datetime.fromisoformat(since), final=bool(final))
