"""A form, read from its XML: what it shows, and at which byte more can be put in. Pure; nothing is written anew.

A form belongs to those who use it. What setup adds is spliced in; every other byte stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.setup.wanted import Form as WantedForm

TAB, SECTION = "cosell_tab", "cosell_section"
"""Names of what setup puts on a form."""
_HIDING = frozenset({"tab", "section", "cell"})
_PLACES = frozenset({"tabs", "header", "footer"})

Slot = tuple[int, int]
"""Where more goes into an element: twice the place of its end tag, or from where to where it stands, being empty."""


class UnreadableFormError(ValueError):
    """The text is no form that setup could put anything on."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control that shows a column."""

    locked: bool
    at: int


@dataclass(slots=True)
class Form:
    """What a form shows; numbers are places in `xml`."""

    xml: bytes
    columns: dict[str, list[Control]] = field(default_factory=dict)
    """Visible controls, by column."""
    lists: set[str] = field(default_factory=set)
    """Relationships whose rows are listed."""
    ids: set[str] = field(default_factory=set)
    """Ids of all controls."""
    parts: set[str] = field(default_factory=set)
    """Ids of all tabs, sections and cells, in small letters."""
    end_of_tabs: int = -1
    sections: Slot | None = None
    """In the tab that setup made, where it is visible."""
    rows: dict[str, Slot] = field(default_factory=dict)
    """In visible sections, by their names."""
    labels: dict[str, tuple[frozenset[int], int]] = field(default_factory=dict)
    """Of what setup made: the languages of its name, and the place for another; by TAB, SECTION, column or list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """What a form does not have."""

    columns: tuple[str, ...] = ()
    unlocked: tuple[str, ...] = ()
    """Columns that a seller could write, but should not."""
    lists: tuple[str, ...] = ()
    unnamed: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Languages in which what setup made has no name, as in `Form.labels`."""

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.columns or self.unlocked or self.lists or self.unnamed)

    def __len__(self) -> int:
        """Count the columns and lists that do not stand on the form as they should."""
        return len(self.columns) + len(self.unlocked) + len(self.lists)


def lacking(form: Form, wanted: WantedForm, *, languages: frozenset[int] = frozenset()) -> Lacking:
    """Give what a form lacks; where on it things stand is its owner's choice."""
    shown = form.columns
    return Lacking(
        columns=tuple(name for name in wanted.columns if name not in shown),
        unlocked=tuple(
            name
            for name in wanted.columns
            if name in wanted.locked and not all(one.locked for one in shown.get(name, ()))
        ),
        lists=tuple(name for name in wanted.lists if name not in form.lists),
        unnamed={name: silent for name, (named, _) in form.labels.items() if (silent := languages - named)},
    )


def read_form(xml: str) -> Form:
    """Read a form; raises UnreadableFormError."""
    reader = _Reader(xml.encode())
    try:
        reader.parse()
    except expat.ExpatError as error:
        raise UnreadableFormError(str(error)) from error
    if reader.form.end_of_tabs < 0:
        reason = "it has no tabs"
        raise UnreadableFormError(reason)
    return reader.form


@dataclass(slots=True)
class _Open:
    """An element that has begun."""

    tag: str
    name: str
    hidden: bool
    at: int = -1
    labels: tuple[frozenset[int], int] | None = None


class _Reader:
    """Follows the elements of a form."""

    def __init__(self, xml: bytes) -> None:
        self.form = Form(xml)
        self._open: list[_Open] = []
        self._text = ""
        self._languages: set[int] = set()
        # The text is UTF-8 by now, whatever its first line says.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def parse(self) -> None:
        """Read it to the end."""
        self._parser.Parse(self.form.xml, True)

    def _doctype(self, *_said: object) -> None:
        # Entities come by a doctype alone, and no form has one.
        reason = "it holds a document type, which no form has"
        raise UnreadableFormError(reason)

    def _start(self, tag: str, said: dict[str, str]) -> None:
        if not self._open and tag != "form":
            reason = f"it begins with {tag}, not with form"
            raise UnreadableFormError(reason)
        above = self._open[-1] if self._open else _Open("", "", hidden=False)
        hidden = above.hidden or (tag in _HIDING and said.get("visible", "").lower() == "false")
        self._open.append(_Open(tag, said.get("name", ""), hidden, self._parser.CurrentByteIndex))
        self._text = ""
        if tag in _HIDING:
            self.form.parts.add(said.get("id", "").lower())
        if tag == "labels":
            self._languages = set()
        elif tag == "label" and said.get("languagecode", "").isdigit():
            self._languages.add(int(said["languagecode"]))
        elif tag == "control":
            self._control(said, hidden=hidden)

    def _control(self, said: Mapping[str, str], *, hidden: bool) -> None:
        self.form.ids.add(said.get("id", ""))
        column = said.get("datafieldname")
        if column is None or hidden or not any(one.tag in _PLACES for one in self._open):
            return
        locked = said.get("disabled", "").lower() == "true"
        self.form.columns.setdefault(column, []).append(Control(locked, self._parser.CurrentByteIndex))
        self._names(column)

    def _names(self, what: str) -> None:
        """Note the name of what a cell of our tab shows: it stands before its control."""
        cell = next((one for one in reversed(self._open) if one.tag == "cell"), None)
        if cell is not None and cell.labels and self._in_our_tab():
            self.form.labels[what] = cell.labels

    def _in_our_tab(self) -> bool:
        return any(one.tag == "tab" and one.name == TAB for one in self._open)

    def _characters(self, text: str) -> None:
        self._text += text

    def _end(self, tag: str) -> None:
        at = self._parser.CurrentByteIndex
        one = self._open.pop()
        if tag == "RelationshipName" and not one.hidden and self._text:
            self.form.lists.add(self._text)
            self._names(self._text)
        elif self.form.xml.startswith(f"</{tag}".encode(), at):
            self._end_of(tag, (at, at))
        else:
            self._end_of(tag, (one.at, at))

    def _end_of(self, tag: str, slot: Slot) -> None:
        """Note where something can be put in."""
        above = self._open[-1] if self._open else _Open("", "", hidden=False)
        begin, end = slot
        if tag == "sections" and self._in_our_tab() and not above.hidden:
            self.form.sections = slot
        elif tag == "rows" and above.tag == "section" and not above.hidden:
            self.form.rows[above.name] = slot
        elif begin != end:
            return
        elif tag == "tabs":
            self.form.end_of_tabs = end
        elif tag == "labels":
            above.labels = (frozenset(self._languages), end)
            if above.name in {TAB, SECTION}:
                self.form.labels[above.name] = above.labels
