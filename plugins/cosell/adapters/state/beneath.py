"""Rows beneath records: which row of a table hangs on which record, since a deleted one tells nothing but its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cosell.adapters.state import tables
from cosell.adapters.state.statements import chunks, drop, put

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

_TABLE = tables.beneath
_ALL = select(_TABLE.c.row_id, _TABLE.c.parent).where(_TABLE.c.child == bindparam("child"))
_THESE = _ALL.where(_TABLE.c.row_id.in_(bindparam("rows", expanding=True)))


def parents(connection: Connection, table: str, rows: Collection[str] | None) -> dict[str, str]:
    """Give the record that each of these rows (None: every row) of a table hung on when it was last seen."""
    if rows is None:
        return {each.row_id: each.parent for each in connection.execute(_ALL, {"child": table})}
    asked = ({"child": table, "rows": chunk} for chunk in chunks(rows))
    found = (each for asking in asked for each in connection.execute(_THESE, asking))
    return {each.row_id: each.parent for each in found}


def change(connection: Connection, table: str, standing: Mapping[str, str], gone: Collection[str]) -> None:
    """Put these rows of a table in place and forget those."""
    drop(connection, _TABLE, [(row,) for row in sorted(gone)])
    put(connection, _TABLE, [{"row_id": row, "parent": standing[row], "child": table} for row in sorted(standing)])
