"""Statements that both databases take, made once and reused: rows by their keys, insert-or-replace, deletion by key."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ARRAY, Text, TypeDecorator, and_, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from cosell.adapters.json_text import to_json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Delete, Dialect, Table
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine

    from cosell.core.record import Ref

Insert: TypeAlias = sqlite.Insert | postgresql.Insert


class _Texts(TypeDecorator[list[str]]):
    """Many texts as one parameter: a statement with a parameter each is made anew for every number of them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the type that the driver is told of."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text))

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's
        """Give what the driver takes."""
        return to_json_text(value) if dialect.name == "sqlite" else value


class _Among(FunctionElement[bool]):
    """Whether a column holds one of the texts; of no type, since a boolean is compared with 1, past every index."""

    inherit_cache = True


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, texts = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - names and places of parameters


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **how: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, texts = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY ({texts})"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Give whether the column holds one of a list of texts, a parameter of this name."""
    return _Among(column, bindparam(name, type_=_Texts()))


def keys_by_side(refs: Collection[Ref]) -> list[dict[str, object]]:
    """Give the parameters `at_side` and `at_keys` for each side that these records are of."""
    by_side: dict[str, set[str]] = {}
    for side, key in refs:
        by_side.setdefault(side.value, set()).add(key)
    return [{"at_side": side, "at_keys": sorted(by_side[side])} for side in sorted(by_side)]


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
