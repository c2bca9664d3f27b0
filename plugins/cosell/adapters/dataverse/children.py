"""Rows beneath a deal: its solution rows, and the connections that lead to people; how both are asked for and shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.metadata import Lookup, Table
    from cosell.mapping.shape import Link, Related

CONNECTION, ROLE = "connection", "connectionrole"
BOOKKEEPING = frozenset({"createdon", "modifiedon", "createdby", "modifiedby"})
_TYPE = "record1objecttypecode"
_TYPES = {"opportunity": 3, "lead": 4}
"""The CRM's own numbers of the tables that a connection may hang on."""
_ROLE, _STATE, _ACTIVE, _CATEGORY = "record2roleid", "statecode", 0, "category"
CONNECTION_COLUMNS = BOOKKEEPING | {"record2id", _ROLE, _STATE, _TYPE}


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows of another table that point to the main row: its solutions."""

    related: Related
    table: Table
    parent: Lookup
    id_column: str
    catalogue: Lookup | None
    currency: Lookup | None
    expand = ""

    @property
    def parent_name(self) -> str:
        """Give the member that holds the main row's id."""
        return f"_{self.parent.column}_value"

    @property
    def select(self) -> str:
        """Give the columns to read."""
        own = {self.table.wire_name(column) for column in self.related.columns | BOOKKEEPING | {self.id_column}}
        return ",".join(sorted(own | {self.table.key, self.parent_name}))

    @property
    def tracked(self) -> str:
        """Give the columns by which change tracking tells what a row hangs on."""
        return f"{self.table.key},{self.parent_name}"

    def among(self, condition: str) -> str:
        """Give a condition on the table, for these rows alone."""
        return condition

    def concerns(self, row: Mapping[str, object]) -> bool:
        """Tell whether a row of the table is one of these."""
        return bool(row.get(self.parent_name))

    def nested(self, rows: Iterable[Json]) -> dict[str, list[Json]]:
        """Give one deal's rows as the mapper reads them."""
        return {self.related.name: [bare(row) for row in rows]}


@dataclass(frozen=True, slots=True)
class Linked:
    """Connections to one kind of people: the sales team, the stakeholders."""

    related: Related
    link: Link
    table: Table
    """Of the people."""

    def holds(self, row: Mapping[str, object]) -> bool:
        """Tell whether a connection is one of these: active, in a role that counts, and to somebody of the kind."""
        role = row.get(_ROLE)
        category = role.get(_CATEGORY) if isinstance(role, Mapping) else None
        return row.get(_STATE) == _ACTIVE and category == self.link.category and bool(row.get(self.link.navigation))

    def person(self, row: Mapping[str, object]) -> Json:
        """Give the columns of whom a connection leads to."""
        return bare(cast("Json", row[self.link.navigation]))

    @property
    def select(self) -> str:
        """Give the people's columns to read."""
        return ",".join(sorted({self.table.key, *map(self.table.wire_name, self.related.columns)}))


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of the main row, whatever kind of people they lead to."""

    table: Table
    main: str
    parent: Lookup
    role: Lookup
    linked: tuple[Linked, ...]

    @property
    def parent_name(self) -> str:
        """Give the member that holds the main row's id."""
        return f"_{self.parent.column}_value"

    @property
    def select(self) -> str:
        """Give the columns to read."""
        own = {self.table.wire_name(column) for column in BOOKKEEPING}
        return ",".join(sorted(own | {self.table.key, self.parent_name, _STATE}))

    @property
    def expand(self) -> str:
        """Give the role and the people to read along."""
        parts = (f"{one.link.navigation}($select={one.select})" for one in self.linked)
        return ",".join([f"{self.role.navigation}($select={_CATEGORY})", *parts])

    @property
    def tracked(self) -> str:
        """Give the columns by which change tracking tells what a row hangs on."""
        return f"{self.table.key},{self.parent_name},{_TYPE}"

    def among(self, condition: str) -> str:
        """Give a condition on the table, for these rows alone: each connection stands there once from either end."""
        return f"({condition}) and {_TYPE} eq {_TYPES[self.main]}"

    def concerns(self, row: Mapping[str, object]) -> bool:
        """Tell whether a row of the table hangs on the main table."""
        return row.get(_TYPE) == _TYPES[self.main]

    def nested(self, rows: Iterable[Json]) -> dict[str, list[Json]]:
        """Give one deal's connections as the mapper reads them: the people, with who made and changed the link."""
        listed = list(rows)
        return {one.related.name: list(self._people(one, listed)) for one in self.linked}

    def of(self, table: str) -> Linked | None:
        """Give the connections to people of this table, if the mapping reaches them."""
        return next((one for one in self.linked if one.table.name == table), None)

    def _people(self, linked: Linked, rows: Iterable[Json]) -> Iterator[Json]:
        kept = {self.table.wire_name(column) for column in BOOKKEEPING}
        for row in rows:
            if linked.holds(row):
                yield {**linked.person(row), **{name: row.get(name) for name in kept}}


Children = Lines | Connections


def bare(row: Mapping[str, object]) -> Json:
    """Give a row without its annotations."""
    return {name: value for name, value in row.items() if "@" not in name}
