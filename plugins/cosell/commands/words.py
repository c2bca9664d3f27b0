"""Canonical values in a reader's words; people are shown by initials only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cosell.core.record import Member, SolutionLine
from cosell.mapping.catalogue import KINDS

if TYPE_CHECKING:
    from cosell.core.record import Value

_LONGEST = 80
_OF_PEOPLE = frozenset(name for name, kind in KINDS.items() if kind == "people")
_TOLD_OF_PEOPLE = frozenset({"microsoft_contacts"})
"""Fields whose text holds names, addresses and telephone numbers."""


def in_words(value: Value) -> str:
    """Give a value as one short line."""
    if value is None or value in {"", ()}:
        return "(empty)"
    if isinstance(value, Member):
        return _initials(value)
    if isinstance(value, SolutionLine):
        return f"{value.name or value.id}{f' x {value.quantity.normalize():f}' if value.quantity else ''}"
    if isinstance(value, tuple):
        return ", ".join(in_words(one) for one in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def field_in_words(name: str, value: Value) -> str:
    """Give a field's value as one short line; of people told in a text only how many they are."""
    if name not in _TOLD_OF_PEOPLE or not isinstance(value, str):
        return in_words(value)
    return f"{len(value.splitlines())} told"


def plain_json(name: str, value: object) -> str:
    """Give a JSON value as one short line; of people only how many they are."""
    if name in _OF_PEOPLE or name in _TOLD_OF_PEOPLE:
        return f"({len(value)} told)" if isinstance(value, list) else "(somebody)" if value else "null"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def change_in_words(old: Value, new: Value) -> str:
    """Give a change as one short line."""
    return in_words(new) if old is None else f"{in_words(old)} ⇒ {in_words(new)}"


def _initials(person: Member) -> str:
    names = [name for name in (person.first_name, person.last_name) if name]
    return " ".join(f"{name[0]}." for name in names) or "a person"
