"""PUT of a definition: the whole of it is given again, and what may differ is kept as a draft until it is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.dataverse import asked, errors, metadata
from sandbox.dataverse.answers import empty

if TYPE_CHECKING:
    from sandbox.answers import Answer
    from sandbox.dataverse.address import Segment
    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Column, Table

_NAMESPACE = "Microsoft.Dynamics.CRM."


def replace_piece(org: Organisation, segments: tuple[Segment, ...], call: Call, *, table: Table | None) -> Answer:
    """Answer on the PUT of a table or of a column."""
    names = [segment.name for segment in segments if not segment.name.startswith(_NAMESPACE)]
    merge = call.headers.get("mscrm.mergelabels", "").lower() == "true"
    if table is not None and names == ["EntityDefinitions"]:
        _replace_table(org, table, call.json(), merge=merge)
    elif table is not None and names == ["EntityDefinitions", "Attributes"] and segments[1].key:
        key = segments[1].key
        name = dict(key.parts).get("LogicalName")
        columns = table.columns.values()
        found = [one for one in columns if one.name == name or metadata.metadata_id(table.name, one.name) == key.guid]
        if not found:
            raise errors.DataverseError(404, "0x80060888", f"Could not find an attribute with name {name or key.guid}.")
        _replace_column(org, table, found[0], call.json(), merge=merge)
    else:
        raise errors.no_segment(segments[-1].name)
    return empty()


def _replace_table(org: Organisation, table: Table, body: Body, *, merge: bool) -> None:
    _must_be_whole(body, metadata.entity(org, table), kind="EntityMetadata")
    tracked = table.name in org.world.settings["dataverse_tracked_tables"]
    if tracked and not body.get("ChangeTrackingEnabled"):
        raise errors.DataverseError(400, "0x80048d19", "ChangeTrackingEnabled cannot be switched off again.")
    changes: dict[str, Any] = {"tracked": bool(body.get("ChangeTrackingEnabled"))}
    for member, name in (("DisplayName", "labels"), ("DisplayCollectionName", "collection_labels")):
        before = metadata.texts_of(metadata.entity(org, table)[member])
        said = asked.labels(org, body.get(member), what=member, optional=merge)
        changes[name] = {**before, **said} if merge else said
    org.customisations.draft("table", table.name, **changes)


def _replace_column(org: Organisation, table: Table, column: Column, body: Body, *, merge: bool) -> None:
    present = metadata.attribute(table, column)
    _must_be_whole(body, present, kind="AttributeMetadata")
    if asked.kind_of(body) != present["@odata.type"].removeprefix(f"#{_NAMESPACE}"):
        raise asked.wrong("The type of an attribute cannot be changed.")
    before = metadata.texts_of(present["DisplayName"])
    said = asked.labels(org, body.get("DisplayName"), what="DisplayName", optional=merge)
    changes: dict[str, Any] = {"labels": {**before, **said} if merge else said}
    length = body.get("MaxLength", column.length)
    if length < column.length:
        raise asked.wrong("MaxLength cannot become less than it is.")
    org.customisations.draft("column", f"{table.name}.{column.name}", **changes, length=length)


def _must_be_whole(body: Body, present: Body, *, kind: str) -> None:
    """Refuse a body that is not the whole definition: what is left out would be set to its default."""
    needed = {name for name, value in present.items() if value is not None and "@" not in name}
    if missing := sorted(needed - body.keys()):
        raise asked.wrong(f"A PUT replaces the whole {kind}; this one lacks {', '.join(missing)}.")
    asked.check_members(body, present.keys(), kind=kind)
    if wrong := next(
        (name for name in ("MetadataId", "LogicalName", "SchemaName") if body[name] != present[name]), None
    ):
        raise asked.wrong(f"{wrong} cannot be changed.")
