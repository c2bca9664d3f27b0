"""PATCH on a key: update, create or refuse, by what exists and what the conditional headers allow."""

from dataclasses import dataclass
from typing import Any

from sandbox.dataverse import errors, write
from sandbox.dataverse.address import Key
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.projection import etag
from sandbox.dataverse.schema import Table


@dataclass(frozen=True)
class Conditions:
    """The conditional headers of a write."""

    if_match: str | None = None
    if_none_match: str | None = None


@dataclass(frozen=True)
class Written:
    """What a write left behind."""

    row: Row
    created: bool


def check_version(row: Row, conditions: Conditions) -> None:
    """Refuse where If-Match names another version."""
    if conditions.if_match not in {None, "*", etag(row)}:
        raise errors.version_mismatch()


def patch(
    org: Organisation, table: Table, key: Key, body: dict[str, Any], *, caller: Caller, conditions: Conditions
) -> Written:
    """Carry out a PATCH."""
    row = org.find(table, key)
    if row is None:
        return Written(_create(org, table, key, body, caller=caller, conditions=conditions), created=True)
    if conditions.if_none_match == "*":
        raise errors.duplicate_row()
    check_version(row, conditions)
    kept = {name: value for name, value in body.items() if name not in _key_names(key)}
    return Written(write.update(org, table, row, kept, caller=caller), created=False)


def _create(
    org: Organisation, table: Table, key: Key, body: dict[str, Any], *, caller: Caller, conditions: Conditions
) -> Row:
    """Create the row that a PATCH did not find; a key value in the body wins over the one in the address."""
    if conditions.if_match is not None:
        raise errors.no_row(table.schema, key.guid) if key.guid else errors.no_row_by_key(table.name)
    if key.guid is not None:
        return write.create(org, table, {**body, table.key: body.get(table.key, key.guid)}, caller=caller)
    return write.create(org, table, {**dict(key.parts), **body}, caller=caller)


def _key_names(key: Key) -> set[str]:
    """Give the names of an alternate key's parts, which an update leaves alone."""
    return {name for name, _ in key.parts}
