"""Rows that several batches want at the same time: the first one creates them, the others wait for its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from cosell.sync.ports import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from cosell.adapters.dataverse.client import Json
    from cosell.sync.ports import Outcome


@dataclass(slots=True)
class _Row:
    """One row on its way."""

    answered: anyio.Event = field(default_factory=anyio.Event)
    failure: Outcome | None = None


class Making:
    """The rows of one table that this task creates."""

    def __init__(self, insert: Callable[[Mapping[str, Json]], Awaitable[Mapping[str, Outcome]]]) -> None:
        self._insert = insert
        self._rows: dict[str, _Row] = {}

    async def create(self, new: Mapping[str, Json], *, wanted: Collection[str]) -> dict[str, Outcome]:
        """Create what nobody has begun to create; give why each of the wanted keys, or of the new, has no row."""
        others = {key: self._rows[key] for key in (*wanted, *new) if key in self._rows}
        ours = {key: body for key, body in new.items() if key not in others}
        failed = dict(await self._create(ours))
        for key, row in others.items():
            await row.answered.wait()
            failed |= {key: row.failure} if row.failure else {}
        return failed

    async def _create(self, ours: Mapping[str, Json]) -> Mapping[str, Outcome]:
        self._rows |= {key: _Row() for key in ours}
        failed: Mapping[str, Outcome] = dict.fromkeys(ours, NoAnswer("whoever created it was stopped"))
        try:
            failed = await self._insert(ours)
        finally:
            for key in ours:
                row = self._rows.pop(key) if key in failed else self._rows[key]
                row.failure = failed.get(key)
                row.answered.set()
        return failed
