"""DELETE of what somebody added; what others stand on stays, and so does what is Microsoft's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.dataverse import errors, forms, metadata, solutions
from sandbox.dataverse.answers import empty
from sandbox.dataverse.bulk import CREATE, UPDATE
from sandbox.dataverse.dependants import is_shown, keys_on
from sandbox.dataverse.install import forbid_bulk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.answers import Answer
    from sandbox.dataverse.address import Key, Segment
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

Piece = tuple[str, str]
"""Kind and name."""


def remove(org: Organisation, segments: tuple[Segment, ...], _call: Call, *, table: Table | None) -> Answer:
    """Remove a piece, with the values that rows hold in it."""
    key = segments[-1].key
    if key is None:
        raise errors.no_segment(segments[-1].name)
    found = [piece for piece in _pieces(org, segments[-1].name, table) if _is_meant(key, piece)]
    if not found:
        raise errors.DataverseError(404, "0x80060888", f"Could not find metadata with name {key.text}.")
    kind, name, part = found[0]
    if not _is_custom(org, kind, name):
        raise errors.DataverseError(400, "0x8004f01f", "A system component cannot be deleted.")
    _check_free(org, kind, name)
    if kind == "column":
        where, _, column = name.partition(".")
        take_column(org, org.table(where), column)
        return empty()
    if kind == "table":
        _empty_table(org, name)
    if kind == "key":
        org.customisations.take(kind, name)
    else:
        org.customisations.remove(kind, name)
    solutions.forget(org, part)
    return empty()


def take_column(org: Organisation, table: Table, name: str) -> None:
    """Take a column away, with the values that rows hold in it, its twin in the base currency and its relationships."""
    column = table.columns[name]
    names = [one for one in (name, f"{name}_base") if one in table.columns]
    rows = org.rows(table)
    for key, row in [(row[table.key], row) for row in rows.values() if any(one in row for one in names)]:
        rows.put(key, {one: value for one, value in row.items() if one not in names})
    for one in names:
        org.customisations.take("column", f"{table.name}.{one}")
        solutions.forget(org, metadata.metadata_id(table.name, one))
    for target in column.targets:
        solutions.forget(org, metadata.metadata_id(table.name, name, target.table))
    org.refresh()


def _is_custom(org: Organisation, kind: str, name: str) -> bool:
    """Tell whether somebody added a piece: a column or a key may have been added by hand before the world began."""
    where, _, part = name.partition(".")
    if kind == "column":
        return org.table(where).columns[part].custom
    return part.lower().startswith("cosell_") or org.customisations.get(kind, name) is not None


def _is_meant(key: Key, piece: tuple[str, str, str]) -> bool:
    named = {str(value).lower() for _, value in key.parts}
    return piece[2] == key.guid or piece[1].rpartition(".")[2].lower() in named


def _pieces(org: Organisation, where: str, table: Table | None) -> Iterator[tuple[str, str, str]]:
    """Give kind, name and metadata id of what stands at an address."""
    if where == "RelationshipDefinitions":
        for one in metadata.relationships(org):
            yield "column", f"{one['ReferencingEntity']}.{one['ReferencingAttribute']}", one["MetadataId"]
        yield from (("many", one["SchemaName"].lower(), one["MetadataId"]) for one in metadata.many_to_many(org))
    elif where == "GlobalOptionSetDefinitions":
        for piece in org.customisations.of_kind("choice"):
            yield "choice", piece["name"], metadata.metadata_id("choice", piece["name"])
    elif table is not None and where == "EntityDefinitions":
        yield "table", table.name, metadata.metadata_id(table.name)
    elif table is not None and where == "Attributes":
        for name in table.columns:
            yield "column", f"{table.name}.{name}", metadata.metadata_id(table.name, name)
    elif table is not None and where == "Keys":
        for name in table.keys:
            yield "key", f"{table.name}.{name}", metadata.metadata_id(table.name, "key", name)


def _check_free(org: Organisation, kind: str, name: str) -> None:
    """Refuse to remove what something else needs."""
    table, _, column = name.partition(".")
    in_key = kind == "column" and bool(keys_on(org.table(table), column))
    on_form = kind == "column" and is_shown(org, org.table(table), column)
    shown = kind == "choice" and any(
        one.choice == name for other in org.catalogue.tables.values() for one in other.columns.values()
    )
    pointed = kind == "table" and any(
        one["ReferencedEntity"] == name != one["ReferencingEntity"] for one in metadata.relationships(org)
    )
    primary = kind == "column" and org.table(table).label_column == column
    if in_key or on_form or shown or pointed or primary:
        message = f"The {kind} {name} component cannot be deleted because it is referenced by other components."
        raise errors.DataverseError(400, "0x8004f01f", message)


def _empty_table(org: Organisation, name: str) -> None:
    rows = org.rows(org.table(name))
    for key in list(rows.keys()):
        rows.delete(key)
    for message in (CREATE, UPDATE):
        forbid_bulk(org, name, message)
    for kept, key in ((forms.FORM, "objecttypecode"), (forms.VIEW, "returnedtypecode")):
        of_table = org.rows(org.table(kept))
        for row_id in [one for one in of_table.keys() if (of_table.get(one) or {}).get(key) == name]:  # noqa: SIM118
            of_table.delete(row_id)
    for kind in ("column", "key"):
        for piece in list(org.customisations.of_kind(kind)):
            if piece["name"].partition(".")[0] == name:
                org.customisations.remove(kind, piece["name"])
