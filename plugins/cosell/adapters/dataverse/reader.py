"""Rows read whole: main columns, the rows that lookups point to, and the solution rows beneath."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.children import bare
from cosell.adapters.dataverse.keys import is_id
from cosell.adapters.dataverse.layout import OWNER_VALUE
from cosell.adapters.dataverse.naming import with_values
from cosell.adapters.dataverse.odata import any_of
from cosell.adapters.dataverse.together import together
from cosell.core.errors import BrokenAnswerError
from cosell.core.record import Row, Side

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    from cosell.adapters.dataverse.children import Children
    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.layout import Layout

ETAG = "@odata.etag"


@dataclass(frozen=True, slots=True)
class Seen:
    """A row, and the rows beneath it with the etags that guard them."""

    row: Row
    beneath: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    """By table."""

    def of(self, children: Children | None) -> Sequence[Json]:
        """Give the rows of one table beneath it."""
        return self.beneath.get(children.table.name, ()) if children else ()


class Reader:
    """Reads one organisation's rows in the layout of one mapping."""

    def __init__(self, client: DataverseClient, layout: Layout) -> None:
        self._client, self._layout = client, layout

    async def pages(self, condition: str) -> AsyncIterator[list[Seen]]:
        """Give the rows that meet a condition, page by page."""
        layout = self._layout
        params = {"$select": layout.select, "$filter": condition}
        if layout.expand:
            params["$expand"] = layout.expand
        async for page in self._client.pages(layout.main.set_name, params=params):
            yield await self._whole(page)

    async def listed(self, column: str, literals: Collection[str]) -> list[Seen]:
        """Give the rows whose column is one of these, asked for in pieces at once."""

        async def piece(condition: str) -> list[Seen]:
            return [seen async for page in self.pages(condition) for seen in page]

        found = await together(any_of(column, literals), piece)
        return [seen for part in found for seen in part]

    async def by_key(self, keys: Collection[str]) -> dict[str, Seen]:
        """Give the rows of these primary keys, by key in lower case; what is no key at all is not asked for."""
        wanted = [key.lower() for key in keys if is_id(key)]
        return {seen.row.key: seen for seen in await self.listed(self._layout.main.key, wanted)}

    async def is_empty(self) -> bool:
        """Tell whether the first row that concerns co-sell is missing."""
        layout = self._layout
        params = {"$select": layout.main.key, "$filter": layout.ours}
        return await self._client.first(layout.main.set_name, params=params) is None

    async def parents_of_changed(self, condition: str) -> set[str]:
        """Give the main rows beneath which a row meets a condition."""

        async def of(children: Children) -> set[str]:
            params = {"$select": children.parent_name, "$filter": children.among(condition)}
            pages = self._client.pages(children.table.set_name, params=params)
            return {str(row[name]).lower() async for page in pages for row in page if row[name := children.parent_name]}

        return {key for keys in await together(self._layout.children, of) for key in keys}

    async def _beneath(self, children: Children, keys: Collection[str]) -> Mapping[str, list[Json]]:
        """Give the rows of one table by the main row that they hang on."""
        found: dict[str, list[Json]] = defaultdict(list)
        wanted = {"$select": children.select} | ({"$expand": children.expand} if children.expand else {})

        async def piece(condition: str) -> list[Json]:
            return await self._client.rows(children.table.set_name, params={**wanted, "$filter": condition})

        for part in await together(any_of(children.parent_name, keys), piece):
            for row in part:
                found[str(row[children.parent_name]).lower()].append(row)
        return found

    async def _whole(self, page: Sequence[Json]) -> list[Seen]:
        keys = [str(raw[self._layout.main.key]).lower() for raw in page]

        async def of(children: Children) -> Mapping[str, list[Json]]:
            return await self._beneath(children, keys)

        await self._nest_owners(page)
        tables = list(zip(self._layout.children, await together(self._layout.children, of), strict=True))
        return [
            seen(self._layout, raw, beneath={children.table.name: rows[key] for children, rows in tables})
            for key, raw in zip(keys, page, strict=True)
        ]

    async def _nest_owners(self, page: Sequence[Json]) -> None:
        """Put the owning user into rows that name their owner alone; where a team owns them there is none."""
        owner = self._layout.owner
        if owner is None:
            return
        single, nested = owner, owner.related.navigation
        bare_rows = [raw for raw in page if raw.get(nested) is None and raw.get(OWNER_VALUE)]

        async def piece(condition: str) -> list[Json]:
            return await self._client.rows(
                single.table.set_name, params={"$select": single.select, "$filter": condition}
            )

        ids = sorted({str(raw[OWNER_VALUE]).lower() for raw in bare_rows})
        users = {
            str(row[single.table.key]).lower(): row
            for part in await together(any_of(single.table.key, ids), piece)
            for row in part
        }
        for raw in bare_rows:
            raw[nested] = users.get(str(raw[OWNER_VALUE]).lower())


def seen(layout: Layout, raw: Json, *, beneath: Mapping[str, Sequence[Json]]) -> Seen:
    """Give one row as the mapper reads it: related rows nested under their aliases."""
    payload = with_values(layout.naming, main_columns(layout, raw), raw)
    for alias, single in layout.singles.items():
        related = raw.get(single.related.navigation)
        payload[alias] = (
            with_values(layout.naming, bare(related), related, root=alias) if isinstance(related, dict) else None
        )
    for children in layout.children:
        payload |= children.nested(beneath[children.table.name])
    key, etag = str(raw[layout.main.key]).lower(), raw.get(ETAG)
    if not isinstance(etag, str):
        message = f"a row of {layout.main.set_name} came without its etag"
        raise BrokenAnswerError(message)
    changed, created = time_of(raw.get("modifiedon")), time_of(raw.get("createdon"))
    return Seen(Row(Side.DATAVERSE, key, etag, payload, changed, created), beneath)


def main_columns(layout: Layout, raw: Mapping[str, object]) -> Json:
    """Give a row's own columns, without annotations and expanded rows; one that was asked for and is absent is null."""
    expanded = {single.related.navigation for single in layout.singles.values()}
    # A navigation property may bear the name of its column; only its value name is a column then.
    shown = {name: value for name, value in raw.items() if "@" not in name and name not in expanded}
    return layout.empty | shown


def time_of(value: object) -> datetime | None:
    """Give a time in UTC."""
    return datetime.fromisoformat(cast("str", value)).astimezone(UTC) if value else None
