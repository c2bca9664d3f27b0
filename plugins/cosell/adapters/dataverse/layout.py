"""How a mapping's shape lies in this CRM: sets, lookups and navigation names, and the queries made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.accounts import columns_needed as accounts_need
from cosell.adapters.dataverse.children import (
    BOOKKEEPING,
    CONNECTION,
    CONNECTION_COLUMNS,
    ROLE,
    Connections,
    Lines,
    Linked,
)
from cosell.adapters.dataverse.naming import Naming, expand_beneath, name_columns
from cosell.core.errors import ConfigurationError
from cosell.mapping.shape import ColumnLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.dataverse.children import Children
    from cosell.adapters.dataverse.metadata import Lookup, Table
    from cosell.adapters.dataverse.settings import Settings
    from cosell.mapping.shape import Limits, Related, TableShape

ACCOUNT, CONTACT, CURRENCY, USER = "account", "contact", "transactioncurrency", "systemuser"
LEAD = "lead"
OWNER = "ownerid@odata.bind"
"""Written here; `owninguser`, where the mapping reads the user, takes no writes."""
OWNER_VALUE = "_ownerid_value"
TRACED = frozenset({ACCOUNT, CONTACT})
"""Related tables whose changes are traced to the deals; a currency or a colleague changes no deal."""
ADDRESS = {USER: "internalemailaddress", CONTACT: "emailaddress1"}
"""The column by which people of a table are told."""
_MATCHING: Mapping[str, frozenset[str]] = {
    ACCOUNT: frozenset({"statecode", "modifiedon"}),
    CONTACT: frozenset({"contactid", "emailaddress1", "parentcustomerid", "createdon", "modifiedon"}),
    CURRENCY: frozenset({"transactioncurrencyid", "isocurrencycode"}),
    USER: frozenset({"systemuserid", "internalemailaddress", "isdisabled"}),
    ROLE: frozenset({"connectionroleid", "name", "category", "statecode"}),
}
"""What finding and creating them needs, whatever the mapping reads."""


def needed_columns(shape: TableShape, *, settings: Settings) -> dict[str, frozenset[str]]:
    """Give the columns that must be there, by table."""
    main = shape.columns | BOOKKEEPING | {shape.key, shape.referral_id_column, shape.flag_column}
    needed = {shape.table: main}
    for related in shape.related.values():
        for table, columns in _columns_needed(related, settings=settings):
            needed[table] = needed.get(table, frozenset()) | columns
    if settings.catalogue and any(related.many and not related.to for related in shape.related.values()):
        catalogue = settings.catalogue
        needed[catalogue.table] = frozenset(
            {catalogue.id_column, catalogue.name_column, catalogue.active_column, "statecode"}
        )
    for table, columns in shape.filled.items():
        needed[table] = needed.get(table, frozenset()) | columns
    for named in shape.named.values():
        needed[named.table] = needed.get(named.table, frozenset()) | {named.match}
    return needed


def _columns_needed(related: Related, *, settings: Settings) -> Iterator[tuple[str, frozenset[str]]]:
    table = related.to.table if related.to else related.table
    matching = _MATCHING.get(table, frozenset()) | (
        accounts_need(settings.accounts) if table == ACCOUNT else frozenset()
    )
    yield table, related.columns | matching
    if related.to:
        yield CONNECTION, CONNECTION_COLUMNS | {related.navigation}
        yield ROLE, _MATCHING[ROLE]
    elif related.many:
        yield related.table, BOOKKEEPING | {related.navigation, settings.line_id_column}


@dataclass(frozen=True, slots=True)
class Single:
    """A related row that a lookup of the main row points to."""

    related: Related
    table: Table
    lookup: Lookup
    main: Table

    @property
    def value_name(self) -> str:
        """Give the member of the main row that holds the related row's id."""
        return f"_{self.lookup.column}_value"

    @property
    def select(self) -> str:
        """Give the columns to read."""
        own = (self.table.wire_name(column) for column in self.related.columns)
        return ",".join(sorted({*own, self.table.key}))


