"""A step's report as XCom may hold it: counts and names, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from cosell.sync.world import OPPORTUNITY

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_ROWS = frozenset({"dry_run"})


def counts_of_tables(reports: Mapping[str, DataclassInstance]) -> dict[str, Any]:
    """Give the numbers of the opportunities, and those of every other table under its name."""
    told = {table: counts_of(report) for table, report in reports.items()}
    return told.pop(OPPORTUNITY) | told


def counts_of(report: DataclassInstance) -> dict[str, Any]:
    """Give the report's numbers and words as plain JSON; a report may say itself how it is told."""
    told = (
        report.as_json()
        if hasattr(report, "as_json")
        else {one.name: getattr(report, one.name) for one in fields(report)}
    )
    return {name: _plain(value) for name, value in told.items() if name not in _ROWS}


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Mapping():
            return {str(_plain(name)): _plain(held) for name, held in value.items() if name not in _ROWS}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in value]
        case _:
            return str(value)
