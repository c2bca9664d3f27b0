"""What stands in the way of a setup: things that a person must decide, each with its way out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.forms import formless

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.adapters.dataverse.errors import Fault
    from cosell.adapters.dataverse.setup.found import Found, FoundColumn, FoundTable
    from cosell.adapters.dataverse.setup.wanted import Column, Table, Type, Wanted

SERVING: Mapping[Type, frozenset[str]] = {
    "yes_no": frozenset({"Boolean"}),
    "text": frozenset({"String"}),
    "memo": frozenset({"Memo", "String"}),
    "choice": frozenset({"Picklist"}),
    "time": frozenset({"DateTime"}),
    "money": frozenset({"Money"}),
    "whole": frozenset({"Integer"}),
    "lookup": frozenset({"Lookup"}),
}
"""Attribute types that hold what a wanted type holds."""

_ROLE = (
    "give the application user the role System Customizer for that time, or name another connection (--connection) "
    "whose application has it"
)


def obstacles(wanted: Wanted, found: Found, *, changes: bool) -> Iterator[str]:
    """Give them in words; `changes`: the solution would have to be changed."""
    if found.solution is not None and found.solution.prefix != wanted.publisher.prefix:
        yield (
            f"the solution {wanted.solution} belongs to a publisher with the prefix {found.solution.prefix}, not "
            f"{wanted.publisher.prefix}: rename that solution, or remove it where it is empty"
        )
    if found.solution is not None and found.solution.managed and changes:
        yield (
            f"the solution {wanted.solution} is managed in this environment and lacks what is listed: import a newer "
            "one from the environment where it is unmanaged"
        )
    for name, table in wanted.tables.items():
        there = found.tables.get(name)
        if there is not None:
            yield from (_clash(name, column, there.columns[key]) for key, column in _clashing(table, there))
            yield from _strange_choices(wanted, table, there)
        elif not table.schema_name and table.columns:
            yield _absent(name)
    yield from formless(wanted, found.tables)


def denied(fault: Fault) -> str:
    """Say what our role lacks, and how it gets it."""
    return without_rights([fault.privilege]) if fault.privilege else f"no role allows it ({fault.text}): {_ROLE}"


def without_rights(privileges: list[str]) -> str:
    """Say the same of privileges that are known by name."""
    several = "s" if len(privileges) > 1 else ""
    return f"the role lacks the privilege{several} {', '.join(privileges)}: {_ROLE}"


def _absent(table: str) -> str:
    way_out = ", or keep co-sell deals only (setting leads: false)" if table == "lead" else ""
    return f"the CRM has no table {table}: install Dynamics 365 Sales in this environment{way_out}"


def _clashing(table: Table, there: FoundTable) -> Iterator[tuple[str, Column]]:
    for name, column in table.columns.items():
        present = there.columns.get(name)
        if present is not None and not _serves(column, present):
            yield name, column


def _serves(column: Column, there: FoundColumn) -> bool:
    if column.type == "time" and there.format == "DateOnly":
        return False
    if column.to and there.targets and column.to not in there.targets:  # a service need not tell them
        return False
    return there.type in SERVING[column.type]


def _clash(table: str, column: Column, there: FoundColumn) -> str:
    what = f"a lookup to {column.to}" if column.to else column.type.replace("_", "/")
    kind = f"{there.type}, date only" if there.format == "DateOnly" else there.type
    if there.targets:
        kind = f"{kind} to {', '.join(sorted(there.targets))}"
    return (
        f"the column {column.name} of {table} is there as {kind}, but {what} is needed: a column's type cannot be "
        "changed, so remove it, or map the field to another column"
    )


def _strange_choices(wanted: Wanted, table: Table, there: FoundTable) -> Iterator[str]:
    """Tell of columns that show a choice of somebody else's, without the numbers that the mapping writes."""
    for name, column in table.columns.items():
        present = there.columns.get(name)
        if column.choice is None or present is None or present.choice in {None, column.choice}:
            continue
        if missing := set(wanted.choices[column.choice]) - (present.options or {}).keys():
            numbers = ", ".join(map(str, sorted(missing)))
            yield (
                f"the column {name} of {table.logical_name} shows the choice {present.choice}, which lacks {numbers}: "
                "add these options to it, or write its own numbers into the mapping"
            )
