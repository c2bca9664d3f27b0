"""Lookups that are only ever found, never created: currency, owner, entries of the solution catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from cosell.adapters.dataverse.children import ROLE
from cosell.adapters.dataverse.keys import is_id
from cosell.adapters.dataverse.layout import CURRENCY, USER
from cosell.adapters.dataverse.odata import any_of, both, text
from cosell.adapters.dataverse.together import together
from cosell.core.errors import ConfigurationError
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.settings import Settings
    from cosell.mapping.shape import Link


class Lookups:
    """Finds and remembers for one task; ask `prepare` before the rest."""

    def __init__(self, client: DataverseClient, *, tables: Mapping[str, Table], settings: Settings) -> None:
        self._client, self._tables, self._settings = client, tables, settings
        self._currencies: dict[str, str] | None = None
        self._users: dict[str, str | None] = {}
        self._entries: dict[str, Json | None] = {}
        self._roles: list[Json] | None = None
        self._lock = anyio.Lock()

    async def prepare(
        self, *, addresses: Collection[str] = (), solutions: Collection[str] = (), roles: bool = False
    ) -> None:
        """Read what these need and is not known yet."""
        async with self._lock:
            if self._currencies is None and CURRENCY in self._tables:
                self._currencies = await self._read_currencies()
            if USER in self._tables:
                default = self._settings.default_owner
                by_address = [default] if default and not is_id(default) else []
                await self._read_users(_unknown([*addresses, *by_address], self._users))
            if roles and self._roles is None:
                self._roles = await self._read_roles()
            if self._settings.catalogue and self._settings.catalogue.table in self._tables:
                await self._read_entries(_unknown(solutions, self._entries))

    def currency(self, code: str) -> str | Rejected:
        """Give the currency's key."""
        key = (self._currencies or {}).get(code.upper())
        sentence = (
            f"The CRM has no currency {code}: an administrator must add it there before this deal can be written."
        )
        return key or Rejected("currency_unknown", sentence)

    def owner(self, addresses: Iterable[str]) -> str | None:
        """Give the user of the first address that the CRM knows, else the default owner, else nobody."""
        found = (self._users.get(address.casefold()) for address in addresses)
        default = self._settings.default_owner
        return next(filter(None, found), None) or (self._default(default) if default else None)

    def user(self, address: str) -> str | None:
        """Give the enabled user of an e-mail address."""
        return self._users.get(address.casefold())

    def role(self, link: Link) -> str | None:
        """Give the role of new connections: that of the mapping's name, else the first of its category."""
        fitting = [role for role in self._roles or () if role["category"] == link.category]
        fitting.sort(key=lambda role: (role["name"] != link.role, str(role["name"])))
        return str(fitting[0]["connectionroleid"]).lower() if fitting else None

    def entry(self, solution: str) -> Json | None:
        """Give the catalogue's entry for a solution id."""
        return self._entries.get(solution.casefold())

    def _default(self, default: str) -> str:
        key = default.lower() if is_id(default) else self._users.get(default.casefold())
        if key is None:
            message = "the default owner is not an enabled user of the CRM; correct the setting"
            raise ConfigurationError(message)
        return key

    async def _read_currencies(self) -> dict[str, str]:
        rows = await self._client.rows(
            self._tables[CURRENCY].set_name, params={"$select": "transactioncurrencyid,isocurrencycode"}
        )
        return {str(row["isocurrencycode"]).upper(): str(row["transactioncurrencyid"]).lower() for row in rows}

    async def _read_roles(self) -> list[Json]:
        params = {"$select": "connectionroleid,name,category", "$filter": "statecode eq 0"}
        return await self._client.rows(self._tables[ROLE].set_name, params=params)

    async def _read_users(self, addresses: Collection[str]) -> None:
        rows = await self._listed(
            self._tables[USER].set_name,
            "systemuserid,internalemailaddress",
            column="internalemailaddress",
            values=addresses,
            also="isdisabled eq false",
        )
        found = {str(row["internalemailaddress"]).casefold(): str(row["systemuserid"]).lower() for row in rows}
        self._users |= {address: found.get(address) for address in addresses}

    async def _read_entries(self, solutions: Collection[str]) -> None:
        catalogue = self._settings.catalogue
        if catalogue is None:
            return
        table = self._tables[catalogue.table]
        select = f"{table.key},{catalogue.id_column},{catalogue.name_column}"
        rows = await self._listed(table.set_name, select, column=catalogue.id_column, values=solutions)
        found = {str(row[catalogue.id_column]).casefold(): row for row in rows}
        self._entries |= {solution: found.get(solution) for solution in solutions}

    async def _listed(
        self, set_name: str, select: str, *, column: str, values: Collection[str], also: str | None = None
    ) -> list[Json]:
        async def piece(condition: str) -> list[Json]:
            params = {"$select": select, "$filter": both(condition, also)}
            return await self._client.rows(set_name, params=params)

        parts = await together(any_of(column, [text(value) for value in values]), piece)
        return [row for part in parts for row in part]


def _unknown(names: Iterable[str], known: Mapping[str, object]) -> list[str]:
    return sorted({name.casefold() for name in names if name} - known.keys())
