"""Halves: what each side of a pair held when both last agreed; merged field by field, never overwritten whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, select, tuple_, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import CHUNK, chunks, put_new
from cosell.core.record import Half, Ref, Side
from cosell.core.values import values_from_json, values_to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection, Row, Select

    from cosell.core.record import Value
    from cosell.sync.ports import HalfChange

_TABLE = tables.half
_KEY = tuple_(_TABLE.c.side, _TABLE.c.key)
_THESE = select(_TABLE).where(_KEY.in_(bindparam("refs", expanding=True)))
_THESE_LOCKED = _THESE.order_by(_TABLE.c.side, _TABLE.c.key).with_for_update()
_NEXT_LOCKED = (
    select(_TABLE)
    .where(tuple_(bindparam("after_side"), bindparam("after_key")) < _KEY)
    .order_by(_TABLE.c.side, _TABLE.c.key)
    .limit(CHUNK)
    .with_for_update()
)
_COUNT = select(tables.revision.c.count)
_COUNT_ON = update(tables.revision).values(count=tables.revision.c.count + 1)
_WRITE = update(_TABLE).where(_TABLE.c.side == bindparam("at_side"), _TABLE.c.key == bindparam("at_key"))


def read(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Half]:
    """Give what is remembered of these records."""
    return {
        ref: replace(half, values=values_from_json(half.values))
        for ref, half in _stored(connection, set(refs), statement=_THESE).items()
    }


def count(connection: Connection) -> int:
    """Give the number of transactions that changed halves so far."""
    return int(connection.execute(_COUNT).scalar_one())


def change(connection: Connection, changes: Collection[HalfChange]) -> None:
    """Merge the changes, in order, into what stands; a half that is not there yet is made."""
    connection.execute(_COUNT_ON)  # before any half is locked: whoever comes second waits here
    revision = count(connection)
    refs = sorted({change.ref for change in changes})
    halves = _stored(connection, refs, statement=_THESE_LOCKED)
    missing = [ref for ref in refs if ref not in halves]
    if missing:
        # Another task may be making the same half: whoever comes second merges into the first one's.
        put_new(connection, _TABLE, [_new_row(ref) for ref in missing])
        halves |= _stored(connection, missing, statement=_THESE_LOCKED)
    for wanted in changes:
        halves[wanted.ref] = replace(_merged(halves[wanted.ref], wanted), revision=revision)
    _write(connection, halves.values())


def forget(connection: Connection, names: Collection[str]) -> None:
    """Drop these fields' baselines everywhere; every half is stale then, so that its record is read before use."""
    last = Ref(Side.DATAVERSE, "")
    while page := connection.execute(_NEXT_LOCKED, {"after_side": last.side.value, "after_key": last.key}).all():
        halves = [_half(row) for row in page]
        _write(connection, [replace(half, values=_without(half.values, names), stale=True) for half in halves])
        last = halves[-1].ref


def _stored(connection: Connection, refs: Iterable[Ref], *, statement: Select[Any]) -> dict[Ref, Half]:
    """Give the halves with their values still as JSON: a merge needs no more."""
    found = {}
    for chunk in chunks(refs):
        rows = connection.execute(statement, {"refs": [(ref.side.value, ref.key) for ref in chunk]})
        found.update({half.ref: half for half in map(_half, rows)})
    return found


def _merged(half: Half, change: HalfChange) -> Half:
    values = {**_without(half.values, change.forget), **values_to_json(change.values)}
    return Half(
        half.ref,
        etag=half.etag if change.etag is None else change.etag,
        values=cast("dict[str, Value]", values),  # JSON on its way to the database
        stale=half.stale if change.stale is None else change.stale,
    )


def _without(values: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _write(connection: Connection, halves: Iterable[Half]) -> None:
    rows = [
        {
            "at_side": half.ref.side.value,
            "at_key": half.ref.key,
            "etag": half.etag,
            "baseline": half.values,
            "stale": half.stale,
            "revision": half.revision,
        }
        for half in halves
    ]
    if rows:
        connection.execute(_WRITE, rows)


def _new_row(ref: Ref) -> dict[str, object]:
    return {"side": ref.side.value, "key": ref.key, "etag": "", "baseline": {}, "stale": False, "revision": 0}


def _half(row: Row[Any]) -> Half:
    return Half(Ref(Side(row.side), row.key), row.etag, row.baseline, stale=row.stale, revision=row.revision)
