"""The opportunity's name and the mark before it: two fields in one Dataverse column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.scope import label_of
from cosell.mapping.converters.labelled_name import LabelledName
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec

SIGNS: Final[Mapping[str, str]] = {"check": "\u2714", "cross": "\u274c"}
"""What is written; what is read knows the same signs in their other drawings too."""
_CHECKS = "\u2714\u2713\u2705"
_CROSSES = "\u274c\u2716\u2717\u2718"
_MARKS = re.compile(rf"\s*(?:([{_CHECKS}{_CROSSES}])[\ufe0e\ufe0f]?\s*)+")
_OURS = re.compile(rf"(?:[{''.join(SIGNS.values())}]\ufe0f? )+(?=\S)")
"""Marks as the sync writes them; a service may have added how they are drawn."""
_ROOM = 2
"""UTF-16 units of a mark and the space after it."""


def split(text: str) -> tuple[str | None, str]:
    """Give the mark at the front, if any, and the name without it."""
    found = _MARKS.match(text)
    if found is None:
        return None, text.lstrip()
    return ("check" if found[1] in _CHECKS else "cross"), text[found.end() :]


def without_ours(text: str) -> str:
    """Give the name without the marks that the sync wrote before it: other signs, and other places, are a person's."""
    found = _OURS.match(text)
    return text[found.end() :] if found else text


def spellings(name: str) -> list[str]:
    """Give the name as columns may hold it: alone, and after each sign as people and connectors put it."""
    return [name, *(f"{sign}{drawing} {name}" for sign in _CHECKS + _CROSSES for drawing in ("", "\ufe0f"))]


def join(mark: Value, name: Value) -> str | None:
    """Give the column's text for a mark and a name; a mark never stands alone."""
    if not isinstance(name, str) or not name:
        return None
    sign = SIGNS.get(mark) if isinstance(mark, str) else None
    return f"{sign} {name}" if sign else name


@dataclass(frozen=True, slots=True)
class MarkedName:
    """The name in a column that may carry a mark."""

    longest: int | None = None

    def read(self, cell: object) -> Value:
        """Give the name without its mark."""
        text = text_of(cell)
        return split(text)[1] or None if text else text

    def write(self, value: Value) -> object:
        """Give the name; the mapper joins the mark to it."""
        return value

    def fit(self, value: Value) -> Value:
        """Strip what would be read as a mark, and cut to what the mark leaves of the column."""
        if not isinstance(value, str):
            return None
        return shorten(split(value)[1], self.longest) or None


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark in the name's column."""

    def read(self, cell: object) -> Value:
        """Give `check`, `cross` or null."""
        text = text_of(cell)
        return split(text)[0] if text else None

    def write(self, value: Value) -> object:
        """Give the mark; the mapper joins the name to it."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the mark."""
        return value if value in SIGNS else None


def make_marked_name(spec: Spec) -> Converter:
    """Make the converter for one side: the mark is never shown to Partner Center."""
    if not spec.is_dataverse:
        label = label_of(spec.settings.environment)
        return LabelledName(label, written=spec.settings.labelled, longest=spec.length())
    longest = spec.length()
    return MarkedName(longest - _ROOM if longest and spec.settings.marks else longest)


def make_mark(spec: Spec) -> Converter:  # noqa: ARG001 - every converter is made from its spec
    """Make the converter for one side."""
    return Mark()