@dataclass(frozen=True)
class Layout:
    """Everything that reading and writing need to know, resolved once."""

    shape: TableShape
    tables: Mapping[str, Table]
    main: Table
    singles: Mapping[str, Single]
    lines: Lines | None
    connections: Connections | None
    naming: tuple[Naming, ...] = ()
    """Columns that name a row of another table by a value."""

    @property
    def children(self) -> tuple[Children, ...]:
        """Give the tables whose rows hang on the main row."""
        return tuple(each for each in (self.lines, self.connections) if each is not None)

    def single(self, table: str) -> Single | None:
        """Give the related row that is of this table, if the mapping reaches one."""
        return next((one for one in self.singles.values() if one.table.name == table), None)

    @property
    def ours(self) -> str:
        """Give the condition for rows that co-sell concerns: flagged, or tied to a referral, by whomever."""
        tied = [f"{column} ne null" for column in (self.shape.referral_id_column, *self.shape.other_id_columns)]
        return " or ".join([f"{self.shape.flag_column} eq true", *tied])

    @cached_property
    def owner(self) -> Single | None:
        """Give the related row that is the owning user, if the mapping reaches it."""
        owners = (one for one in self.singles.values() if one.lookup.column == "owninguser")
        return next(owners, None) if "ownerid" in self.main.columns else None

    @cached_property
    def empty(self) -> dict[str, None]:
        """Give the main row's columns to read, each as it is where nothing stands in it."""
        own = self.shape.columns | BOOKKEEPING | {self.shape.referral_id_column, self.shape.flag_column, self.main.key}
        names = {self.main.wire_name(column) for column in own}
        names |= {single.value_name for single in self.singles.values()} | ({OWNER_VALUE} if self.owner else set())
        return dict.fromkeys(sorted(names))

    @property
    def select(self) -> str:
        """Give them as a query does."""
        return ",".join(self.empty)

    @property
    def expand(self) -> str:
        """Give the related rows to read along."""
        singles = (
            f"{one.related.navigation}($select={one.select}{expand_beneath(self.naming, name)})"
            for name, one in self.singles.items()
        )
        return ",".join([*singles, *(one.expand for one in self.naming if not one.root)])

    def limits(self) -> Limits:
        """Give what the columns can hold, by dotted path."""
        found: Limits = dict(self.main.columns)
        related = {alias: one.table for alias, one in self.singles.items()}
        if self.lines:
            related[self.lines.related.name] = self.lines.table
        if self.connections:
            related |= {one.related.name: one.table for one in self.connections.linked}
            found |= {one.related.name: ColumnLimit("rows") for one in self.connections.linked}
        for alias, table in related.items():
            wanted = self.shape.related[alias].columns
            found |= {f"{alias}.{column}": limit for column, limit in table.columns.items() if column in wanted}
        return found | {one.path: one.limit for one in self.naming}


def lay_out(shape: TableShape, tables: Mapping[str, Table], *, settings: Settings) -> Layout:
    """Resolve a shape; raises SchemaDriftError for names that the CRM does not have."""
    main = tables[shape.table]
    shape = replace(shape, columns=shape.columns - (shape.spare - main.columns.keys()))
    singles = {
        name: Single(related, tables[related.table], main.lookup(navigation=related.navigation), main)
        for name, related in shape.related.items()
        if not related.many
    }
    lines = _lines(shape, tables, settings=settings)
    naming = tuple(name_columns(shape, main, {name: one.table for name, one in singles.items()}, tables=tables))
    return Layout(shape, tables, main, singles, lines, _connections(shape, tables), naming)


def _connections(shape: TableShape, tables: Mapping[str, Table]) -> Connections | None:
    """Give the connections, where the mapping reaches them and the CRM shows them."""
    wanted = [(one, one.to) for one in shape.related.values() if one.to]
    if not wanted or not (tables[CONNECTION].readable and tables[ROLE].readable):
        return None
    table = tables[CONNECTION]
    linked = tuple(Linked(one, link, tables[link.table]) for one, link in wanted)
    for one in linked:
        table.lookup(navigation=one.link.navigation)
    parent = table.to(shape.table, column=wanted[0][0].navigation)
    return Connections(table, shape.table, parent, table.to(ROLE, column="record2roleid"), linked)


def _lines(shape: TableShape, tables: Mapping[str, Table], *, settings: Settings) -> Lines | None:
    related = _only(one for one in shape.related.values() if one.many and not one.to)
    if related is None:
        return None
    table = tables[related.table]
    catalogue = table.find(settings.catalogue.table) if settings.catalogue else None
    return Lines(
        related=related,
        table=table,
        parent=table.to(shape.table, column=related.navigation),
        id_column=settings.line_id_column,
        catalogue=catalogue,
        currency=table.find(CURRENCY),
    )


def _only(many: Iterable[Related]) -> Related | None:
    found = list(many)
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        message = f"a mapping may reach one table of child rows, not {names}"
        raise ConfigurationError(message)
    return found[0] if found else None
