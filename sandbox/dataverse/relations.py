"""Relations of a row by address: followed, listed, set and taken away (`$ref`)."""

from sandbox.answers import Answer
from sandbox.dataverse import errors, write
from sandbox.dataverse.address import Segment, read_path
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.call import Call
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.payload import BIND, local_path
from sandbox.dataverse.reading import Listing, read_one
from sandbox.dataverse.schema import Relationship, Table
from sandbox.dataverse.shape import followed, pointing

_REF = "$ref"


def related(org: Organisation, table: Table, row: Row, rest: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on a navigation property of a row."""
    name, is_reference = rest[0].name, len(rest) > 1 and rest[1].name == _REF
    if name in table.navigations:
        return _reference(org, table, row, name, call) if is_reference else _follow(org, table, row, name, call)
    relationship = org.catalogue.collections[table.name].get(name)
    if relationship is None:
        raise errors.no_segment(name)
    if is_reference:
        return _member(org, relationship, f"{table.set}({row[table.key]})", rest[0], call)
    child = org.table(relationship.table)
    return ok(call, Listing(org, child, call, among=pointing(org, relationship, row[table.key])).answer())


def _follow(org: Organisation, table: Table, row: Row, name: str, call: Call) -> Answer:
    """Read the row that a lookup points to."""
    column, _ = table.navigations[name]
    targets = tuple(target for target in column.targets if target.navigation == name)
    found = followed(org, row, column.name, targets)
    return empty() if found is None else ok(call, read_one(org, found[0], found[1], call))


def _reference(org: Organisation, table: Table, row: Row, name: str, call: Call) -> Answer:
    """Set or clear a lookup."""
    value = None if call.method == "DELETE" else call.json().get("@odata.id")
    with org.store.atomic():
        write.update(org, table, row, {f"{name}{BIND}": value}, caller=call.caller)
    call.tally.written += 1
    return empty()


def _member(org: Organisation, relationship: Relationship, parent: str, segment: Segment, call: Call) -> Answer:
    """Add a row to a collection or take it out, which is its lookup's change."""
    if call.method == "DELETE":
        child_key, value = segment.key, None
    else:
        child_key, value = read_path(local_path(str(call.json().get("@odata.id"))))[-1].key, parent
    child = org.table(relationship.table)
    found = org.find(child, child_key) if child_key else None
    if found is None:
        raise errors.no_row_by_key(child.name)
    with org.store.atomic():
        write.update(org, child, found, {f"{relationship.navigation}{BIND}": value}, caller=call.caller)
    call.tally.written += 1
    return empty()
