"""One environment: its tables' rows in the store, found by key or index, its version counter and its people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.address import Key
from sandbox.dataverse.customisations import Customisations
from sandbox.dataverse.schema import Catalogue, Column, Kind, Table
from sandbox.dataverse.shorthand import catalogue
from sandbox.odata import index_text
from sandbox.store import Store
from sandbox.store import Table as Rows
from sandbox.world import World

PREFIX = "dataverse."
ORGANISATION_ID = "5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c01"
BUSINESS_UNIT_ID = "5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c02"
SYSTEM_USER_ID = "5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c03"

Row = dict[str, Any]


@dataclass(frozen=True)
class Caller:
    """Who acts: a row of systemuser, and whether through the API or as a person in the CRM's own screens."""

    user_id: str
    person: bool = False


class Organisation:
    """The environment behind one world."""

    def __init__(self, world: World) -> None:
        """Open the environment of a world; rows that are there stay."""
        self.world = world
        self.customisations = Customisations(world.store)
        self._rows: dict[str, Rows] = {}
        self.refresh()
        versions = (row.get("versionnumber", 0) for rows in self._rows.values() for row in rows.values())
        self._version = max(versions, default=1_000_000)
        self.generation = 0

    def refresh(self) -> None:
        """Work out anew which tables there are."""
        base = catalogue(customised=self.world.settings["dataverse_customised"])
        self.catalogue: Catalogue = self.customisations.over(base)
        self._rows |= {name: self.store.table(PREFIX + name) for name in self.catalogue.tables}

    @property
    def store(self) -> Store:
        """Give the store, for groups that happen whole or not at all."""
        return self.world.store

    def table(self, name: str) -> Table:
        """Give a table by its logical name."""
        if name not in self.catalogue.tables:
            raise errors.DataverseError(404, "0x80060888", f"Could not find an entity with name {name}.")
        return self.catalogue.tables[name]

    def table_of_set(self, name: str) -> Table:
        """Give a table by the name of its entity set."""
        if name not in self.catalogue.by_set:
            raise errors.no_segment(name)
        return self.catalogue.by_set[name]

    def rows(self, table: Table) -> Rows:
        """Give the stored rows of a table, by primary key."""
        return self._rows[table.name]

    def next_version(self) -> int:
        """Give the next row version; never twice the same."""
        self._version += 1
        self.generation += 1
        return self._version

    def now(self) -> datetime:
        """Give the present moment."""
        return self.world.clock.now()

    def get(self, table: Table, row_id: str) -> Row:
        """Give a row by primary key; raises the real refusal where there is none."""
        row = self.rows(table).get(row_id)
        if row is None:
            raise errors.no_row(table.schema, row_id)
        return row

    def find(self, table: Table, key: Key) -> Row | None:
        """Give the row of a primary or alternate key, or None."""
        if key.guid is not None:
            return self.rows(table).get(key.guid)
        name, values = self.alternate_key(table, key)
        return self.find_by_values(table, name, values)

    def alternate_key(self, table: Table, key: Key) -> tuple[str, dict[str, Any]]:
        """Give the alternate key that an address means, and its values by column."""
        values = {table.wire[name].name if name in table.wire else name: value for name, value in key.parts}
        for name, columns in table.keys.items():
            if set(columns) == set(values) and self.key_is_active(table, name):
                return name, values
        if set(values) == {table.key}:
            raise errors.bad_query(f"Bad Request - Error in query syntax: '({key.text})' is not a valid key.")
        raise errors.key_not_defined(table.type)

    def key_is_active(self, table: Table, name: str) -> bool:
        """Tell whether the index of an alternate key has been built."""
        pending: dict[str, list[str]] = self.world.settings["dataverse_pending_keys"]
        return name not in pending.get(table.name, []) and self.key_is_unique(table, name)

    def key_is_unique(self, table: Table, name: str) -> bool:
        """Tell whether an alternate key refuses a second row of its values."""
        return key_status(self, table, name) == ACTIVE

    def find_by_values(self, table: Table, name: str, values: dict[str, Any]) -> Row | None:
        """Give the row whose alternate key has these values; null is never found."""
        wanted = _key_text(table.keys[name], values)
        found = self.rows(table).index(f"key:{name}", _key_of(table.keys[name])).get(wanted) if wanted else ()
        return self.rows(table).get(found[0]) if found else None

    def with_value(self, table: Table, column: Column, value: str) -> tuple[str, ...]:
        """Give the primary keys of the rows whose column has a value, without regard to case."""
        return self.rows(table).index(f"column:{column.name}", _value_of(column)).get(index_text(value))

    def sorted_keys(self, table: Table) -> Iterator[str]:
        """Give all primary keys in order."""
        return self.rows(table).order("key", lambda row: row[table.key]).keys()


ACTIVE, PENDING, IN_PROGRESS, FAILED = "Active", "Pending", "InProgress", "Failed"


def key_status(org: Organisation, table: Table, name: str) -> str:
    """Tell how far the index of a key is; one that was made builds for a while, and fails over rows that are equal."""
    piece = org.customisations.get("key", f"{table.name}.{name}")
    if piece is None:
        return ACTIVE
    kept = piece["values"]["status"]
    begun = datetime.fromisoformat(piece["values"]["begun"])
    waited = (org.now() - begun).total_seconds()
    if kept in {ACTIVE, FAILED}:
        return str(kept)
    needed = org.world.settings["dataverse_key_seconds"]
    if waited < needed:
        return PENDING if waited < needed / 2 else IN_PROGRESS
    status = FAILED if _cannot_be_built(org, table, name) else ACTIVE
    org.customisations.settle("key", f"{table.name}.{name}", status=status)
    return status


def _cannot_be_built(org: Organisation, table: Table, name: str) -> bool:
    if name in org.world.settings["dataverse_failing_keys"]:
        return True
    texts = [_key_text(table.keys[name], row) for row in org.rows(table).values()]
    filled = [text for text in texts if text is not None]
    return len(filled) != len(set(filled))


def _key_text(columns: tuple[str, ...], values: Row) -> tuple[str, ...] | None:
    """Give what an alternate key's index holds, or None where a part is null; blanks at the end do not count."""
    parts = [values.get(column) for column in columns]
    if any(part is None for part in parts):
        return None
    return tuple(index_text(part[1] if isinstance(part, list) else part).rstrip() for part in parts)


def _key_of(columns: tuple[str, ...]) -> Callable[[Row], tuple[str, ...] | None]:
    """Give the index function of an alternate key."""
    return lambda row: _key_text(columns, row)


def _value_of(column: Column) -> Callable[[Row], str | None]:
    """Give the index function of a column."""
    name = column.name
    if column.kind is Kind.LOOKUP:
        return lambda row: None if row.get(name) is None else index_text(row[name][1])
    return lambda row: None if row.get(name) is None else index_text(row[name])
