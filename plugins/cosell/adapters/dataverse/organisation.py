"""One organisation as the replicas of all its tables share it: client, what its tables are, lookups, who we are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from cosell.adapters.dataverse.client import DataverseClient, Wire
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.lookups import Lookups
from cosell.adapters.dataverse.schema import Memory, Schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse.settings import Settings
    from cosell.mapping.shape import TableShape


class Organisation:
    """Asks once what every table's replica needs to know; `shapes` are those of all of them."""

    def __init__(self, wire: Wire, shapes: Sequence[TableShape], *, settings: Settings, memory: Memory) -> None:
        self.settings = settings
        self.client = DataverseClient(wire, page_size=settings.page_size)
        needed: dict[str, frozenset[str]] = {}
        for shape in shapes:
            for table, columns in needed_columns(shape, settings=settings).items():
                needed[table] = needed.get(table, frozenset()) | columns
        self.schema = Schema(
            self.client,
            needed=needed,
            memory=memory,
            organisation=settings.organisation,
            spare={one.table: needed[one.table] if one.table in settings.optional else one.spare for one in shapes},
        )
        self._lookups: Lookups | None = None
        self._me: str | None = None
        self._lock = anyio.Lock()

    async def lookups(self) -> Lookups:
        """Give what finds currencies, owners and the catalogue's entries."""
        if self._lookups is None:
            self._lookups = Lookups(self.client, tables=await self.schema.tables(), settings=self.settings)
        return self._lookups

    async def me(self) -> str:
        """Give the id of our application user."""
        async with self._lock:
            if self._me is None:
                self._me = await self.client.who_am_i()
            return self._me
