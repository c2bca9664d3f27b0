"""Lookups told by a value: `{table, match, value}` becomes the row that holds it, found in a few requests."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import anyio

from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.adapters.dataverse.odata import any_of, text
from cosell.adapters.dataverse.together import together
from cosell.core.errors import ConfigurationError, SchemaDriftError
from cosell.mapping.shape import FIELD, is_named
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table

_MISSING = 404
_Wanted = tuple[str, str]
"""Table and the column that tells its rows."""


class References:
    """Finds each named row once per task; ask `prepare` before the rest."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client
        self._sets: dict[str, tuple[str, str]] = {}
        self._found: dict[_Wanted, dict[str, list[str]]] = defaultdict(dict)
        self._lock = anyio.Lock()

    async def prepare(self, bodies: Iterable[Mapping[str, object]]) -> None:
        """Look up every row that these columns name and that is not known yet."""
        wanted: dict[_Wanted, dict[str, object]] = defaultdict(dict)
        for value in (each for columns in bodies for each in columns.values()):
            if is_named(value) and value["value"] is not None:
                wanted[str(value["table"]), str(value["match"])][_said(value["value"])] = value["value"]
        async with self._lock:
            for key, values in wanted.items():
                new = {said: value for said, value in values.items() if said not in self._found[key]}
                if new:
                    await self._look_up(key, new)

    def bound(self, columns: Mapping[str, object], *, table: Table) -> Json | Rejected:
        """Give the columns of a table's row with every named lookup bound, or why that cannot be.

        Raises ConfigurationError where a default of the mapping names no row: then no record can be written.
        """
        result: Json = {}
        for column, value in columns.items():
            if not is_named(value):
                result[column] = value
                continue
            navigation = table.to(str(value["table"]), column=column).navigation
            address = None if value["value"] is None else self._address(value)
            if isinstance(address, Rejected):
                return address
            result[f"{navigation}@odata.bind"] = address
        return result

    def _address(self, named: Mapping[str, object]) -> str | Rejected:
        table, match, value = str(named["table"]), str(named["match"]), named["value"]
        found = self._found[table, match].get(_said(value), [])
        if len(found) == 1:
            return found[0]
        if FIELD not in named:
            message = (
                f"the mapping's default names the {table} whose {match} is {value!r}; the CRM has {len(found)}: "
                "correct the value under defaults, or let an administrator see to it that there is one"
            )
            raise ConfigurationError(message)
        sentence = (
            f"The CRM has {len(found) or 'no'} {table} whose {match} is {value!r}: an administrator must see to it "
            f"that there is one, or the mapping must say {named[FIELD]} in another way."
        )
        return Rejected("lookup_unknown", sentence)

    async def _look_up(self, key: _Wanted, values: Mapping[str, object]) -> None:
        table, match = key
        set_name, primary = await self._set_of(table)
        literals = [str(value) if isinstance(value, int) else text(str(value)) for value in values.values()]

        async def piece(condition: str) -> list[Json]:
            params = {"$select": ",".join(dict.fromkeys([primary, match])), "$filter": condition}
            return await self._client.rows(set_name, params=params)

        found: dict[str, list[str]] = {said: [] for said in values}
        for row in [row for part in await together(any_of(match, literals), piece) for row in part]:
            found.setdefault(_said(row[match]), []).append(f"/{set_name}({row[primary]})")
        self._found[key] |= found

    async def _set_of(self, table: str) -> tuple[str, str]:
        if table not in self._sets:
            params = {"$select": "EntitySetName,PrimaryIdAttribute"}
            try:
                told = await self._client.get(f"EntityDefinitions(LogicalName={text(table)})", params=params)
            except RefusedCallError as error:
                if error.fault.status != _MISSING:
                    raise
                message = f"the CRM has no table {table}, which the mapping names; see airflow cosell mapping check"
                raise SchemaDriftError(message, table=table) from error
            self._sets[table] = str(told["EntitySetName"]), str(told["PrimaryIdAttribute"])
        return self._sets[table]


def _said(value: object) -> str:
    """Give a value as the CRM compares it: without regard to case."""
    return str(value).casefold()
