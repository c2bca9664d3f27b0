"""trial: one real record through the mapping, both ways; nothing is written and nothing remembered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.errors import CannotResolveError
from cosell.core.record import Row, Side, Snapshot
from cosell.sync.tables import main_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Value
    from cosell.sync.world import World


_CAN_BE_ID = re.compile(r"[\w-]+", re.ASCII)
"""What would be another address than a record's is not asked for."""
_GIVE = "Give the id of the referral itself, not of its engagement, or of the opportunity or lead itself."


@dataclass(frozen=True, slots=True)
class TriedField:
    """One field: what is read here, and what the other side would be told."""

    name: str
    value: Value
    fitted: Value
    """As the other side would store it; None where it has no such field."""
    wire: Mapping[str, object]
    """Path → JSON value there."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A record as the mapping reads it, or why it cannot."""

    side: Side
    table: str
    key: str
    fields: Sequence[TriedField] = ()
    unreadable: str | None = None


async def try_record(worlds: Sequence[World], record: str) -> Trial:
    """Give the record of that id, a referral's or a row's; raises CannotResolveError where there is none."""
    key, main = record.strip(" {}"), main_of(worlds)
    if not key:
        message = f"No id was given. {_GIVE}"
        raise CannotResolveError(message)
    if not _CAN_BE_ID.fullmatch(key):
        raise _nobodys(key, worlds)
    found = (await main.replicas[Side.PARTNER_CENTER].fetch([key]))[key]
    if isinstance(found, Row):
        (table,) = tables_of(main, [(key, found)])
        world = next((each for each in worlds if each.table == table), main)
        return _tried(world, found)
    for world in worlds:
        row = (await world.replicas[Side.DATAVERSE].fetch([key]))[key]
        if isinstance(row, Row):
            return _tried(world, row)
    raise _nobodys(key, worlds)


def _nobodys(key: str, worlds: Sequence[World]) -> CannotResolveError:
    tables = " or ".join(sorted((world.table for world in worlds), reverse=True))
    return CannotResolveError(
        f"{key} is neither a referral that the sync's account may see, nor a row of {tables}. {_GIVE}"
    )


def _tried(world: World, row: Row) -> Trial:
    (read,) = world.mapper.snapshots(row.side, [row])
    if not isinstance(read, Snapshot):
        return Trial(row.side, world.table, row.key, unreadable=read.reason)
    other = row.side.other
    fields = [
        _field(world, name, read.values[name], other=other) for name in world.mapper.fields if name in read.values
    ]
    return Trial(row.side, world.table, row.key, fields)


def _field(world: World, name: str, value: Value, *, other: Side) -> TriedField:
    mapper = world.mapper
    if other not in mapper.fields[name].sides:
        return TriedField(name, value, None, {})
    return TriedField(name, value, mapper.fit(other, name, value), mapper.wire(other, {name: value}, held={}))
