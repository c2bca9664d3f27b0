"""Entries of the catalogue that are offered no more, and the rows on which that is news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.odata import any_of, text
from cosell.adapters.dataverse.together import together
from cosell.sync.ports import Retired

if TYPE_CHECKING:
    from collections.abc import Collection

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.layout import Layout
    from cosell.adapters.dataverse.settings import Settings


async def retired(
    client: DataverseClient, layout: Layout, *, settings: Settings, known: Collection[str]
) -> Retired | None:
    """Give what is retired, by the switch or by the row's state; None where rows of this table have no solutions."""
    catalogue, lines = settings.catalogue, layout.lines
    if catalogue is None or lines is None:
        return None
    condition = f"{catalogue.active_column} eq false or statecode ne 0"
    params = {"$select": catalogue.id_column, "$filter": condition}
    rows = await client.rows(layout.tables[catalogue.table].set_name, params=params)
    solutions = frozenset(str(row[catalogue.id_column]).casefold() for row in rows if row.get(catalogue.id_column))
    set_name, parent = lines.table.set_name, lines.parent_name

    async def piece(condition: str) -> list[Json]:
        return await client.rows(set_name, params={"$select": parent, "$filter": condition})

    news = sorted(solutions ^ frozenset(known))
    parts = await together(any_of(lines.id_column, [text(one) for one in news]), piece)
    return Retired(solutions, frozenset(str(row[parent]).lower() for part in parts for row in part if row[parent]))
