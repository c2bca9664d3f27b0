"""Which of a table's main forms is ours to complete, and what it lacks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.form import Lacking, UnreadableFormError, lacking, read_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.dataverse.setup.form import Form
    from cosell.adapters.dataverse.setup.found import FoundForm, FoundTable
    from cosell.adapters.dataverse.setup.wanted import Form as WantedForm
    from cosell.adapters.dataverse.setup.wanted import Table, Wanted


def chosen(forms: Iterable[FoundForm] | None, wanted: WantedForm) -> tuple[FoundForm, Form] | None:
    """Give the form that lacks least of ours, the default one among equals; None where none can be read."""
    readable = list(_readable(forms or ()))
    if not readable:
        return None
    return min(readable, key=lambda each: (len(lacking(each[1], wanted)), not each[0].default, each[0].name))


def _readable(forms: Iterable[FoundForm]) -> Iterator[tuple[FoundForm, Form]]:
    for form in forms:
        try:
            yield form, read_form(form.xml)
        except UnreadableFormError:
            continue


def missing_on(table: Table, there: FoundTable, *, languages: frozenset[int]) -> tuple[FoundForm, Lacking] | None:
    """Give the form to complete and what it lacks, if anything."""
    best = chosen(there.forms, table.form) if table.form else None
    if best is None or table.form is None:
        return None
    lacks = lacking(best[1], table.form, languages=languages)
    return (best[0], lacks) if lacks else None


def said(lacks: Lacking) -> tuple[str, ...]:
    """Name what a form lacks."""
    silent = sorted({language for each in lacks.unnamed.values() for language in each})
    names = (f"names in {', '.join(map(str, silent))}",) if silent else ()
    return (*lacks.columns, *lacks.lists, *(f"{name} (locked)" for name in lacks.unlocked), *names)


def formless(wanted: Wanted, tables: Mapping[str, FoundTable]) -> Iterator[str]:
    """Say of tables why nothing can be put on a form of theirs."""
    for name, table in wanted.tables.items():
        there = tables.get(name)
        if there is None or there.forms is None or table.form is None or chosen(there.forms, table.form):
            continue
        if not there.forms:
            yield f"{name} has no active main form: activate one in the table's forms, so that sellers see the columns"
        for form in there.forms:
            yield (
                f"the form {form.name} of {name} cannot be read ({_reason(form)}): save and publish it anew in "
                "the form designer, or activate another main form"
            )


def _reason(form: FoundForm) -> str:
    try:
        read_form(form.xml)
    except UnreadableFormError as error:
        return str(error)
    return ""
