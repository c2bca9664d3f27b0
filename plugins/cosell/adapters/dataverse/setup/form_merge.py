"""Puts what a form lacks into its XML: a tab of our own at the end, or what was taken off that tab. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.setup.form import SECTION, TAB

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.adapters.dataverse.setup.form import Form, Lacking, Slot
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
    rows = {SECTION: "".join(map(pieces.row, lacks.columns))}
    rows |= {pieces.section_of(name): pieces.list_row(name) for name in lacks.lists}
    sections = ""
    for name, new in rows.items():
        if new and name in form.rows:
            yield _into(form, form.rows[name], "rows", new)
        elif new:
            sections += pieces.section(name, new)
    if sections and form.sections:
        yield _into(form, form.sections, "sections", sections)
    elif sections:
        yield _at(form.end_of_tabs, pieces.tab(TAB, sections))


def _into(form: Form, slot: Slot, tag: str, new: str) -> Edit:
    """Give the edit that puts something at the end of an element, which is opened where it is an empty one."""
    begin, end = slot
    if begin == end:
        return _at(end, new)
    return begin, end, form.xml[begin:end].rstrip(b" \t\r\n/>") + f">{new}</{tag}>".encode()


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
