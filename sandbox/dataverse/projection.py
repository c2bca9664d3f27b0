"""A stored row as JSON: chosen columns, annotations, expanded relations."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.call import Preferences
from sandbox.dataverse.expand import Expand
from sandbox.dataverse.formatted import formatted
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.schema import Column, Kind, Table
from sandbox.dataverse.shape import TableShape, followed, pointing
from sandbox.dataverse.values import to_wire
from sandbox.odata import FilterError, parse_orderby, parse_select, predicate, sorted_rows

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOGICAL_NAME = "Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "Microsoft.Dynamics.CRM.associatednavigationproperty"


def etag(row: Row) -> str:
    """Give the version of a row as a weak entity tag."""
    return f'W/"{row["versionnumber"]}"'


@lru_cache(maxsize=512)
def chosen_columns(table: Table, select: str | None) -> tuple[tuple[str, Column], ...]:
    """Give the columns that an answer shows, with their JSON names; raises for one that does not exist."""
    if select is None:
        return tuple(table.wire.items())
    try:
        names = list(parse_select(select))
    except FilterError as error:
        raise errors.bad_query(str(error)) from error
    unknown = next((name for name in names if name not in table.wire), None)
    if unknown is not None:
        raise errors.no_property(unknown, table.type)
    if any(table.wire[name].kind is Kind.MONEY for name in names):
        names.append("_transactioncurrencyid_value")
    return tuple((name, table.wire[name]) for name in dict.fromkeys([*names, table.key]))


@dataclass(frozen=True)
class View:
    """What an answer shows of its rows."""

    preferences: Preferences
    select: str | None = None
    expands: tuple[Expand, ...] = ()


def checked_expands(org: Organisation, table: Table, expands: tuple[Expand, ...]) -> tuple[Expand, ...]:
    """Give the expansions, every name in them known; raises for one that is not, even where there are no rows."""
    for expand in expands:
        relationship = org.catalogue.collections[table.name].get(expand.navigation)
        if relationship is None and expand.navigation not in table.navigations:
            raise errors.no_property(expand.navigation, table.type)
        other = relationship.table if relationship else table.navigations[expand.navigation][1].table
        chosen_columns(org.table(other), expand.options.get("$select"))
        checked_expands(org, org.table(other), expand.nested)
    return expands


def project(org: Organisation, table: Table, row: Row, view: View) -> dict[str, Any]:
    """Give a row's JSON."""
    shown: dict[str, Any] = {"@odata.etag": etag(row)}
    for name, column in chosen_columns(table, view.select):
        if view.preferences.annotations:
            shown |= _annotated(org, column, row, view.preferences)
        shown[name] = to_wire(column, row.get(column.name))
    for expand in view.expands:
        shown |= _expanded(org, table, row, expand, view.preferences)
    return shown


def _annotated(org: Organisation, column: Column, row: Row, preferences: Preferences) -> dict[str, Any]:
    """Give the annotations of one value."""
    stored, name = row.get(column.name), column.wire_name
    if stored is None:
        return {}
    notes: dict[str, Any] = {}
    if preferences.annotates(FORMATTED) and (text := formatted(org, column, row)) is not None:
        notes[f"{name}@{FORMATTED}"] = text
    if column.kind is not Kind.LOOKUP:
        return notes
    if preferences.annotates(NAVIGATION):
        notes[f"{name}@{NAVIGATION}"] = _navigation(column, stored[0])
    if preferences.annotates(LOGICAL_NAME):
        notes[f"{name}@{LOGICAL_NAME}"] = stored[0]
    return notes


def _navigation(column: Column, table_name: str) -> str:
    """Give the navigation property by which a lookup reaches a table."""
    return next(target.navigation for target in column.targets if target.table == table_name)


def _expanded(org: Organisation, table: Table, row: Row, expand: Expand, preferences: Preferences) -> dict[str, Any]:
    """Give the member of one expanded navigation property."""
    view = View(preferences, expand.options.get("$select"), expand.nested)
    if expand.navigation in table.navigations:
        return {expand.navigation: _followed(org, table, row, expand.navigation, view)}
    relationship = org.catalogue.collections[table.name][expand.navigation]
    child = org.table(relationship.table)
    rows = _chosen(org, child, pointing(org, relationship, row[table.key]), expand)
    return {expand.navigation: [project(org, child, each, view) for each in rows]}


def _followed(org: Organisation, table: Table, row: Row, navigation: str, view: View) -> dict[str, Any] | None:
    """Give the JSON of the row that a lookup points to."""
    column, _ = table.navigations[navigation]
    targets = tuple(target for target in column.targets if target.navigation == navigation)
    found = followed(org, row, column.name, targets)
    return None if found is None else project(org, *found, view)


def _chosen(org: Organisation, table: Table, rows: list[Row], expand: Expand) -> list[Row]:
    """Filter, sort and cut the rows of an expanded collection."""
    shape = TableShape(org, table)
    try:
        if text := expand.options.get("$filter"):
            rows = [row for row in rows if predicate(text, shape=shape, fold_case=True, wildcards=True).matches(row)]
        if text := expand.options.get("$orderby"):
            rows = sorted_rows(rows, terms=parse_orderby(text), shape=shape, fold_case=True)
    except FilterError as error:
        raise errors.bad_query(str(error)) from error
    top = expand.options.get("$top", "")
    return rows[: int(top)] if top.isdigit() else rows
