"""Statements that both databases take, made once and reused: keys in chunks, insert-or-replace, deletion by key."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sqlalchemy import and_, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Delete, Table

CHUNK = 500

Item = TypeVar("Item")
Insert: TypeAlias = sqlite.Insert | postgresql.Insert


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Give the items in lists short enough for one IN."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def insert_into(table: Table, dialect: str) -> Insert:
    """Give the dialect's own INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def upsert(table: Table, dialect: str) -> Insert:
    """Give an INSERT that replaces all but the key where the key stands already."""
    insert = insert_into(table, dialect)
    keys = {column.name for column in table.primary_key}
    changed = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=sorted(keys), set_=changed)


@cache
def insert_new(table: Table, dialect: str) -> Insert:
    """Give an INSERT that leaves alone whatever stands in its way."""
    return insert_into(table, dialect).on_conflict_do_nothing()


@cache
def remove(table: Table) -> Delete:
    """Give a DELETE by primary key, its values named `at_<column>`."""
    return delete(table).where(and_(*(column == bindparam(f"at_{column.name}") for column in table.primary_key)))


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert these rows or replace those with the same key; each key at most once."""
    if rows:
        connection.execute(upsert(table, connection.dialect.name), rows)


def put_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert those of the rows that break no constraint."""
    if rows:
        connection.execute(insert_new(table, connection.dialect.name), rows)


def drop(connection: Connection, table: Table, keys: Sequence[tuple[str, ...]]) -> None:
    """Delete the rows with these primary keys."""
    names = [f"at_{column.name}" for column in table.primary_key]
    if keys:
        connection.execute(remove(table), [dict(zip(names, key, strict=True)) for key in keys])
