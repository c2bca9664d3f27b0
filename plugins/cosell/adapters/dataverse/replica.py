"""Dataverse as a replica: the deals that co-sell concerns, read whole and written guarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import anyio

from cosell.adapters.dataverse.client import DataverseClient, Wire
from cosell.adapters.dataverse.create import Creator
from cosell.adapters.dataverse.customers import Customers
from cosell.adapters.dataverse.desk import Desk
from cosell.adapters.dataverse.layout import TRACED, Layout, lay_out, needed_columns
from cosell.adapters.dataverse.lookups import Lookups
from cosell.adapters.dataverse.odata import both, pieces, text, within
from cosell.adapters.dataverse.reader import Reader
from cosell.adapters.dataverse.references import References
from cosell.adapters.dataverse.schema import Memory, Schema
from cosell.adapters.dataverse.update import Updater
from cosell.core.record import Row, Side
from cosell.sync.ports import Gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence
    from datetime import datetime

    from cosell.adapters.dataverse.reader import Seen
    from cosell.adapters.dataverse.settings import Settings
    from cosell.core.record import Window
    from cosell.mapping.shape import Limits, TableShape
    from cosell.sync.ports import Change, Draft, Outcome

_KEYS_AT_A_TIME = 1000


class DataverseReplica:
    """One organisation through the shape of one mapping; lives as long as a task."""

    side = Side.DATAVERSE
    create_size = 200
    update_size = 100
    skipped_foreign = 0

    def __init__(self, wire: Wire, shape: TableShape, *, settings: Settings, memory: Memory) -> None:
        self._shape, self._settings = shape, settings
        self._client = DataverseClient(wire, page_size=settings.page_size)
        needed = needed_columns(shape, settings=settings)
        self._schema = Schema(self._client, needed=needed, memory=memory, organisation=settings.organisation)
        self._known: Desk | None = None
        self._lock = anyio.Lock()

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give ours that changed (or were created) in the window, and those whose related rows did, each once."""
        given: set[str] = set()
        with self._schema.judging():
            desk = await self._desk()
            for condition in self._conditions(desk.layout, window):
                async for page in desk.reader.pages(both(desk.layout.ours, condition)):
                    if rows := _fresh(page, given):
                        yield rows
            if _is_traced(window):
                async for more in self._with_changed_lines(desk, window, given=given):
                    yield more

    def _conditions(self, layout: Layout, window: Window) -> Iterator[str | None]:
        """Give one condition for the rows themselves, and one for each kind of related row."""
        column = "createdon" if window.by == "created" else "modifiedon"
        yield within(column, window.since, window.until)
        if _is_traced(window):
            for single in layout.singles.values():
                if single.table.name in TRACED:
                    yield within(f"{single.related.navigation}/modifiedon", window.since, window.until)

    async def _with_changed_lines(self, desk: Desk, window: Window, *, given: set[str]) -> AsyncIterator[Sequence[Row]]:
        """Give the rows whose solution rows changed; one that was deleted leaves no trace in a window."""
        condition = within("modifiedon", window.since, window.until)
        parents = await desk.reader.parents_of_changed_lines(condition or "") - given if condition else set()
        for keys in pieces(sorted(parents), _KEYS_AT_A_TIME):
            found = await desk.reader.by_key(keys)
            if rows := _fresh([seen for seen in found.values() if self._is_ours(seen.row)], given):
                yield rows

    def _is_ours(self, row: Row) -> bool:
        return row.payload.get(self._shape.flag_column) is True or bool(row.payload.get(self._shape.referral_id_column))

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give these rows whatever their flag or state; every key is answered."""
        with self._schema.judging():
            found = await (await self._desk()).reader.by_key(keys)
        return {key: found[key.lower()].row if key.lower() in found else Gone() for key in keys}

    async def find(
        self,
        field_values: Collection[str],
        *,
        by: Literal["referral_id", "crm_id", "created_since"],
        since: datetime | None = None,  # noqa: ARG002 - the other side needs it
    ) -> list[Row]:
        """Give the rows that carry one of these referral ids."""
        if by != "referral_id":
            message = f"rows of the CRM are not looked up by {by}"
            raise ValueError(message)
        literals = [text(value) for value in field_values if value]
        with self._schema.judging():
            found = await (await self._desk()).reader.listed(self._shape.referral_id_column, literals)
        return [seen.row for seen in found]

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Create these deals, with their customers and solution rows."""
        with self._schema.judging():
            return await Creator(await self._desk()).create(drafts)

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write these edits, each under its etag."""
        with self._schema.judging():
            return await Updater(await self._desk()).update(changes)

    async def is_empty(self) -> bool:
        """Tell whether the CRM shows no row that co-sell concerns."""
        with self._schema.judging():
            return await (await self._desk()).reader.is_empty()

    async def limits(self) -> Limits:
        """Give what the columns of the mapping can hold, by dotted path."""
        with self._schema.judging():
            return lay_out(self._shape, await self._schema.tables(), settings=self._settings).limits()

    async def check_access(self) -> str:
        """Give our application user's id; raises AccessDeniedError where there is none."""
        with self._schema.judging():
            return await self._client.who_am_i()

    async def _desk(self) -> Desk:
        """Give what every call needs, made once."""
        async with self._lock:
            if self._known is None:
                self._known = await self._open()
            return self._known

    async def _open(self) -> Desk:
        tables, settings = await self._schema.tables(), self._settings
        layout = lay_out(self._shape, tables, settings=settings)
        return Desk(
            client=self._client,
            layout=layout,
            settings=settings,
            reader=Reader(self._client, layout),
            lookups=Lookups(self._client, tables=tables, settings=settings),
            references=References(self._client, layout.main),
            customers=Customers(self._client, tables=tables),
            me=await self._client.who_am_i(),
        )


def _is_traced(window: Window) -> bool:
    """Tell whether related rows must be asked for too: not when all rows are read anyway, nor by creation."""
    return window.by == "changed" and window.since is not None


def _fresh(page: Sequence[Seen], given: set[str]) -> list[Row]:
    rows = [seen.row for seen in page if seen.row.key not in given]
    given.update(row.key for row in rows)
    return rows
