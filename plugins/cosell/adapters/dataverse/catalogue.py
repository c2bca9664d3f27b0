"""The catalogue of solutions in Dataverse: read whole, written in one change set, all or none, row by row answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.adapters.dataverse.keys import entry_id
from cosell.adapters.dataverse.reader import ETAG
from cosell.adapters.dataverse.schema import Schema
from cosell.core.errors import FileRefusedError
from cosell.core.offers import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.adapters.dataverse.client import Json, Wire
    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.schema import Memory
    from cosell.adapters.dataverse.settings import Catalogue
    from cosell.core.offers import OfferChange

STATE, STATUS = "statecode", "statuscode"
_STATES: Mapping[bool, Json] = {True: {STATE: 0, STATUS: 1}, False: {STATE: 1, STATUS: 2}}
"""An entry that is retired is inactive too: Dynamics' own pickers offer active rows only."""


class SolutionCatalogue:
    """The catalogue of one organisation; lives as long as a command."""

    def __init__(self, wire: Wire, catalogue: Catalogue, *, memory: Memory, organisation: str) -> None:
        self._catalogue, self._client = catalogue, DataverseClient(wire)
        self._columns = {
            "id": catalogue.id_column,
            "name": catalogue.name_column,
            "type": catalogue.type_column,
            "active": catalogue.active_column,
        }
        needed = {catalogue.table: frozenset({*self._columns.values(), STATE, STATUS})}
        # A name of its own: what runs remember holds more tables.
        self._schema = Schema(self._client, needed=needed, memory=memory, organisation=f"catalogue:{organisation}")

    async def entries(self) -> list[Entry]:
        """Give every entry, retired ones too."""
        table = await self._table()
        select = ",".join([table.key, *self._columns.values(), STATE])
        async with self._schema.judging():
            rows = await self._client.rows(table.set_name, params={"$select": select})
        return [self._entry(table, row) for row in rows if row.get(self._columns["id"])]

    async def limits(self) -> Mapping[str, int | None]:
        """Give the longest text of each column, by the names of Offer."""
        columns = (await self._table()).columns
        return {name: columns[self._columns[name]].max_length for name in ("id", "name", "type")}

    async def write(self, changes: Sequence[OfferChange]) -> bool:
        """Make these changes, all or none; False: an entry changed since it was read, and nothing was written."""
        if not changes:
            return True
        table = await self._table()
        parts = [self._part(table, change) for change in changes]
        async with self._schema.judging():
            # Safe to repeat: an entry is guarded by its version, a new one by the key that we chose.
            (answer,), _ = await self._client.batch([parts], repeat_safe=True)
        fault = answer.fault
        if fault is None:
            return True
        if fault.is_stale or fault.is_duplicate or fault.is_gone:
            return False
        async with self._schema.judging():
            if fault.is_drift or fault.may_be_passing:
                raise RefusedCallError("PATCH", fault)
        failing = changes[answer.failing or 0] if answer.failing is not None or len(changes) == 1 else None
        where = f"{failing.offer.where}: " if failing else ""
        raise FileRefusedError("The catalogue", [f"{where}the CRM refused it: {fault.text}"])

    def _entry(self, table: Table, row: Json) -> Entry:
        texts = {name: str(row.get(column) or "") for name, column in self._columns.items() if name != "active"}
        active = row.get(self._columns["active"]) is not False and row.get(STATE) == 0
        return Entry(str(row[table.key]).lower(), str(row[ETAG]), active=active, **texts)

    def _part(self, table: Table, change: OfferChange) -> Part:
        entry = change.entry
        body: Json = {self._columns[name]: value for name, value in change.values.items()}
        if entry is None:
            # PATCH on a key that we chose: a repeat does not double the entry.
            address = table.address(entry_id(change.offer.id)).removeprefix("/")
            return Part("PATCH", address, body, {"If-None-Match": "*"})
        if isinstance(active := change.values.get("active"), bool):
            body |= _STATES[active]
        return Part("PATCH", table.address(entry.key).removeprefix("/"), body, {"If-Match": entry.etag})

    async def _table(self) -> Table:
        async with self._schema.judging():
            return (await self._schema.tables())[self._catalogue.table]
