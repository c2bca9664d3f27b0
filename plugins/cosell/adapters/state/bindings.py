"""Bindings: which referral is which row, unique both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, or_, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, put_new
from cosell.core.errors import AlreadyBoundError
from cosell.core.record import Binding, Ref, Side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Row

_TABLE = tables.binding
_EITHER = select(_TABLE).where(
    or_(
        among(_TABLE.c.referral_id, "referral_ids"),
        among(_TABLE.c.row_id, "row_ids"),
    )
)
_EITHER_LOCKED = _EITHER.order_by(_TABLE.c.referral_id).with_for_update()
_COUNT = select(func.count()).select_from(_TABLE)
_SOME = select(_TABLE).where(_TABLE.c.referral_id > bindparam("after")).order_by(_TABLE.c.referral_id)
_PAUSE = update(_TABLE).where(_TABLE.c.referral_id == bindparam("at_referral_id"))

_UNBIND = delete(_TABLE).where(
    _TABLE.c.referral_id == bindparam("at_referral_id"), _TABLE.c.row_id == bindparam("at_row_id")
)


def read(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Binding]:
    """Give the bindings of these records, by the ref asked for."""
    asked = set(refs)
    return {ref: binding for binding in _either(connection, asked) for ref in binding.refs if ref in asked}


def _either(connection: Connection, refs: Collection[Ref]) -> Iterator[Binding]:
    keys = {
        "referral_ids": sorted(key for side, key in refs if side is Side.PARTNER_CENTER),
        "row_ids": sorted(key for side, key in refs if side is Side.DATAVERSE),
    }
    return map(_binding, connection.execute(_EITHER, keys))


def count(connection: Connection, table: str | None) -> int:
    """Give the number of bindings, of one table or of all."""
    return connection.execute(_COUNT if table is None else _COUNT.where(_TABLE.c.row_table == table)).scalar_one()


def some(connection: Connection, limit: int, *, table: str | None, after: str) -> list[Binding]:
    """Give a few bindings, of one table or of any, by referral id; those after that id."""
    wanted = _SOME if table is None else _SOME.where(_TABLE.c.row_table == table)
    return [_binding(row) for row in connection.execute(wanted.limit(limit), {"after": after})]


def bind(connection: Connection, wanted: Collection[Binding]) -> None:
    """Bind these pairs; a pair that stands takes over `paused` only. Raises AlreadyBoundError."""
    ordered = sorted(wanted, key=lambda binding: binding.referral_id)
    # Insert first, then look: of two tasks that bind at once, the second waits here and then sees what stands.
    put_new(connection, _TABLE, [_row(binding) for binding in ordered])
    _check_or_pause(connection, ordered)


def unbind(connection: Connection, pairs: Collection[Binding]) -> None:
    """Forget these bindings; one that stands otherwise by now is left alone."""
    ordered = sorted(pairs, key=lambda binding: binding.referral_id)
    connection.execute(_UNBIND, [{"at_referral_id": pair.referral_id, "at_row_id": pair.row_id} for pair in ordered])


def _check_or_pause(connection: Connection, wanted: Collection[Binding]) -> None:
    keys = {"referral_ids": [pair.referral_id for pair in wanted], "row_ids": [pair.row_id for pair in wanted]}
    standing = [_binding(row) for row in connection.execute(_EITHER_LOCKED, keys)]
    by_referral = {pair.referral_id: pair for pair in standing}
    changed = []
    for pair in wanted:
        found = by_referral.get(pair.referral_id)
        if found is None or found.row_id != pair.row_id:
            raise AlreadyBoundError(pair.referral_id, pair.row_id)
        if found.paused != pair.paused:
            changed.append({"at_referral_id": pair.referral_id, "paused": pair.paused})
    if changed:
        connection.execute(_PAUSE, changed)


def _row(binding: Binding) -> dict[str, object]:
    return {
        "referral_id": binding.referral_id,
        "row_id": binding.row_id,
        "row_table": binding.table,
        "paused": binding.paused,
    }


def _binding(row: Row[Any]) -> Binding:
    return Binding(row.referral_id, row.row_id, table=row.row_table, paused=row.paused)
