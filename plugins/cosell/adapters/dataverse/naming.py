"""Columns that name a row of another table by a value: a country's row by its code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.metadata import Lookup, Table
    from cosell.mapping.shape import ColumnLimit, TableShape


@dataclass(frozen=True, slots=True)
class Naming:
    """One such column: the lookup behind it, and the column over there that holds the value."""

    path: str
    lookup: Lookup
    match: str
    limit: ColumnLimit
    """What the value can be: the other column's limit, writable as the lookup is."""

    @property
    def root(self) -> str:
        """Give the alias of the related row that it lies in; empty for the main row."""
        return self.path.rpartition(".")[0]

    @property
    def column(self) -> str:
        """Give the lookup's column."""
        return self.path.rpartition(".")[2]

    @property
    def expand(self) -> str:
        """Give what reads the value along."""
        return f"{self.lookup.navigation}($select={self.match})"

    def shown(self, raw: Mapping[str, object]) -> object:
        """Give the value of a row that was read with it; null where the lookup is empty."""
        named = raw.get(self.lookup.navigation)
        return named.get(self.match) if isinstance(named, dict) else None


def name_columns(
    shape: TableShape, main: Table, singles: Mapping[str, Table], *, tables: Mapping[str, Table]
) -> Iterator[Naming]:
    """Resolve a shape's columns of that kind; raises SchemaDriftError for one that leads elsewhere."""
    for path, named in shape.named.items():
        root, _, column = path.rpartition(".")
        table = singles[root] if root else main
        lookup = table.to(named.table, column=column)
        tables[named.table].require([named.match])
        limit = replace(tables[named.table].columns[named.match], writable=table.columns[column].writable)
        yield Naming(path, lookup, named.match, limit)


def expand_beneath(naming: Sequence[Naming], root: str) -> str:
    """Give the options that read the values of a related row along."""
    found = ",".join(one.expand for one in naming if one.root == root)
    return f";$expand={found}" if found else ""


def with_values(naming: Sequence[Naming], row: Json, raw: Mapping[str, object], *, root: str = "") -> Json:
    """Give a row with the values in place of what was read along."""
    mine = [one for one in naming if one.root == root]
    expanded = {one.lookup.navigation for one in mine}
    kept = {name: value for name, value in row.items() if name not in expanded}
    return {**kept, **{one.column: one.shown(raw) for one in mine}}
