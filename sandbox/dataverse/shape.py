"""A table's rows as filters and sorting see them: columns by their JSON names, related rows by navigation property."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.schema import Kind, Relationship, Table, Target
from sandbox.dataverse.values import comparable
from sandbox.odata import Field, Value
from sandbox.odata import Kind as Edm

_EDM = {
    Kind.TEXT: Edm.TEXT,
    Kind.MEMO: Edm.TEXT,
    Kind.YESNO: Edm.BOOLEAN,
    Kind.TIME: Edm.TIME,
    Kind.DATE: Edm.DATE,
    Kind.GUID: Edm.GUID,
    Kind.LOOKUP: Edm.GUID,
}


class TableShape:
    """The shape of one table's rows."""

    def __init__(self, org: Organisation, table: Table) -> None:
        """Keep where the rows are found."""
        self._org = org
        self._table = table

    def field(self, path: tuple[str, ...]) -> Field:
        """Give the value at a path."""
        if len(path) > 1:
            return self._related(path)
        column = self._table.wire.get(path[0]) if path else None
        if column is None:
            raise errors.no_property("/".join(path), self._table.type)
        kind = _EDM.get(column.kind, Edm.NUMBER)
        if column.kind in {Kind.LOOKUP, Kind.MONEY, Kind.DECIMAL}:
            return Field(lambda row: comparable(column, row.get(column.name)), kind)
        name = column.name
        return Field(lambda row: row.get(name), kind)

    def _related(self, path: tuple[str, ...]) -> Field:
        """Give the value of the row that a navigation property leads to."""
        if path[0] not in self._table.navigations:
            raise errors.no_property(path[0], self._table.type)
        column, target = self._table.navigations[path[0]]
        related = self._org.table(target.table)
        inner = TableShape(self._org, related).field(path[1:])
        rows, name = self._org.rows(related), column.name

        def get(row: Row) -> Value:
            points_to = row.get(name)
            other = rows.get(points_to[1]) if points_to and points_to[0] == target.table else None
            return None if other is None else inner.get(other)

        return Field(get, inner.kind)

    def collection(self, path: tuple[str, ...]) -> tuple[Callable[[Any], Iterable[Any]], "TableShape"]:
        """Give the reader of the rows that point to a row, and their shape."""
        relationships = self._org.catalogue.collections[self._table.name]
        if len(path) != 1 or path[0] not in relationships:
            raise errors.no_property("/".join(path), self._table.type)
        relationship = relationships[path[0]]
        key = self._table.key
        child = self._org.table(relationship.table)
        return (lambda row: pointing(self._org, relationship, row[key])), TableShape(self._org, child)


def pointing(org: Organisation, relationship: Relationship, row_id: str) -> list[Row]:
    """Give the rows whose lookup points to a row, in the order of their keys."""
    table = org.table(relationship.table)
    keys = org.with_value(table, table.columns[relationship.column], row_id)
    return [org.get(table, key) for key in sorted(keys)]


def followed(org: Organisation, row: Row, column_name: str, targets: tuple[Target, ...]) -> tuple[Table, Row] | None:
    """Give the row that a lookup points to, where it is one of the targets."""
    points_to = row.get(column_name)
    if not points_to or points_to[0] not in {target.table for target in targets}:
        return None
    table = org.table(points_to[0])
    other = org.rows(table).get(points_to[1])
    return None if other is None else (table, other)
