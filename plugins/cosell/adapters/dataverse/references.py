"""Lookups that the mapping's defaults name by a value: `{table, match, value}` becomes the row that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.odata import text
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table


class References:
    """Finds each named row once per task."""

    def __init__(self, client: DataverseClient, main: Table) -> None:
        self._client, self._main = client, main
        self._found: dict[tuple[str, str, str], str] = {}

    async def bound(self, columns: Mapping[str, object]) -> Json:
        """Give the columns with every named lookup bound."""
        result: Json = {}
        for column, value in columns.items():
            if isinstance(value, dict):
                navigation, address = await self._bind(column, value)
                result[f"{navigation}@odata.bind"] = address
            else:
                result[column] = value
        return result

    async def _bind(self, column: str, named: Mapping[str, object]) -> tuple[str, str]:
        table, match, value = (str(named[part]) for part in ("table", "match", "value"))
        navigation = self._main.to(table, column=column).navigation
        wanted = (table, match, value)
        if wanted not in self._found:
            self._found[wanted] = await self._find(table, match, value=value)
        return navigation, self._found[wanted]

    async def _find(self, table: str, match: str, *, value: str) -> str:
        """Give the address of the one row; raises ConfigurationError where it is none or several."""
        definition = await self._client.get(
            f"EntityDefinitions(LogicalName={text(table)})", params={"$select": "EntitySetName,PrimaryIdAttribute"}
        )
        set_name, key = str(definition["EntitySetName"]), str(definition["PrimaryIdAttribute"])
        params = {"$select": key, "$filter": f"{match} eq {text(value)}"}
        rows = await self._client.rows(set_name, params=params)
        if len(rows) != 1:
            message = f"the mapping's default names the {table} whose {match} is {value!r}; the CRM has {len(rows)}"
            raise ConfigurationError(message)
        return f"/{set_name}({rows[0][key]})"
