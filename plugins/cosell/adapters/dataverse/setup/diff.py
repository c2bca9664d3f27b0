"""Wanted against found: the steps that lead from one to the other. Pure; what a person made is kept where it serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.form import lacking
from cosell.adapters.dataverse.setup.forms import chosen, missing_on, said
from cosell.adapters.dataverse.setup.obstacles import obstacles
from cosell.adapters.dataverse.setup.steps import Kind, SetupPlan, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.dataverse.setup.found import Found, FoundColumn, FoundTable
    from cosell.adapters.dataverse.setup.wanted import Column, Table, Wanted

ACTIVE, FAILED = "Active", "Failed"
_ORDER = {kind: place for place, kind in enumerate(Kind)}


def compare(wanted: Wanted, found: Found, *, languages: frozenset[int]) -> SetupPlan:
    """Give the plan; `languages` are those that every name of ours shall have."""
    steps = [*_solution(wanted, found), *_choices(wanted, found, languages)]
    for name, table in wanted.tables.items():
        steps += _table(table, found.tables.get(name), languages)
        steps += _form(table, found.tables.get(name), languages)
        steps += _own_options(wanted, table, found.tables.get(name), languages)
        steps += _members(table, found)
    if any(map(_builds, steps)) or _is_unfinished(found):
        steps.append(Step(kind=Kind.PUBLISH))
    steps.sort(key=lambda step: _ORDER[step.kind])
    return SetupPlan(tuple(steps), tuple(obstacles(wanted, found, changes=any(map(_builds, steps)))))


def _builds(step: Step) -> bool:
    """Tell whether a step changes what the solution holds."""
    return step.changes and step.kind is not Kind.REPAIR


def _is_unfinished(found: Found) -> bool:
    return found.solution is not None and not found.solution.finished


def _solution(wanted: Wanted, found: Found) -> Iterator[Step]:
    if found.solution is not None:
        return
    if found.publisher is None:
        yield Step(kind=Kind.PUBLISHER, name=wanted.publisher.name)
    yield Step(kind=Kind.SOLUTION, name=wanted.solution)


def _choices(wanted: Wanted, found: Found, languages: frozenset[int]) -> Iterator[Step]:
    """Give what the global choices lack; a column that has options of its own needs none."""
    for name, numbers in wanted.choices.items():
        if not any(_shows(found, table, column, name) for table, column in _columns(wanted)):
            continue
        there = found.choices.get(name)
        if there is None:
            yield Step(kind=Kind.CHOICE, name=name)
            continue
        yield from _options(there.options, numbers, languages, Step(kind=Kind.OPTIONS, name=name))
        if not _is_managed(found) and not (found.solution and there.id in found.solution.members):
            yield Step(kind=Kind.MEMBER, name=name)


def _columns(wanted: Wanted) -> Iterator[tuple[str, Column]]:
    return ((name, column) for name, table in wanted.tables.items() for column in table.columns.values())


def _shows(found: Found, table: str, column: Column, choice: str) -> bool:
    """Tell whether a column shows a global choice, or will."""
    if column.choice != choice:
        return False
    there = found.tables[table].columns.get(column.name) if table in found.tables else None
    return there is None or there.choice == choice


def _options(
    there: Mapping[int, frozenset[int]], numbers: Iterable[int], languages: frozenset[int], step: Step
) -> Iterator[Step]:
    missing = tuple(number for number in numbers if number not in there)
    if missing:
        yield Step(kind=Kind.OPTIONS, table=step.table, name=step.name, numbers=missing)
    silent = {language for number in numbers if number in there for language in languages - there[number]}
    if silent:
        yield Step(kind=Kind.OPTION_LABELS, table=step.table, name=step.name, numbers=tuple(sorted(silent)))


def _table(table: Table, there: FoundTable | None, languages: frozenset[int]) -> Iterator[Step]:
    if there is None:
        if table.schema_name:
            yield Step(kind=Kind.TABLE, table=table.logical_name)
            new = (column for column in table.columns.values() if column is not table.primary)
            yield from (_new_column(table, column) for column in new)
            yield from (Step(kind=Kind.KEY, table=table.logical_name, name=name) for name in table.keys)
        return
    for name, column in table.columns.items():
        yield from _column(table, column, there.columns.get(name), languages)
    yield from _keys(table, there)
    if table.tracked and there.trackable and not there.tracked:
        yield Step(kind=Kind.TRACK, table=table.logical_name)
    if table.schema_name and (silent := languages - there.languages):
        yield Step(kind=Kind.LABEL, table=table.logical_name, numbers=tuple(sorted(silent)))


def _new_column(table: Table, column: Column) -> Step:
    return Step(kind=Kind.COLUMN, table=table.logical_name, name=column.name)


def _column(table: Table, column: Column, there: FoundColumn | None, languages: frozenset[int]) -> Iterator[Step]:
    if there is None:
        yield _new_column(table, column)
        return
    if column.length and there.length is not None and there.length < column.length:
        yield replace(_new_column(table, column), kind=Kind.LENGTH, numbers=(column.length,))
    if silent := languages - there.languages:
        yield replace(_new_column(table, column), kind=Kind.LABEL, numbers=tuple(sorted(silent)))


def _form(table: Table, there: FoundTable | None, languages: frozenset[int]) -> Iterator[Step]:
    """Give what the main form lacks; a table that setup makes gets a form with it."""
    if table.form is None:
        return
    if there is None:
        if table.schema_name:
            parts = (*table.form.columns, *table.form.lists)
            yield Step(kind=Kind.FORM, table=table.logical_name, parts=parts)
    elif missing := missing_on(table, there, languages=languages):
        form, lacks = missing
        yield Step(kind=Kind.FORM, table=table.logical_name, name=form.name, parts=said(lacks))


def _own_options(wanted: Wanted, table: Table, there: FoundTable | None, languages: frozenset[int]) -> Iterator[Step]:
    """Give what columns lack that have options of their own, as those made by hand may."""
    for name, column in table.columns.items():
        present = there.columns.get(name) if there else None
        if column.choice and present is not None and present.options is not None and present.choice is None:
            step = Step(kind=Kind.OPTIONS, table=table.logical_name, name=name)
            yield from _options(present.options, wanted.choices[column.choice], languages, step)


def _keys(table: Table, there: FoundTable) -> Iterator[Step]:
    """Give what the keys lack; a key of the same columns serves under any name."""
    for name, columns in table.keys.items():
        serving = [key for key in there.keys if key.columns == set(columns)]
        if not serving:
            yield Step(kind=Kind.KEY, table=table.logical_name, name=name)
        elif all(key.status != ACTIVE for key in serving):
            kind = Kind.REPAIR if serving[0].status == FAILED else Kind.AWAIT
            yield Step(kind=kind, table=table.logical_name, name=serving[0].name)


def _members(table: Table, found: Found) -> Iterator[Step]:
    """Give what is there but not in the solution; a table of ours goes in whole, of others' only what is ours."""
    there = found.tables.get(table.logical_name)
    if there is None or _is_managed(found):
        return
    solution, where = found.solution, table.logical_name
    if table.schema_name:
        if solution is None or there.id not in solution.whole:
            yield Step(kind=Kind.MEMBER, table=where)
        return
    if table.tracked and (solution is None or there.id not in solution.members):
        # What is said of the table itself goes along, none of its parts.
        yield Step(kind=Kind.MEMBER, table=where)
    parts = {name: there.columns[name].id for name in table.columns if name in there.columns}
    parts |= {
        key.name: key.id for key in there.keys if any(key.columns == set(columns) for columns in table.keys.values())
    }
    best = chosen(there.forms, table.form) if table.form else None
    if best is not None and table.form is not None and not lacking(best[1], table.form):
        # A form that is completed goes in by itself.
        parts[best[0].name] = best[0].id
    for name, part in parts.items():
        if solution is None or not solution.holds(part, table=there.id):
            yield Step(kind=Kind.MEMBER, table=where, name=name)


def _is_managed(found: Found) -> bool:
    return found.solution is not None and found.solution.managed
