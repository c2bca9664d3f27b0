"""New tables, columns and alternate keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import asked, errors, forms, metadata, solutions
from sandbox.dataverse.bulk import CREATE, UPDATE
from sandbox.dataverse.install import allow_bulk
from sandbox.dataverse.organisation import PENDING
from sandbox.dataverse.schema import Kind
from sandbox.dataverse.typed import column_values

if TYPE_CHECKING:
    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

_TABLE = frozenset({
    "SchemaName", "LogicalName", "DisplayName", "DisplayCollectionName", "Description", "OwnershipType",
    "HasActivities", "HasNotes", "IsActivity", "ChangeTrackingEnabled", "PrimaryNameAttribute", "Attributes",
})  # fmt: skip
_KEY = frozenset({"SchemaName", "LogicalName", "DisplayName", "KeyAttributes"})
_IN_KEYS = {Kind.TEXT, Kind.INT, Kind.DECIMAL, Kind.TIME, Kind.DATE, Kind.LOOKUP, Kind.CHOICE}
_MOST_KEYS, _MOST_COLUMNS, _MOST_BYTES = 10, 16, 900


def make_table(org: Organisation, body: Body) -> tuple[str, int, Table | None]:
    """Make a table with its primary column, and further columns where CreateEntities gives them."""
    asked.check_members(body, _TABLE, kind=asked.kind_of(body, default="EntityMetadata"))
    schema = asked.schema_name(org, body, kind="Entity")
    name = schema.lower()
    if name in org.catalogue.tables:
        raise errors.DataverseError(400, "0x8004700b", f"An entity with the specified name {schema} already exists.")
    if body.get("OwnershipType") not in {"UserOwned", "OrganizationOwned"}:
        raise asked.wrong("OwnershipType must be UserOwned or OrganizationOwned.")
    texts = asked.labels(org, body.get("DisplayName"), what="DisplayName")
    many = asked.labels(org, body.get("DisplayCollectionName"), what="DisplayCollectionName")
    primary, others = _primary(body)
    values: dict[str, Any] = {
        "set": _plural(name),
        "schema": schema,
        "display": asked.base_text(org, texts),
        "primary": str(primary.get("SchemaName")).lower(),
        "owned": body["OwnershipType"] == "UserOwned",
        "number": sum(1 for _ in org.customisations.of_kind("table")),
        "labels": texts,
        "collection_labels": many,
    }
    org.customisations.make("table", name, **values)
    org.refresh()
    for one in (primary, *others):
        add_column(org, org.table(name), one)
    for message in (CREATE, UPDATE):
        allow_bulk(org, name, message)
    forms.furnish(org, org.table(name))
    if body.get("ChangeTrackingEnabled"):
        track(org, name)
    return metadata.metadata_id(name), solutions.TABLE, None


def _primary(body: Body) -> tuple[Body, list[Body]]:
    columns = body.get("Attributes") or []
    primary = [one for one in columns if one.get("IsPrimaryName")]
    if len(primary) != 1 or asked.kind_of(primary[0]) != "StringAttributeMetadata":
        raise asked.wrong("A table needs exactly one String attribute with IsPrimaryName in its Attributes.")
    others = [one for one in columns if one is not primary[0]]
    if others and not str(body.get("@odata.type")).endswith("ComplexEntityMetadata"):
        raise asked.wrong("Only the primary name attribute can be created with the table.")
    return primary[0], others


def _plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def track(org: Organisation, table: str) -> None:
    """Switch on change tracking."""
    tracked = org.world.settings["dataverse_tracked_tables"]
    org.world.settings["dataverse_tracked_tables"] = sorted({*tracked, table})


def make_column(table: Table, org: Organisation, body: Body) -> tuple[str, int, Table | None]:
    """Make a column."""
    if body.get("IsPrimaryName"):
        raise asked.wrong("IsPrimaryName can only be set when the table is created.")
    return add_column(org, table, body), solutions.COLUMN, table


def add_column(org: Organisation, table: Table, body: Body) -> str:
    """Make a column and give its metadata id."""
    values = column_values(org, body)
    name = str(values["schema"]).lower()
    keep_column(org, table, name, values)
    return metadata.metadata_id(table.name, name)


def keep_column(org: Organisation, table: Table, name: str, values: dict[str, Any]) -> None:
    """Keep a new column; raises where the table has one of this name."""
    kept = org.customisations.get("column", f"{table.name}.{name}")
    if name in table.columns or kept is not None:
        raise errors.DataverseError(400, "0x80047013", f"An attribute with the specified name {name} already exists")
    org.customisations.make("column", f"{table.name}.{name}", **values)
    org.refresh()


def make_key(table: Table, org: Organisation, body: Body) -> tuple[str, int, Table | None]:
    """Make an alternate key; its index is built in the background."""
    asked.check_members(body, _KEY, kind="EntityKeyMetadata")
    schema = asked.schema_name(org, body, kind="EntityKey")
    columns = body.get("KeyAttributes")
    if not isinstance(columns, list) or not 1 <= len(columns) <= _MOST_COLUMNS:
        raise asked.wrong("KeyAttributes must name 1 to 16 columns.")
    _check_key(table, schema, columns)
    begun = org.now().isoformat()
    org.customisations.make("key", f"{table.name}.{schema}", columns=columns, status=PENDING, begun=begun)
    return metadata.metadata_id(table.name, "key", schema), solutions.KEY, table


def _check_key(table: Table, schema: str, columns: list[str]) -> None:
    if schema.lower() in {name.lower() for name in table.keys} or len(table.keys) >= _MOST_KEYS:
        message = f"An entity key with the name {schema} already exists on entity {table.name}."
        raise errors.DataverseError(400, "0x80060893", message)
    if set(columns) in map(set, table.keys.values()):
        raise errors.DataverseError(
            400, "0x80060894", "An entity key with the selected attributes already exists on entity."
        )
    parts = [table.columns.get(name) for name in columns]
    if wrong := [name for name, part in zip(columns, parts, strict=True) if part is None or part.kind not in _IN_KEYS]:
        message = f"Invalid EntityKey Operation performed : the attribute {wrong[0]} cannot be part of a key"
        raise errors.DataverseError(400, "0x8006088f", message)
    if sum(2 * part.length for part in parts if part) > _MOST_BYTES:
        message = f"Index size exceeded the size limit of {_MOST_BYTES} bytes. The key is too large."
        raise errors.DataverseError(400, "0x80060895", message)
