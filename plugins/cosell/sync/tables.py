"""The tables of one run: which of them a referral belongs to, and each step done for one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from cosell.core.lifecycle import CATEGORY_FIELDS, Category, category
from cosell.core.record import Ref, Row, Side
from cosell.sync.world import LEAD, OPPORTUNITY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from cosell.sync.ports import Gone, Mapper, Replica, Staging
    from cosell.sync.world import World

T = TypeVar("T")
PC = Side.PARTNER_CENTER


def with_leads(world: World, *, replica: Replica, mapper: Mapper) -> list[World]:
    """Give the worlds of a run that keeps leads in step besides opportunities.

    Leads come first: one that was qualified hands its referral over before the opportunities are planned.
    """
    both = replace(world, tables=frozenset({OPPORTUNITY, LEAD}))
    replicas, staging = {**world.replicas, Side.DATAVERSE: replica}, TableStaging(world.staging, LEAD)
    return [replace(both, table=LEAD, replicas=replicas, mapper=mapper, staging=staging, deals=both), both]


async def for_each(worlds: Sequence[World], step: Callable[[World], Awaitable[T]]) -> dict[str, T]:
    """Do a step for every table, in the order given; give the reports by table."""
    return {world.table: await step(world) for world in worlds}


def main_of(worlds: Sequence[World]) -> World:
    """Give the world of opportunities."""
    return next(world for world in worlds if world.is_main)


def tables_of(world: World, found: Sequence[tuple[str, Row | Gone]]) -> list[str]:
    """Give the table that each referral belongs to, in order: that of its binding, else by what the referral is."""
    if len(world.tables) == 1:
        return [world.table for _ in found]
    bound = world.state.bindings([Ref(PC, key) for key, _ in found])
    unbound = [row for key, row in found if isinstance(row, Row) and Ref(PC, key) not in bound]
    by_key = {row.key: table for row, table in zip(unbound, _by_category(world, unbound), strict=True)}
    return [binding.table if (binding := bound.get(Ref(PC, key))) else by_key.get(key, OPPORTUNITY) for key, _ in found]


def _by_category(world: World, rows: Sequence[Row]) -> Iterable[str]:
    for values in world.mapper.read(PC, rows, names=CATEGORY_FIELDS):
        yield OPPORTUNITY if category(values) is Category.COSELL else LEAD


class TableStaging:
    """The staged files of one table, apart from those of the run's other tables."""

    def __init__(self, staging: Staging, table: str) -> None:
        self._staging, self._table = staging, table

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Write lines under the table's name."""
        return self._staging.write(self._named(name), lines)

    def read(self, name: str) -> Iterable[dict[str, object]] | None:
        """Give the table's lines."""
        return self._staging.read(self._named(name))

    def remove(self) -> None:
        """Remove the run's files, those of all tables."""
        self._staging.remove()

    def _named(self, name: str) -> str:
        return f"{self._table}-{name}"
