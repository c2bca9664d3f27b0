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


@dataclass(frozen=True)
class Patch:
    """One PATCH: where it goes and who sends it."""

    org: Organisation
    table: Table
    key: Key
    caller: Caller

    def carry_out(self, body: dict[str, Any], conditions: Conditions) -> Written:
        """Update the row or create it, as the conditions allow."""
        row = self.org.find(self.table, self.key)
        if row is None:
            return Written(self._create(body, conditions), created=True)
        if conditions.if_none_match == "*":
            raise errors.duplicate_row()
        check_version(row, conditions)
        kept = {name: value for name, value in body.items() if name not in _key_names(self.key)}
        return Written(write.update(self.org, self.table, row, kept, caller=self.caller), created=False)

    def _create(self, body: dict[str, Any], conditions: Conditions) -> Row:
        """Create the row that was not found; a key value in the body wins over the one in the address."""
        guid, table = self.key.guid, self.table
        if conditions.if_match is not None:
            raise errors.no_row(table.schema, guid) if guid else errors.no_row_by_key(table.name)
        given = {table.key: guid} if guid else dict(self.key.parts)
        return write.create(self.org, table, given | body, caller=self.caller)


def _key_names(key: Key) -> set[str]:
    """Give the names of an alternate key's parts, which an update leaves alone."""
    return {name for name, _ in key.parts}
