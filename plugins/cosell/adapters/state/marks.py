"""What the state keeps beside the records: watermarks per side, and small things remembered by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cosell.adapters.state import tables
from cosell.adapters.state.statements import Insert, insert_into, put

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cosell.core.record import Side

_WATERMARK = select(tables.watermark.c.until).where(tables.watermark.c.side == bindparam("side"))
_MEMORY = select(tables.memory.c.content).where(tables.memory.c.name == bindparam("name"))


def watermark(connection: Connection, side: Side) -> datetime | None:
    """Give how far the side has been read."""
    return connection.execute(_WATERMARK, {"side": side.value}).scalar_one_or_none()


def advance(connection: Connection, side: Side, until: datetime) -> None:
    """Move the watermark, forwards only; the database compares, so that the later of two tasks wins."""
    connection.execute(_forwards(connection.dialect.name), {"side": side.value, "until": until})


@cache
def _forwards(dialect: str) -> Insert:
    insert = insert_into(tables.watermark, dialect)
    later = {"until": insert.excluded.until}
    return insert.on_conflict_do_update(
        index_elements=["side"], set_=later, where=tables.watermark.c.until < insert.excluded.until
    )


def recall(connection: Connection, name: str) -> object | None:
    """Give what is remembered under the name."""
    return connection.execute(_MEMORY, {"name": name}).scalar_one_or_none()


def remember(connection: Connection, name: str, content: object) -> None:
    """Remember plain JSON under the name."""
    put(connection, tables.memory, [{"name": name, "content": content}])
