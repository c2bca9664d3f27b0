"""Columns that a new row needs: required ones that the CRM does not fill by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT
from cosell.adapters.dataverse.odata import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.client import DataverseClient, Json
    from cosell.adapters.dataverse.metadata import Table
    from cosell.mapping.shape import TableShape

_LEVELS = frozenset({"SystemRequired", "ApplicationRequired"})
"""The first is refused by the service itself, the second by forms alone."""
_BY_ITSELF = frozenset({"Boolean", "State", "Status", "Owner", "Uniqueidentifier", "EntityName", "BigInt", "Virtual"})
"""Attribute types that are never empty, or no value of a person's."""
_WRITTEN: Mapping[str, frozenset[str]] = {
    "opportunity": frozenset({"customerid", "transactioncurrencyid"}),
    "lead": frozenset({"transactioncurrencyid"}),
    CONTACT: frozenset({"parentcustomerid"}),
}
"""What is written with a new row whatever the mapping says."""
_DEFAULTS: Mapping[str, tuple[str, object]] = {"String": ("AutoNumberFormat", ""), "Picklist": ("DefaultFormValue", -1)}
"""Where a type says its default, and how it says that there is none."""


async def required_columns(client: DataverseClient, shape: TableShape, tables: Mapping[str, Table]) -> dict[str, str]:
    """Give them by dotted path with how hard they are required, for the tables in which a new deal makes rows."""
    roots = {shape.table: ""} | {one.table: f"{one.name}." for one in shape.related.values() if not one.many}
    named = {each.navigation for each in shape.related.values()}
    bound = {lookup.column for lookup in tables[shape.table].lookups if lookup.navigation in named}
    found: dict[str, str] = {}
    for name in (shape.table, ACCOUNT, CONTACT):
        if name in roots:
            levels = await _required(client, name)
            written = _WRITTEN.get(name, frozenset()) | (bound if name == shape.table else frozenset())
            found |= {f"{roots[name]}{column}": level for column, level in levels.items() if column not in written}
    return found


async def _required(client: DataverseClient, table: str) -> dict[str, str]:
    path = f"EntityDefinitions(LogicalName={text(table)})/Attributes"
    select = "LogicalName,AttributeType,RequiredLevel,IsValidForCreate,AttributeOf"
    rows = [row for row in await client.rows(path, params={"$select": select}) if _asks(row)]
    filled: set[str] = set()
    for kind in sorted({str(row["AttributeType"]) for row in rows} & _DEFAULTS.keys()):
        filled |= await _with_default(client, path, kind)
    return {str(row["LogicalName"]): _level(row) for row in rows if row["LogicalName"] not in filled}


async def _with_default(client: DataverseClient, path: str, kind: str) -> set[str]:
    member, nothing = _DEFAULTS[kind]
    cast_to = f"{path}/Microsoft.Dynamics.CRM.{kind}AttributeMetadata"
    rows = await client.rows(cast_to, params={"$select": f"LogicalName,{member}"})
    return {str(row["LogicalName"]) for row in rows if row.get(member) not in {None, nothing}}


def _asks(row: Json) -> bool:
    by_itself = row["AttributeType"] in _BY_ITSELF or row.get("AttributeOf") or row.get("IsValidForCreate") is False
    return _level(row) in _LEVELS and not by_itself


def _level(row: Json) -> str:
    return str((cast("Json | None", row.get("RequiredLevel")) or {}).get("Value"))
