"""Halves: what each side of a pair held when both last agreed; merged field by field, never overwritten whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, select, tuple_, update

from cosell.adapters.state import bindings, statements, tables
from cosell.adapters.state.statements import among, keys_by_side, put
from cosell.core.record import Half, Ref, Side
from cosell.core.values import values_from_json, values_to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row

    from cosell.core.record import Value
    from cosell.sync.ports import HalfChange

_TABLE = tables.half
_PAGE = 500
_KEY = tuple_(_TABLE.c.side, _TABLE.c.key)
_THESE = select(_TABLE).where(_TABLE.c.side == bindparam("at_side"), among(_TABLE.c.key, "at_keys"))
_NEXT = (
    select(_TABLE)
    .where(tuple_(bindparam("after_side"), bindparam("after_key")) < _KEY)
    .order_by(_TABLE.c.side, _TABLE.c.key)
    .limit(_PAGE)
)
_COUNT = select(tables.revision.c.count)
_COUNT_ON = update(tables.revision).values(count=tables.revision.c.count + 1)


def read(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Half]:
    """Give what is remembered of these records."""
    return {ref: replace(half, values=values_from_json(half.values)) for ref, half in _stored(connection, refs).items()}


def count(connection: Connection) -> int:
    """Give the number of transactions that changed halves so far."""
    return int(connection.execute(_COUNT).scalar_one())


def change(connection: Connection, changes: Collection[HalfChange]) -> None:
    """Merge the changes, in order, into what stands; a half that is not there yet is made."""
    revision = _count_on(connection)
    halves = _stored(connection, {change.ref for change in changes})
    for wanted in changes:
        standing = halves.get(wanted.ref) or Half(wanted.ref, etag="", values={})
        halves[wanted.ref] = replace(_merged(standing, wanted), revision=revision)
    put(connection, _TABLE, [_row(half) for half in halves.values()])


def drop(connection: Connection, refs: Collection[Ref]) -> None:
    """Forget these halves."""
    statements.drop(connection, _TABLE, [(ref.side.value, ref.key) for ref in sorted(refs)])


def forget(connection: Connection, names: Collection[str], table: str | None) -> None:
    """Drop these fields' baselines, of one table's pairs or everywhere; their halves are stale then.

    So each record is read before it is used again.
    """
    revision = _count_on(connection)
    last = Ref(Side.DATAVERSE, "")
    while page := connection.execute(_NEXT, {"after_side": last.side.value, "after_key": last.key}).all():
        halves = [_half(row) for row in page]
        bound = bindings.read(connection, [half.ref for half in halves]) if table else {}
        ours = [half for half in halves if half.ref not in bound or bound[half.ref].table == table]
        left = [replace(half, values=_without(half.values, names), stale=True, revision=revision) for half in ours]
        put(connection, _TABLE, [_row(half) for half in left])
        last = halves[-1].ref


def _count_on(connection: Connection) -> int:
    """Give the number of this change. Holds the one counter till the end: who comes second waits, then sees it all."""
    connection.execute(_COUNT_ON)
    return count(connection)


def _stored(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Half]:
    """Give the halves with their values still as JSON: a merge needs no more."""
    rows = (row for asked in keys_by_side(refs) for row in connection.execute(_THESE, asked))
    return {half.ref: half for half in map(_half, rows)}


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


def _row(half: Half) -> dict[str, object]:
    return {
        "side": half.ref.side.value,
        "key": half.ref.key,
        "etag": half.etag,
        "baseline": half.values,
        "stale": half.stale,
        "revision": half.revision,
    }


def _half(row: Row[Any]) -> Half:
    return Half(Ref(Side(row.side), row.key), row.etag, row.baseline, stale=row.stale, revision=row.revision)
