"""CRMs as setup may find them, built from what is wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.found import (
    Found,
    FoundChoice,
    FoundColumn,
    FoundForm,
    FoundKey,
    FoundSolution,
    FoundTable,
)
from cosell.adapters.dataverse.setup.wanted import load_wanted

if TYPE_CHECKING:
    from cosell.adapters.dataverse.setup.wanted import Column, Table

WANTED = load_wanted()
ENGLISH = frozenset({1033})
TYPES = {
    "yes_no": "Boolean",
    "text": "String",
    "memo": "Memo",
    "choice": "Picklist",
    "time": "DateTime",
    "money": "Money",
    "whole": "Integer",
    "lookup": "Lookup",
}


def form_of(xml: str, *, name: str = "Opportunity", default: bool = True) -> FoundForm:
    """Give a form of some XML."""
    return FoundForm(id=f"form.{name}", name=name, xml=xml, default=default)


def full_form(table: Table) -> str:
    """Give a form, made by hand, that shows all that a table's form shall show."""
    if table.form is None:
        return BARE
    fields = "".join(
        f'<control id="{name}" datafieldname="{name}" disabled="{str(name in table.form.locked).lower()}"/>'
        for name in table.form.columns
    )
    lists = "".join(f"<RelationshipName>{name}</RelationshipName>" for name in table.form.lists)
    return f"<form><tabs><tab><cell>{fields}<control id='l'>{lists}</control></cell></tab></tabs></form>"


BARE = "<form><tabs><tab name='general'/></tabs></form>"
EMPTY = Found(
    languages=ENGLISH,
    base_language=1033,
    tables={
        name: FoundTable(id=name, columns={}, languages=ENGLISH, forms=(form_of(BARE),))
        for name in ("opportunity", "lead", "connection")
    },
)


def made(table: Table, column: Column) -> FoundColumn:
    """Give a column as setup would have made it."""
    numbers = WANTED.choices[column.choice] if column.choice else None
    return FoundColumn(
        id=f"{table.logical_name}.{column.name}",
        type=TYPES[column.type],
        length=column.length,
        format="DateAndTime" if column.type == "time" else None,
        options=None if numbers is None else dict.fromkeys(numbers, ENGLISH),
        choice=column.choice,
        targets=frozenset({column.to} if column.to else ()),
        languages=ENGLISH,
    )


def complete() -> Found:
    """Give a CRM that lacks nothing."""
    tables = {
        name: FoundTable(
            id=name,
            columns={key: made(table, column) for key, column in table.columns.items()},
            keys=tuple(
                FoundKey(id=f"{name}.{key}", name=key, columns=frozenset(columns), status="Active")
                for key, columns in table.keys.items()
            ),
            tracked=table.tracked,
            forms=(form_of(full_form(table)),),
            languages=ENGLISH,
        )
        for name, table in WANTED.tables.items()
    }
    choices = {
        name: FoundChoice(id=name, options=dict.fromkeys(numbers, ENGLISH)) for name, numbers in WANTED.choices.items()
    }
    parts = [column.id for table in tables.values() for column in table.columns.values()]
    parts += [key.id for table in tables.values() for key in table.keys]
    parts += [form.id for table in tables.values() for form in table.forms]
    solution = FoundSolution(
        id="solution",
        prefix="cosell",
        members=frozenset({*parts, *choices, *tables}),
        whole=frozenset({"cosell_solutiondetail", "cosell_partnercentersolution"}),
    )
    return replace(EMPTY, publisher="publisher", solution=solution, choices=choices, tables=tables)


def with_table(found: Found, name: str, **changes: object) -> Found:
    """Give a CRM with one table changed."""
    return replace(found, tables={**found.tables, name: replace(found.tables[name], **changes)})


def without_column(found: Found, table: str, column: str) -> Found:
    """Give a CRM that lacks a column."""
    left = {name: one for name, one in found.tables[table].columns.items() if name != column}
    return with_table(found, table, columns=left)


def with_column(found: Found, table: str, column: str, **changes: object) -> Found:
    """Give a CRM with one column changed."""
    columns = found.tables[table].columns
    return with_table(found, table, columns={**columns, column: replace(columns[column], **changes)})


def with_key(found: Found, table: str, **changes: object) -> Found:
    """Give a CRM with the only key of a table changed."""
    [key] = found.tables[table].keys
    return with_table(found, table, keys=(replace(key, **changes),))
