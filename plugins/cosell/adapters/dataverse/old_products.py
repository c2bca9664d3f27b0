"""Solutions out of another connector's column on opportunity into rows of the deal: looked at first, then made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.keys import line_id
from cosell.adapters.dataverse.reader import ETAG
from cosell.adapters.dataverse.schema import Schema
from cosell.core.errors import ConfigurationError
from cosell.core.offers import Entry
from cosell.core.old_products import by_words, read_products
from cosell.mapping.unknown import no_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.adapters.dataverse.client import Json, Wire
    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.schema import Memory
    from cosell.adapters.dataverse.settings import Catalogue

_DEALS, _LINES = "opportunity", "cosell_partnercentersolution"
_ID, _NAME = "cosell_solutionid", "cosell_name"
_AT_ONCE = 100


@dataclass(slots=True)
class Copying:
    """What is copied, or would be."""

    new: list[tuple[str, Entry]] = field(default_factory=list)
    """Deals by primary key, and a solution that each gets."""
    standing: int = 0
    """Solutions that their deal has already."""
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """Deals, and a piece of text that is nothing in the catalogue."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Deals, and why the CRM did not take a row."""


class OldProducts:
    """One column of one organisation; lives as long as a command."""

    def __init__(self, wire: Wire, *, column: str, catalogue: Catalogue, memory: Memory, organisation: str) -> None:
        self._client, self._column, self._catalogue = DataverseClient(wire), column, catalogue
        needed = {
            _DEALS: frozenset({column, "statecode"}),
            _LINES: frozenset({_ID, _NAME}),
            catalogue.table: frozenset({catalogue.id_column, catalogue.name_column}),
        }
        self._schema = Schema(
            self._client,
            needed=needed,
            memory=memory,
            organisation=f"{column}:{organisation}",  # a name of its own: what runs remember holds other columns
            spare={_DEALS: {column}},  # one that is not there is told by `_refuse_no_text`: no mapping names it
        )

    async def look(self) -> Copying:
        """Give what would be copied: open deals only, since closed ones take no edit in Partner Center."""
        async with self._schema.judging():
            tables = await self._schema.tables()
        await self._refuse_no_text(tables[_DEALS])
        async with self._schema.judging():
            known = by_words(await self._entries(tables[self._catalogue.table]))
            standing = await self._standing(tables)
            deals = tables[_DEALS]
            rows = await self._client.rows(
                deals.set_name,
                params={
                    "$select": f"{deals.key},{self._column}",
                    "$filter": f"{self._column} ne null and statecode eq 0",
                },
            )
        return self._compared(rows, known, standing, key=deals.key)

    async def _refuse_no_text(self, deals: Table) -> None:
        """Raise ConfigurationError where the column is not there or holds no text."""
        if self._column not in deals.columns:
            self._schema.forget()  # it may be added, and the command typed again
            known = await self._schema.display_names(_DEALS)
            raise ConfigurationError(no_column(self._column, table=_DEALS, known=known))
        kind = deals.columns[self._column].kind
        if kind != "text":
            raise ConfigurationError(
                f"the column {self._column} of opportunity holds {kind}, and only text can be read"
            )

    def _compared(
        self, rows: list[Json], known: Mapping[str, Entry], standing: Mapping[str, set[str]], *, key: str
    ) -> Copying:
        found = Copying()
        for row in rows:
            deal, read = str(row[key]).lower(), read_products(str(row[self._column]), known)
            found.unknown += [(deal, piece) for piece in read.unknown]
            missing = [entry for entry in read.entries if entry.id.casefold() not in standing.get(deal, ())]
            found.new += [(deal, entry) for entry in missing]
            found.standing += len(read.entries) - len(missing)
        return found

    async def copy(self) -> Copying:
        """Make the rows; each by itself, so that one refusal keeps no other back. A repeat makes none twice."""
        found = await self.look()
        async with self._schema.judging():
            tables = await self._schema.tables()
            for first in range(0, len(found.new), _AT_ONCE):
                some = found.new[first : first + _AT_ONCE]
                sets = [[self._row(tables, deal, entry)] for deal, entry in some]
                answers, _ = await self._client.batch(sets, repeat_safe=True)
                for (deal, entry), answer in zip(some, answers, strict=True):
                    fault = answer.fault or next((part.fault for part in answer.parts if part.fault), None)
                    if fault is not None and not fault.is_duplicate:
                        found.refused.append((deal, f"{entry.id}: {fault.text}"))
        return found

    def _row(self, tables: Mapping[str, Table], deal: str, entry: Entry) -> Part:
        lines, catalogue = tables[_LINES], tables[self._catalogue.table]
        body = {
            _ID: entry.id,
            _NAME: entry.name,
            f"{lines.to(_DEALS).navigation}@odata.bind": tables[_DEALS].address(deal),
            f"{lines.to(catalogue.name).navigation}@odata.bind": catalogue.address(entry.key),
        }
        address = lines.address(line_id(deal, entry.id, occurrence=0)).removeprefix("/")
        return Part("PATCH", address, body, {"If-None-Match": "*"})

    async def _entries(self, table: Table) -> Iterator[Entry]:
        identifier, name = self._catalogue.id_column, self._catalogue.name_column
        rows = await self._client.rows(
            table.set_name, params={"$select": f"{table.key},{identifier},{name}", "$filter": f"{identifier} ne null"}
        )
        return (
            Entry(str(row[table.key]), str(row[ETAG]), str(row[identifier]), str(row.get(name) or ""), "", active=True)
            for row in rows
        )

    async def _standing(self, tables: Mapping[str, Table]) -> dict[str, set[str]]:
        """Give the solutions that deals have, by deal."""
        lines = tables[_LINES]
        parent = f"_{lines.to(_DEALS).column}_value"
        rows = await self._client.rows(
            lines.set_name, params={"$select": f"{parent},{_ID}", "$filter": f"{parent} ne null and {_ID} ne null"}
        )
        found: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            found[str(row[parent]).lower()].add(str(row[_ID]).casefold())
        return found
