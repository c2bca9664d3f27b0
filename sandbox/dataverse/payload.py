"""The JSON of a write to stored values by column: types checked, lookups bound, read-only columns left out."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.dataverse import errors
from sandbox.dataverse.address import read_path
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.schema import Column, Kind, Table
from sandbox.dataverse.values import to_stored
from sandbox.odata import Value

BIND = "@odata.bind"
ROOT = "/api/data/"


def read_payload(org: Organisation, table: Table, body: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """Give the values that a body sets, by column."""
    changes: dict[str, Any] = {}
    for name, value in body.items():
        if name.endswith(BIND):
            column, stored = _bound(org, table, name, value)
            changes[column.name] = stored
        elif "@" not in name:
            _take(table, name, value, changes)
    return {name: value for name, value in changes.items() if _writable(table, table.columns[name], creating=creating)}


def _take(table: Table, name: str, value: Value, changes: dict[str, Any]) -> None:
    """Take one plain member of the body."""
    column = table.columns.get(name)
    if name in table.navigations and value is None:
        changes[table.navigations[name][0].name] = None
    elif name in table.wire and table.wire[name].kind is Kind.LOOKUP:
        raise errors.bad_query(
            "CRM do not support direct update of Entity Reference properties, Use Navigation properties instead."
        )
    elif column is None or column.kind is Kind.LOOKUP:
        raise errors.undeclared(table.set, name, table.type)
    else:
        changes[name] = to_stored(table, column, value)


def _writable(table: Table, column: Column, *, creating: bool) -> bool:
    """Tell whether a write may set the column; Dataverse drops the others without a word."""
    if column.readonly:
        return False
    return creating or not (column.create_only or column.name == table.key)


def _bound(org: Organisation, table: Table, name: str, value: Value) -> tuple[Column, list[str] | None]:
    """Give the column of a bind and the row that it now points to."""
    navigation = name.removesuffix(BIND)
    if navigation not in table.navigations:
        raise errors.only_annotations(table.set, navigation)
    column = table.navigations[navigation][0]
    if value is None:
        return column, None
    if not isinstance(value, str):
        raise errors.wrong_type(table.set, value, "Edm.String")
    return column, resolve(org, column, navigation, value)


def resolve(org: Organisation, column: Column, navigation: str, address: str) -> list[str]:
    """Give table and primary key of the row that an address names; raises the real refusal where there is none."""
    segments = read_path(local_path(address))
    if len(segments) != 1 or segments[0].key is None:
        raise errors.bad_query(f"The URI '{address}' is not a valid resource reference.")
    target = org.table_of_set(segments[0].name)
    if not any(one.table == target.name and one.navigation == navigation for one in column.targets):
        raise errors.bad_query(f"A resource of type '{target.type}' cannot be bound to '{navigation}'.")
    key = segments[0].key
    row = org.find(target, key)
    if row is not None:
        return [target.name, row[target.key]]
    if key.guid is None:
        raise errors.no_row_by_key(target.name)
    raise errors.DataverseError(404, "0x80040217", f"{target.name} With Id = {key.guid} Does Not Exist")


def local_path(address: str) -> str:
    """Give an address without host and API root."""
    path = urlsplit(address).path if address.startswith("http") else address
    _, found, below = path.partition(ROOT)
    return below.partition("/")[2] if found else path
