"""What the doctor asks the CRM that the sync never does: our user, its rights, bulk messages, currencies, flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.errors import RefusedCallError, raise_for_call
from cosell.adapters.dataverse.odata import text
from cosell.adapters.dataverse.together import together
from cosell.core.checkup.crm import Rights, User

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json

_MISSING = 404
_FLOWS_ON = "category eq 5 and statecode eq 1"
"""Cloud flows that belong to a solution stand in the table of processes; others the CRM does not know."""
_MANY = ("CreateMultiple", "UpdateMultiple")


class Survey:
    """Asks one organisation; where our role may not read something, None is given."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client

    async def user(self) -> User:
        """Give our application user; raises AccessDeniedError where there is none."""
        try:
            me = await self._client.who_am_i()
        except RefusedCallError as error:
            raise_for_call(error)
        rows = await self._rows("systemusers", select="isdisabled,applicationid", where=f"systemuserid eq {me}")
        if not rows:
            return User(id=me)
        application = rows[0].get("applicationid")
        return User(
            id=me, enabled=rows[0].get("isdisabled") is not True, client_id=str(application) if application else None
        )

    async def rights(self, user: User, tables: Collection[str]) -> Rights | None:
        """Give what our role gives, and what the privileges of these tables are called."""
        path = f"systemusers({user.id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
        try:
            told = cast("list[Json]", (await self._client.get(path))["RolePrivileges"])
            names = await together(sorted(tables), self._privileges)
        except RefusedCallError as error:
            if error.fault.is_denied or error.fault.status == _MISSING:
                return None
            raise_for_call(error)
        held = {str(one.get("PrivilegeName")).lower(): str(one.get("Depth")) for one in told}
        return Rights(held=held, names=dict(zip(sorted(tables), names, strict=True)))

    async def currencies(self) -> list[str] | None:
        """Give the ISO codes of the currencies that are active."""
        rows = await self._rows("transactioncurrencies", select="isocurrencycode", where="statecode eq 0")
        return None if rows is None else [str(row["isocurrencycode"]) for row in rows if row.get("isocurrencycode")]

    async def bulk(self, tables: Collection[str]) -> set[str] | None:
        """Give those of the tables that take both bulk messages."""
        offered = [await self._offering(message, tables) for message in _MANY]
        known = [one for one in offered if one is not None]
        return set.intersection(*known) if len(known) == len(_MANY) else None

    async def flows(self) -> list[str] | None:
        """Give the names of the cloud flows that are switched on."""
        rows = await self._rows("workflows", select="name", where=_FLOWS_ON)
        return None if rows is None else [str(row.get("name") or "") for row in rows]

    async def _offering(self, message: str, tables: Collection[str]) -> set[str] | None:
        wanted = " or ".join(f"primaryobjecttypecode eq {text(name)}" for name in sorted(tables))
        condition = f"sdkmessageid/name eq {text(message)} and ({wanted})"
        rows = await self._rows("sdkmessagefilters", select="primaryobjecttypecode", where=condition)
        return None if rows is None else {str(row["primaryobjecttypecode"]) for row in rows}

    async def _privileges(self, table: str) -> Mapping[str, str]:
        """Give what a table's privileges are called, by what they allow; nothing where there is no such table."""
        path = f"EntityDefinitions(LogicalName={text(table)})"
        try:
            told = await self._client.get(path, params={"$select": "LogicalName,Privileges"})
        except RefusedCallError as error:
            if error.fault.status == _MISSING:
                return {}
            raise
        return {str(one["PrivilegeType"]): str(one["Name"]) for one in cast("list[Json]", told.get("Privileges") or [])}

    async def _rows(self, path: str, *, select: str, where: str) -> list[Json] | None:
        try:
            return await self._client.rows(path, params={"$select": select, "$filter": where})
        except RefusedCallError as error:
            if error.fault.is_denied or error.fault.status == _MISSING:
                return None
            raise_for_call(error)
