"""Puts what a form lacks into its XML: a tab of our own at the end, or what was taken off that tab. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.form import SECTION, TAB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.adapters.dataverse.setup.form import Form, Lacking
    from cosell.adapters.dataverse.setup.form_xml import FormXml

_ATTRIBUTE = re.compile(rb"""\s+([\w:.-]+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_LOCKED = b' disabled="true"'

Edit = tuple[int, int, bytes]
"""From, to, and what stands there instead."""


def merge(form: Form, lacks: Lacking, pieces: FormXml) -> str:
    """Give the form with what it lacks; all else is the same to the byte."""
    edits = sorted([*_additions(form, lacks, pieces), *_locks(form, lacks), *_names(form, lacks.unnamed, pieces)])
    merged = form.xml
    for begin, end, new in reversed(edits):
        merged = merged[:begin] + new + merged[end:]
    return merged.decode()


def _additions(form: Form, lacks: Lacking, pieces: FormXml) -> Iterator[Edit]:
    rows = "".join(pieces.row(column, taken=form.ids) for column in lacks.columns)
    lists = "".join(pieces.list_section(name, taken=form.ids) for name in lacks.lists)
    if rows and form.end_of_rows >= 0:
        yield _at(form.end_of_rows, rows)
        rows = ""
    sections = (pieces.section(SECTION, rows) if rows else "") + lists
    if not sections:
        return
    if form.end_of_sections >= 0:
        yield _at(form.end_of_sections, sections)
    else:
        yield _at(form.end_of_tabs, pieces.tab(TAB, sections))


def _at(place: int, new: str) -> Edit:
    return place, place, new.encode()


def _locks(form: Form, lacks: Lacking) -> Iterator[Edit]:
    for column in lacks.unlocked:
        yield from (_lock(form.xml, control.at) for control in form.columns[column] if not control.locked)


def _lock(xml: bytes, at: int) -> Edit:
    """Give the edit of a start tag: the attribute is set, or put behind all others."""
    place = at + len(b"<control")
    while said := _ATTRIBUTE.match(xml, place):
        if said[1] == b"disabled":
            return said.start(), said.end(), _LOCKED
        place = said.end()
    return place, place, _LOCKED


def _names(form: Form, unnamed: Mapping[str, frozenset[int]], pieces: FormXml) -> Iterator[Edit]:
    for what, languages in unnamed.items():
        yield _at(form.labels[what][1], pieces.names(what, languages))
