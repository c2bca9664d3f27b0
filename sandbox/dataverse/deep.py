"""Deep insert: a new row's body may hold the rows that it relates to, created along with it."""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import errors, write
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.payload import BIND
from sandbox.dataverse.schema import Relationship, Table
from sandbox.odata import Value


def create(org: Organisation, table: Table, body: Mapping[str, Any], *, caller: Caller) -> Row:
    """Create the rows that a body's lookups hold, then the row itself, then those of its collections; give the row."""
    collections = org.catalogue.collections[table.name]
    plain: dict[str, Any] = {}
    for name, value in body.items():
        if name in table.navigations and isinstance(value, dict):
            plain[f"{name}{BIND}"] = _related(org, table, name, value, caller)
        elif name not in collections:
            plain[name] = value
    row = write.create(org, table, plain, caller=caller)
    for name in body.keys() & collections.keys():
        _children(org, collections[name], body[name], parent=f"/{table.set}({row[table.key]})", caller=caller)
    return row


def _related(org: Organisation, table: Table, navigation: str, body: Mapping[str, Any], caller: Caller) -> str:
    """Create the row that a lookup shall point to and give its address."""
    column, _ = table.navigations[navigation]
    other = org.table(next(target.table for target in column.targets if target.navigation == navigation))
    return f"/{other.set}({create(org, other, body, caller=caller)[other.key]})"


def _children(org: Organisation, relationship: Relationship, bodies: Value, *, parent: str, caller: Caller) -> None:
    """Create the rows of a collection, bound to their parent."""
    child = org.table(relationship.table)
    if not isinstance(bodies, list):
        raise errors.bad_payload(child.set, f"A list was expected for '{relationship.collection}'.")
    for body in bodies:
        create(org, child, {**body, f"{relationship.navigation}{BIND}": parent}, caller=caller)
