"""Dataverse as a replica: the deals that co-sell concerns, read whole and written guarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import anyio

from cosell.adapters.dataverse.create import Creator
from cosell.adapters.dataverse.customers import Customers
from cosell.adapters.dataverse.described import described
from cosell.adapters.dataverse.desk import Desk
from cosell.adapters.dataverse.keys import is_id
from cosell.adapters.dataverse.layout import LEAD, TRACED, Layout, lay_out
from cosell.adapters.dataverse.names import RowNames
from cosell.adapters.dataverse.odata import both, pieces, text, within
from cosell.adapters.dataverse.pool import AccountPool
from cosell.adapters.dataverse.reader import Reader
from cosell.adapters.dataverse.references import References
from cosell.adapters.dataverse.retired import retired
from cosell.adapters.dataverse.tracking import track
from cosell.adapters.dataverse.update import Updater
from cosell.core.record import Row, Side
from cosell.mapping.converters.marked_name import spellings
from cosell.sync.ports import Gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from cosell.adapters.dataverse.organisation import Organisation
    from cosell.adapters.dataverse.reader import Seen
    from cosell.core.record import Window
    from cosell.mapping.shape import Described, Limits, TableShape
    from cosell.sync.ports import Change, Draft, Outcome, Retired, Tracked

_KEYS_AT_A_TIME = 1000


class DataverseReplica:
    """One organisation through the shape of one mapping; lives as long as a task."""

    side = Side.DATAVERSE
    create_size = 200
    update_size = 100
    skipped_foreign = 0
    unknown = ()

    def __init__(self, organisation: Organisation, shape: TableShape) -> None:
        self._organisation, self._shape, self._settings = organisation, shape, organisation.settings
        self._client, self._schema = organisation.client, organisation.schema
        self._known: Desk | None = None
        self._lock = anyio.Lock()

    async def lacking(self) -> frozenset[str]:
        """Give the columns that the table lacks; the replica of a table that lacks any is of no use."""
        return await self._schema.lacking(self._shape.table) - self._shape.spare

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give ours that changed (or were created) in the window, and those whose related rows did, each once."""
        given: set[str] = set()
        async with self._schema.judging():
            desk = await self._desk()
            for condition in self._conditions(desk.layout, window):
                async for page in desk.reader.pages(both(desk.layout.ours, condition)):
                    if rows := _fresh(page, given):
                        yield rows
            if _is_traced(window):
                async for more in self._with_changed_children(desk, window, given=given):
                    yield more

    def _conditions(self, layout: Layout, window: Window) -> Iterator[str | None]:
        """Give one condition for the rows themselves, and one for each kind of related row."""
        column = "createdon" if window.by == "created" else "modifiedon"
        yield within(column, window.since, window.until)
        if _is_traced(window):
            for single in layout.singles.values():
                if single.table.name in TRACED:
                    yield within(f"{single.related.navigation}/modifiedon", window.since, window.until)

    async def _with_changed_children(
        self, desk: Desk, window: Window, *, given: set[str]
    ) -> AsyncIterator[Sequence[Row]]:
        """Give the rows beneath which a row changed; one that was deleted leaves no trace in a window."""
        condition = within("modifiedon", window.since, window.until)
        parents = await desk.reader.parents_of_changed(condition) - given if condition else set()
        for keys in pieces(sorted(parents), _KEYS_AT_A_TIME):
            found = await desk.reader.by_key(keys)
            if rows := _fresh([seen for seen in found.values() if self._is_ours(seen.row)], given):
                yield rows

    def _is_ours(self, row: Row) -> bool:
        ties = (self._shape.referral_id_column, *self._shape.other_id_columns)
        return row.payload.get(self._shape.flag_column) is True or any(row.payload.get(column) for column in ties)

    async def beneath(self) -> Mapping[str, bool]:
        """Name the tables whose rows hang on these, and tell which of them our role may not read."""
        async with self._schema.judging():
            shown = {each.table.name: True for each in (await self._desk()).layout.children}
        return {each.table: shown.get(each.table, False) for each in self._shape.related.values() if each.many}

    async def track(self, table: str, link: str | None) -> Tracked:
        """Give what became of the rows of one table beneath these since the link was given."""
        async with self._schema.judging():
            children = {each.table.name: each for each in (await self._desk()).layout.children}
            return await track(self._client, children[table], link)

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Give those of the addresses, in lower case, that are users of the CRM."""
        async with self._schema.judging():
            lookups = (await self._desk()).lookups
            await lookups.prepare(addresses=addresses)
            return {address.casefold() for address in addresses if lookups.user(address)}

    async def retired(self, known: Collection[str]) -> Retired | None:
        """Give what the catalogue offers no more, and the rows that hold what is not as it is known to be."""
        async with self._schema.judging():
            desk = await self._desk()
            return await retired(self._client, desk.layout, settings=self._settings, known=known)

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give these rows whatever their flag or state; every key is answered."""
        async with self._schema.judging():
            found = await (await self._desk()).reader.by_key(keys)
        return {key: found[key.lower()].row if key.lower() in found else Gone() for key in keys}

    async def find(
        self,
        field_values: Collection[str],
        *,
        by: Literal["referral_id", "crm_id", "created_since", "deal_name", "lead_id"],
        since: datetime | None = None,  # noqa: ARG002 - the other side needs it
    ) -> list[Row]:
        """Give the rows that carry one of these referral ids, or names, or came of one of these leads."""
        found: dict[str, Row] = {}
        async with self._schema.judging():
            desk = await self._desk()
            for column, literals in self._sought(desk.layout, field_values, by=by).items():
                found |= {seen.row.key: seen.row for seen in await desk.reader.listed(column, literals)}
        return list(found.values())

    def _sought(self, layout: Layout, values: Collection[str], *, by: str) -> dict[str, list[str]]:
        """Give the literals to look for, by column."""
        shape, given, lead = self._shape, [value for value in values if value], layout.single(LEAD)
        if by == "referral_id":
            literals = [text(value) for value in given]
            return dict.fromkeys((shape.referral_id_column, *shape.other_id_columns), literals)
        if by == "deal_name":
            spelled = [text(spelling) for value in given for spelling in spellings(value)]
            return {shape.name_column: spelled} if shape.name_column else {}
        if by == "lead_id" and lead is not None:
            return {lead.value_name: [value for value in given if is_id(value)]}
        message = f"rows of the CRM are not looked up by {by}"
        raise ValueError(message)

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Create these deals, with their customers and solution rows."""
        async with self._schema.judging():
            return await Creator(await self._desk()).create(drafts)

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write these edits, each under its etag."""
        async with self._schema.judging():
            return await Updater(await self._desk()).update(changes)

    async def names(self) -> RowNames:
        """Give the rows' names, to be read and written by themselves."""
        async with self._schema.judging():
            return RowNames(self._client, (await self._desk()).layout, schema=self._schema)

    async def is_empty(self) -> bool:
        """Tell whether the CRM shows no row that co-sell concerns."""
        async with self._schema.judging():
            return await (await self._desk()).reader.is_empty()

    async def limits(self) -> Limits:
        """Give what the columns of the mapping can hold, by dotted path."""
        async with self._schema.judging():
            return lay_out(self._shape, await self._schema.tables(), settings=self._settings).limits()

    async def described(self, *, defaults: Mapping[str, object]) -> Described:
        """Give every column within the mapping's reach, as the CRM has them at this moment."""
        return await described(self._schema, self._shape, defaults=defaults)

    async def table_names(self) -> list[str]:
        """Give the logical names of all tables of the CRM."""
        return await self._schema.table_names()

    async def check_access(self) -> str:
        """Give our application user's id; raises AccessDeniedError where there is none."""
        async with self._schema.judging():
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
        references = References(self._client)
        return Desk(
            client=self._client,
            layout=layout,
            settings=settings,
            reader=Reader(self._client, layout),
            lookups=await self._organisation.lookups(),
            references=references,
            customers=Customers(
                self._client,
                tables=tables,
                references=references,
                pool=AccountPool(settings.accounts, self._shape.sign_columns),
                contact_defaults=self._shape.contact_defaults,
            ),
            me=await self._organisation.me(),
        )


def _is_traced(window: Window) -> bool:
    """Tell whether related rows must be asked for too: not when all rows are read anyway, nor by creation."""
    return window.by == "changed" and window.since is not None


def _fresh(page: Sequence[Seen], given: set[str]) -> list[Row]:
    rows = [seen.row for seen in page if seen.row.key not in given]
    given.update(row.key for row in rows)
    return rows
