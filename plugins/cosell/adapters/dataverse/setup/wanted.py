"""What setup wants to find in the CRM: read from `tables.yaml`, cut down to what the effective mapping reaches."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Type = Literal["yes_no", "text", "memo", "choice", "time", "money", "whole", "lookup"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publisher(_Part):
    """Who owns the names: its prefix stands before every one of them."""

    name: str
    prefix: str
    option_prefix: int


class Column(_Part):
    """One column; `schema_name` is its name with capitals, as navigation properties carry it."""

    type: Type
    schema_name: str = ""
    length: int | None = None
    format: Literal["Text", "Url"] = "Text"
    choice: str | None = None
    required: bool = False
    default: bool = False
    low: int = 0
    high: int = 2**31 - 1
    to: str | None = None
    """The table that a lookup leads to."""
    relationship: str | None = None
    on_delete: Literal["RemoveLink", "Cascade"] = "RemoveLink"

    @property
    def name(self) -> str:
        """Give the logical name."""
        return self.schema_name.lower()


class Form(_Part):
    """What sellers see of ours on the table's main form, in its order."""

    columns: tuple[str, ...]
    locked: frozenset[str] = frozenset()
    """Those of the columns that only the sync writes."""
    lists: tuple[str, ...] = ()
    """Relationships whose rows are listed, by schema name."""


class Table(_Part):
    """One table; `schema_name` is given for those that setup creates."""

    logical_name: str = ""
    schema_name: str | None = Field(default=None, alias="schema")
    name: str | None = None
    """Schema name of the primary column."""
    tracked: bool = False
    columns: dict[str, Column] = {}
    """By logical name."""
    keys: dict[str, tuple[str, ...]] = {}
    """Columns by schema name of the key."""
    form: Form | None = None

    @model_validator(mode="before")
    @classmethod
    def _names_its_columns(cls, said: object) -> object:
        if not isinstance(said, dict):
            return said
        columns = {name.lower(): {**one, "schema_name": name} for name, one in said.get("columns", {}).items()}
        return {**said, "columns": columns}

    @property
    def primary(self) -> Column | None:
        """Give the column that names a row, where the table is ours."""
        return None if self.name is None else self.columns[self.name.lower()]


class Wanted(_Part):
    """All of it."""

    solution: str
    publisher: Publisher
    choices: dict[str, tuple[int, ...]]
    tables: dict[str, Table]

    @model_validator(mode="before")
    @classmethod
    def _names_its_tables(cls, said: object) -> object:
        if not isinstance(said, dict):
            return said
        return {**said, "tables": {name: {**one, "logical_name": name} for name, one in said["tables"].items()}}

    def only(self, reached: Mapping[str, Collection[str]]) -> Wanted:
        """Give what is left for a mapping that reaches these columns, by table; tables of our own stay whole."""
        cut = {
            name: table if table.schema_name else _cut(table, reached[name])
            for name, table in self.tables.items()
            if name in reached
        }
        # A table that is only looked into gets nothing of ours.
        kept = {name: table for name, table in cut.items() if table.columns or table.tracked}
        left = self.model_copy(update={"tables": kept})
        lists = left.relationships.keys()
        return left.model_copy(update={"tables": {name: _listing(table, lists) for name, table in kept.items()}})

    @property
    def made(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """Give what is made, by table and column, with the numbers of a choice."""
        columns = [(table.logical_name, column) for table in self.tables.values() for column in table.columns.values()]
        return {(table, one.name): self.choices[one.choice] if one.choice else () for table, one in columns}

    @property
    def relationships(self) -> dict[str, Table]:
        """Give the tables whose rows hang on others, by the relationship."""
        tables = self.tables.values()
        return {one.relationship: table for table in tables for one in table.columns.values() if one.relationship}


def _cut(table: Table, reached: Collection[str]) -> Table:
    columns = {name: column for name, column in table.columns.items() if name in reached}
    keys = {name: parts for name, parts in table.keys.items() if set(parts) <= columns.keys()}
    form = table.form
    if form is not None:
        form = form.model_copy(update={"columns": tuple(name for name in form.columns if name in columns)})
    return table.model_copy(update={"columns": columns, "keys": keys, "form": form})


def _listing(table: Table, relationships: Collection[str]) -> Table:
    """Give a table whose form lists only what will be there."""
    if table.form is None:
        return table
    lists = tuple(name for name in table.form.lists if name in relationships)
    return table.model_copy(update={"form": table.form.model_copy(update={"lists": lists})})


@cache
def load_wanted() -> Wanted:
    """Give the whole list, as this version ships it."""
    text = (Path(__file__).parent / "tables.yaml").read_text("utf-8")
    return Wanted.model_validate(yaml.safe_load(text))
