"""Rows beneath records: which row of a table hangs on which record, since a deleted one tells nothing but its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, drop, put

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

_TABLE = tables.beneath
_ALL = select(_TABLE.c.row_id, _TABLE.c.parent).where(_TABLE.c.child == bindparam("child"))
_THESE = _ALL.where(among(_TABLE.c.row_id, "rows"))


def parents(connection: Connection, table: str, rows: Collection[str] | None) -> dict[str, str]:
    """Give the record that each of these rows (None: every row) of a table hung on when it was last seen."""
    statement, asked = (_ALL, {}) if rows is None else (_THESE, {"rows": sorted(rows)})
    return {each.row_id: each.parent for each in connection.execute(statement, {"child": table, **asked})}


def change(connection: Connection, table: str, standing: Mapping[str, str], gone: Collection[str]) -> None:
    """Put these rows of a table in place and forget those."""
    drop(connection, _TABLE, [(row,) for row in sorted(gone)])
    put(connection, _TABLE, [{"row_id": row, "parent": standing[row], "child": table} for row in sorted(standing)])
