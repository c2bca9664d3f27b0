"""Solutions that another connector kept as text in one column: read against the catalogue, by id or by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cosell.core.offers import Entry

_PARTS = re.compile(r"[;|\n]")


@dataclass(frozen=True, slots=True)
class Read:
    """What a text says: entries of the catalogue in their order, each once, and pieces that are none."""

    entries: tuple[Entry, ...]
    unknown: tuple[str, ...]


def by_words(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Give the entries by everything that they may be called; an id goes before a name."""
    known = list(entries)
    return {_plain(one.name): one for one in known if one.name} | {_plain(one.id): one for one in known}


def read_products(text: str, known: Mapping[str, Entry]) -> Read:
    """Read one text; names may hold commas, so that a comma parts only what is not a name as a whole."""
    entries: dict[str, Entry] = {}
    unknown = []
    for piece in _pieces(text, known):
        if entry := known.get(_plain(piece)):
            entries[entry.key] = entry
        else:
            unknown.append(piece)
    return Read(tuple(entries.values()), tuple(unknown))


def _pieces(text: str, known: Mapping[str, Entry]) -> list[str]:
    parts = [part.strip() for part in _PARTS.split(text)]
    parted = (piece for part in parts for piece in ([part] if _plain(part) in known else part.split(",")))
    return [piece.strip() for piece in parted if piece.strip()]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
