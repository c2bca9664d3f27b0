"""The CRM's description of our tables: read from its metadata, remembered for a day, read anew before drift is told."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

import anyio

from cosell.adapters.dataverse import metadata
from cosell.adapters.dataverse.children import CONNECTION, ROLE
from cosell.adapters.dataverse.errors import RefusedCallError, raise_for_call
from cosell.adapters.dataverse.labelled import display_names, table_names
from cosell.adapters.dataverse.layout import LEAD
from cosell.adapters.dataverse.metadata import Table
from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.references import References
from cosell.adapters.dataverse.required import required_columns
from cosell.adapters.dataverse.together import together
from cosell.core.errors import SchemaDriftError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.mapping.shape import TableShape

_GOOD_FOR = timedelta(days=1)
_LACKING_FOR = timedelta(hours=1)
"""What is missing and can be done without may be added any time: it is looked for that often."""
_MISSING = 404
SPARED = frozenset({CONNECTION, ROLE})
"""Tables that the sync does without where there are none, or its role may not read them."""
_WAY_OUT = (
    "; airflow cosell setup makes it where it is one of ours, else correct the line that "
    "airflow cosell mapping check names"
)
_WAYS_OUT = {LEAD: "; add what is missing, or keep co-sell deals only (setting leads: false)"}


class Memory(Protocol):
    """Plain JSON values by name, outliving a run; the state has these methods."""

    def recall(self, name: str) -> object | None:
        """Give what is remembered under the name."""
        ...

    def remember(self, name: str, value: object) -> None:
        """Put a value in place."""
        ...


class Schema:
    """Tables by logical name; `needed` says which columns of each must be there, but for those that are `spare`."""

    def __init__(
        self,
        client: DataverseClient,
        *,
        needed: Mapping[str, Collection[str]],
        memory: Memory,
        organisation: str,
        spare: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._client, self._needed, self._memory = client, needed, memory
        self._name, self._spare = f"dataverse.schema:{organisation}", spare or {}
        self._tables: dict[str, Table] = {}
        self._lock = anyio.Lock()

    async def tables(self) -> dict[str, Table]:
        """Give all tables, checked; raises SchemaDriftError naming the table or column that is missing."""
        async with self._lock:
            if not self._tables:
                self._tables = self._remembered() or await self._read()
            return self._tables

    async def lacking(self, name: str) -> frozenset[str]:
        """Give the needed columns that a table does not have: none, unless it can be done without."""
        return frozenset(self._lacking(await self.tables(), name))

    def _lacking(self, tables: Mapping[str, Table], name: str) -> set[str]:
        return set(self._needed[name]) - tables[name].columns.keys()

    async def described(self) -> dict[str, Table]:
        """Give all tables as the CRM describes them at this moment, whatever columns they lack."""
        async with self.judging():
            return {table.name: table for table in await together(sorted(self._needed), self._table)}

    async def display_names(self, table: str) -> dict[str, str]:
        """Give logical name → display name of a table's columns, as our user reads them."""
        async with self.judging():
            return await display_names(self._client, table)

    async def table_names(self) -> list[str]:
        """Give the logical names of all tables of the CRM."""
        async with self.judging():
            return await table_names(self._client)

    async def required(self, shape: TableShape, tables: Mapping[str, Table]) -> dict[str, str]:
        """Give the columns that a new row needs and the CRM does not fill by itself, by dotted path."""
        async with self.judging():
            return await required_columns(self._client, shape, tables)

    async def find_named(self, table: Table, columns: Mapping[str, object]) -> None:
        """Look for every row that columns of a table name; raises ConfigurationError where there is none."""
        async with self.judging():
            references = References(self._client)
            await references.prepare([columns])
            references.bound(columns, table=table)

    def forget(self) -> None:
        """Make the next use read the metadata anew."""
        self._tables = {}
        self._memory.remember(self._name, None)

    @asynccontextmanager
    async def judging(self) -> AsyncIterator[None]:
        """Say what a refused call means for the run; after drift the metadata, read anew, names what is missing."""
        try:
            yield
        except RefusedCallError as error:
            if error.fault.is_drift or error.fault.is_denied:
                self.forget()  # columns, or our rights, are not what they were
            if error.fault.is_drift:
                with suppress(RefusedCallError):  # of the two, what was refused first says more
                    await self.tables()
            raise_for_call(error)

    def _remembered(self) -> dict[str, Table] | None:
        """Give what is remembered, if it is young and holds all that is needed."""
        kept = cast("Json | None", self._memory.recall(self._name))
        if kept is None or (age := datetime.now(UTC) - datetime.fromisoformat(str(kept["at"]))) > _GOOD_FOR:
            return None
        plain = cast("dict[str, Json]", kept["tables"])
        tables = {name: metadata.from_json(table) for name, table in plain.items()}
        try:
            self._check(tables)
        except SchemaDriftError:
            # The missing column may have been added since.
            return None
        lacks = any(self._lacking(tables, name) for name in self._needed)
        return None if lacks and age > _LACKING_FOR else tables

    async def _read(self) -> dict[str, Table]:
        try:
            found = await together(sorted(self._needed), self._table)
            bulk = await self._bulk()
        except RefusedCallError as error:
            raise_for_call(error)
        tables = {table.name: replace(table, creates_many=table.name in bulk) for table in found}
        self._check(tables)
        plain = {name: metadata.to_json(table) for name, table in tables.items()}
        self._memory.remember(self._name, {"at": datetime.now(UTC).isoformat(), "tables": plain})
        return tables

    def _check(self, tables: Mapping[str, Table]) -> None:
        missing = sorted(self._needed.keys() - tables.keys())
        if missing:
            message = f"the CRM has no table {', '.join(missing)}"
            raise SchemaDriftError(message)
        for name, columns in self._needed.items():
            must = set(columns) - set(self._spare.get(name, ())) if tables[name].is_there else ()
            tables[name].require(must, way_out=_WAYS_OUT.get(name, _WAY_OUT))

    async def _table(self, name: str) -> Table:
        path = f"EntityDefinitions(LogicalName={text(name)})"
        try:
            definition = await self._client.get(
                path, params={"$select": "LogicalName,EntitySetName,PrimaryIdAttribute"}
            )
        except RefusedCallError as error:
            if error.fault.status == _MISSING and name in SPARED:
                return Table.hidden(name)
            if error.fault.status == _MISSING and not error.fault.is_foreign:
                message = f"the CRM has no table {name}"
                raise SchemaDriftError(message, table=name) from error
            raise
        attributes = await self._client.rows(
            f"{path}/Attributes", params={"$select": "LogicalName,AttributeType,IsValidForUpdate"}
        )
        relationships = await self._client.rows(
            f"{path}/ManyToOneRelationships",
            params={"$select": "ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName"},
        )
        details = await self._details(path, self._kinds(name, attributes))
        table = metadata.build(definition, attributes=attributes, details=details, relationships=relationships)
        return replace(table, readable=await self._is_readable(table))

    async def _is_readable(self, table: Table) -> bool:
        """Tell whether rows may be read, where the sync can do without them; else the first reading tells."""
        if table.name not in SPARED:
            return True
        try:
            await self._client.first(table.set_name, params={"$select": table.key})
        except RefusedCallError as error:
            if error.fault.is_denied:
                return False
            raise
        return True

    def _kinds(self, name: str, attributes: list[Json]) -> set[str]:
        """Give the attribute types among the needed columns that have more to tell."""
        needed = set(self._needed[name])
        types = {str(one.get("AttributeType")) for one in attributes if one.get("LogicalName") in needed}
        return types & metadata.DETAILS.keys()

    async def _details(self, path: str, kinds: Collection[str]) -> list[Json]:
        found: list[Json] = []
        for kind in sorted(kinds):
            cast_to = f"{path}/Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
            found += await self._client.rows(cast_to, params=metadata.DETAILS[kind])
        return found

    async def _bulk(self) -> set[str]:
        """Give our tables that offer CreateMultiple; contract and practice differ by table and age, so it is asked."""
        wanted = " or ".join(f"primaryobjecttypecode eq {text(name)}" for name in self._needed)
        params = {
            "$select": "primaryobjecttypecode",
            "$filter": f"sdkmessageid/name eq 'CreateMultiple' and ({wanted})",
        }
        try:
            rows = await self._client.rows("sdkmessagefilters", params=params)
        except RefusedCallError as error:
            if error.fault.status != _MISSING:
                raise
            return set()  # a CRM that does not tell: rows go in batches
        return {str(row["primaryobjecttypecode"]) for row in rows}
