"""New relationships: one to many with its lookup column, and many to many (described, but no rows are tied by it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.dataverse import asked, errors, metadata, solutions
from sandbox.dataverse.making import keep_column
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

_COMMON = frozenset({"SchemaName", "IsValidForAdvancedFind"})
_ONE = _COMMON | {
    "ReferencedEntity", "ReferencedAttribute", "ReferencingEntity", "CascadeConfiguration", "Lookup",
    "AssociatedMenuConfiguration", "ReferencedEntityNavigationPropertyName", "ReferencingEntityNavigationPropertyName",
}  # fmt: skip
_MANY = _COMMON | {
    "Entity1LogicalName", "Entity2LogicalName", "IntersectEntityName", "Entity1NavigationPropertyName",
    "Entity2NavigationPropertyName", "Entity1AssociatedMenuConfiguration", "Entity2AssociatedMenuConfiguration",
}  # fmt: skip
_LOOKUP = frozenset({"SchemaName", "LogicalName", "DisplayName", "Description", "RequiredLevel", "AttributeType",
                     "AttributeTypeName", "Targets"})  # fmt: skip
_WAYS = {"NoCascade", "Cascade", "Active", "UserOwned", "RemoveLink", "Restrict"}


def make_relationship(org: Organisation, body: Body) -> tuple[str, int, Table | None]:
    """Make a relationship by its type."""
    kind = asked.kind_of(body)
    schema = asked.schema_name(org, body, kind="Relationship")
    taken = [*metadata.relationships(org), *metadata.many_to_many(org)]
    if any(one["SchemaName"].lower() == schema.lower() for one in taken):
        message = f"A relationship with the specified name {schema} already exists. Please specify a unique name."
        raise errors.DataverseError(400, "0x8004432b", message)
    if kind == "OneToManyRelationshipMetadata":
        return _one_to_many(org, body, schema)
    if kind == "ManyToManyRelationshipMetadata":
        return _many_to_many(org, body, schema)
    raise asked.wrong(f"A relationship of type {kind} cannot be created.")


def _one_to_many(org: Organisation, body: Body, schema: str) -> tuple[str, int, Table | None]:
    asked.check_members(body, _ONE, kind="OneToManyRelationshipMetadata")
    target, table = org.table(str(body.get("ReferencedEntity"))), org.table(str(body.get("ReferencingEntity")))
    if body.get("ReferencedAttribute", target.key) != target.key:
        raise asked.wrong(f"ReferencedAttribute must be the primary key {target.key}.")
    cascade = body.get("CascadeConfiguration") or {}
    if strange := next((way for way in cascade.values() if way not in _WAYS), None):
        raise asked.wrong(f"The value '{strange}' is not a CascadeType.")
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict) or asked.kind_of(lookup) != "LookupAttributeMetadata":
        raise asked.wrong("A one-to-many relationship needs its Lookup, a LookupAttributeMetadata.")
    asked.check_members(lookup, _LOOKUP, kind="LookupAttributeMetadata")
    column = asked.schema_name(org, lookup, kind="Attribute")
    ends = {
        "table": target.name,
        "navigation": column,
        "collection": schema,
        "cascade": cascade.get("Delete") == "Cascade",
    }
    values = {
        "kind": str(Kind.LOOKUP),
        "schema": column,
        "labels": asked.labels(org, lookup.get("DisplayName"), what="DisplayName"),
        "targets": [ends],
    }
    keep_column(org, table, column.lower(), values)
    return metadata.metadata_id(table.name, column.lower(), target.name), solutions.RELATIONSHIP, table


def _many_to_many(org: Organisation, body: Body, schema: str) -> tuple[str, int, Table | None]:
    asked.check_members(body, _MANY, kind="ManyToManyRelationshipMetadata")
    first, second = (org.table(str(body.get(f"Entity{number}LogicalName"))).name for number in (1, 2))
    intersect = str(body.get("IntersectEntityName") or schema).lower()
    if intersect in org.catalogue.tables:
        raise errors.DataverseError(400, "0x8004700b", f"An entity with the specified name {intersect} already exists.")
    values = {"schema": schema, "first": first, "second": second, "intersect": intersect}
    org.customisations.make("many", schema.lower(), **values)
    return metadata.metadata_id("many", schema.lower()), solutions.RELATIONSHIP, None
