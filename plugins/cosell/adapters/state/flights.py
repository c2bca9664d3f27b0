"""Writes in flight: noted before the request goes out, cleared with the baseline that it brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, drop, keys_by_side, put
from cosell.core.record import InFlight, Ref, Side
from cosell.core.values import values_from_json, values_to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection, Row

_TABLE = tables.in_flight
_ORDER = (_TABLE.c.begun, _TABLE.c.target, _TABLE.c.source_side, _TABLE.c.source_key, _TABLE.c.operation)
_ALL = select(_TABLE).order_by(*_ORDER)
_THESE = select(_TABLE).where(
    or_(
        and_(_TABLE.c.source_side == bindparam("at_side"), among(_TABLE.c.source_key, "at_keys")),
        and_(_TABLE.c.target == bindparam("at_side"), among(_TABLE.c.key, "at_keys")),
    )
)

Identity = tuple[str, str, str, str]


def read(connection: Connection, refs: Collection[Ref]) -> list[InFlight]:
    """Give the notes whose source or target record is one of these, oldest first."""
    rows = (row for asked in keys_by_side(refs) for row in connection.execute(_THESE, asked))
    found = {identity(note): note for note in map(_note, rows)}
    return sorted(found.values(), key=lambda note: (note.begun, identity(note)))


def read_all(connection: Connection) -> list[InFlight]:
    """Give every note, oldest first."""
    return [_note(row) for row in connection.execute(_ALL)]


def write(connection: Connection, notes: Iterable[InFlight]) -> None:
    """Write the notes down; the last one of the same target, source and operation stays."""
    rows = {identity(note): _row(note) for note in notes}
    put(connection, _TABLE, [rows[key] for key in sorted(rows)])


def clear(connection: Connection, notes: Iterable[InFlight]) -> None:
    """Remove the notes with the same target, source and operation."""
    drop(connection, _TABLE, sorted({identity(note) for note in notes}))


def identity(note: InFlight) -> Identity:
    """Give what tells one note from another."""
    return note.target.value, note.source.side.value, note.source.key, note.operation


def _row(note: InFlight) -> dict[str, object]:
    return {
        "target": note.target.value,
        "source_side": note.source.side.value,
        "source_key": note.source.key,
        "operation": note.operation,
        "run_id": note.run_id,
        "begun": note.begun,
        "key": note.key,
        "meant": values_to_json(note.meant),
        "sent_from": values_to_json(note.sent_from),
    }


def _note(row: Row[Any]) -> InFlight:
    return InFlight(
        target=Side(row.target),
        source=Ref(Side(row.source_side), row.source_key),
        operation=row.operation,
        run_id=row.run_id,
        begun=row.begun,
        key=row.key,
        meant=values_from_json(row.meant),
        sent_from=values_from_json(row.sent_from),
    )
