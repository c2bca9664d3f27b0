"""What stands on a column: alternate keys, and what published forms show of it, itself or the rows that it ties."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.dataverse import forms, metadata, solutions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.dataverse.organisation import Organisation, Row
    from sandbox.dataverse.schema import Column, Table


def keys_on(table: Table, column: str) -> list[str]:
    """Give the names of the keys that a column is a part of."""
    return [name for name, parts in table.keys.items() if column in parts]


def is_shown(org: Organisation, table: Table, column: str) -> bool:
    """Tell whether a published form shows a column, or lists the rows that it ties."""
    return any(_without(table, column, row, str(row["formxml"])) is not None for row in _forms(org))


def let_go(org: Organisation, table: Table, column: str) -> None:
    """Take everything away that stands on a column, also where a draft of a form shows it."""
    for name in keys_on(table, column):
        org.customisations.take("key", f"{table.name}.{name}")
        solutions.forget(org, metadata.metadata_id(table.name, "key", name))
    org.refresh()
    for row in _forms(org):
        name = f"{row['objecttypecode']}.{row['formid']}"
        if xml := _without(table, column, row, str(row["formxml"])):
            forms.publish(org, name, {"formxml": xml})
        draft = (org.customisations.get("form", name) or {}).get("draft", {})
        if "formxml" in draft and (xml := _without(table, column, row, draft["formxml"])):
            org.customisations.draft("form", name, formxml=xml)


def _forms(org: Organisation) -> list[Row]:
    return list(org.rows(org.table(forms.FORM)).values())


def _without(table: Table, name: str, row: Row, xml: str) -> str | None:
    """Give a form without the cells that stand on a column; None where it has none."""
    shown, column = str(row["objecttypecode"]), table.columns[name]
    form = ET.fromstring(xml)  # noqa: S314 - the sandbox's own
    found = [
        (rows, at, cell)
        for rows in form.iter("rows")
        for at in rows
        for cell in at
        if (shown == table.name and _shows(cell, column)) or _lists(cell, column, shown)
    ]
    for rows, at, cell in found:
        at.remove(cell)
        if len(at) == 0:
            _drop(rows, at, height=int(cell.get("rowspan", "1")))
    return ET.tostring(form, encoding="unicode") if found else None


def _drop(rows: ET.Element, at: ET.Element, *, height: int) -> None:
    """Take away a row that is empty now, with the empty ones that its cell reached over."""
    place = list(rows).index(at)
    for row in list(rows)[place : place + height]:
        if len(row) == 0:
            rows.remove(row)


def _shows(cell: ET.Element, column: Column) -> bool:
    return any(control.get("datafieldname") == column.name for control in cell.iter("control"))


def _lists(cell: ET.Element, column: Column, shown: str) -> bool:
    return any(one in _collections(column, shown) for one in (each.text for each in cell.iter("RelationshipName")))


def _collections(column: Column, shown: str) -> Iterator[str]:
    return (target.collection for target in column.targets if target.table == shown)
