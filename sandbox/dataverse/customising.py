"""Metadata writes by address: tables, columns, keys, relationships and global choices are made, changed and removed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.dataverse import errors, metadata, solutions
from sandbox.dataverse.answers import written
from sandbox.dataverse.choosing import make_choice
from sandbox.dataverse.making import make_column, make_key, make_table
from sandbox.dataverse.privileges import demand_customiser
from sandbox.dataverse.relating import make_relationship
from sandbox.dataverse.removing import remove
from sandbox.dataverse.replacing import replace_piece

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.answers import Answer
    from sandbox.dataverse.address import Key, Segment
    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

    Maker = Callable[[Organisation, Body], tuple[str, int, Table | None]]


def customise(org: Organisation, segments: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on a metadata write; all of it happens, or nothing."""
    demand_customiser(org, call.caller, f"prv{_ACTIONS.get(call.method, 'Write')}{_kind_of(segments)}")
    try:
        with org.store.atomic():
            answer = _METHODS.get(call.method, _not_served)(org, segments, call)
    finally:
        # What was rolled back is gone from the tables too.
        org.refresh()
    org.next_version()
    return answer


def _make(org: Organisation, segments: tuple[Segment, ...], call: Call) -> Answer:
    solution = solutions.named(org, call)
    made, kind, table = _maker(org, segments)(org, call.json())
    if solution is not None:
        solutions.hold(org, str(solution["solutionid"]), made, kind=kind, table=table)
    path = "/".join(_written(segment) for segment in segments)
    return written(call, None, address=f"{call.root}{path}({made})")


def _written(segment: Segment) -> str:
    return segment.name if segment.arguments is None else f"{segment.name}({segment.arguments})"


def _maker(org: Organisation, segments: tuple[Segment, ...]) -> Maker:
    """Give what makes a piece: it gives its metadata id, its kind of component and the table that it stands on."""
    match [segment.name for segment in segments], segments[0].key:
        case ["EntityDefinitions"], None:
            return make_table
        case ["RelationshipDefinitions"], None:
            return make_relationship
        case ["GlobalOptionSetDefinitions"], None:
            return make_choice
        case ["EntityDefinitions", "Attributes"], key if key is not None:
            return partial(make_column, table_of(org, key))
        case ["EntityDefinitions", "Keys"], key if key is not None:
            return partial(make_key, table_of(org, key))
    raise errors.no_segment(segments[-1].name)


def table_of(org: Organisation, key: Key) -> Table:
    """Give the table that a key names."""
    name = dict(key.parts).get("LogicalName")
    for table in org.catalogue.tables.values():
        if table.name == name or (key.guid and metadata.metadata_id(table.name) == key.guid):
            return table
    raise errors.DataverseError(404, "0x80060888", f"Could not find an entity with name {name or key.guid}.")


def _replace(org: Organisation, segments: tuple[Segment, ...], call: Call) -> Answer:
    return replace_piece(org, segments, call, table=_table_in(org, segments))


def _remove(org: Organisation, segments: tuple[Segment, ...], call: Call) -> Answer:
    return remove(org, segments, call, table=_table_in(org, segments))


def _table_in(org: Organisation, segments: tuple[Segment, ...]) -> Table | None:
    first = segments[0]
    return table_of(org, first.key) if first.name == "EntityDefinitions" and first.key else None


def _not_served(_org: Organisation, _segments: tuple[Segment, ...], call: Call) -> Answer:
    message = f"The HTTP method {call.method} is not supported on metadata; a definition is changed by PUT."
    raise errors.DataverseError(405, "0x8006088a", message)


def _kind_of(segments: tuple[Segment, ...]) -> str:
    """Give what a privilege calls that which stands at an address."""
    named = (segment.name for segment in reversed(segments) if segment.name in _KINDS)
    return _KINDS[next(named)]


_KINDS = {
    "EntityDefinitions": "Entity",
    "Attributes": "Attribute",
    "Keys": "EntityKey",
    "RelationshipDefinitions": "Relationship",
    "GlobalOptionSetDefinitions": "OptionSet",
}
_ACTIONS = {"POST": "Create", "PUT": "Write", "DELETE": "Delete"}
_METHODS = {"POST": _make, "PUT": _replace, "DELETE": _remove}
