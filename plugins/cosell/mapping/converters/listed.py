"""A text that must be one of a list that changes every year: the mapping holds the list and both sides' words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.record import OTHER
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec


@dataclass(frozen=True, slots=True)
class Listed:
    """The CRM's text: what is not on the list is kept and marked, for a rule to judge. An empty list holds all."""

    words: Mapping[str, str]
    """Case-folded text of the CRM → the word that Partner Center is told."""
    spelled: Mapping[str, str]
    """The word → the CRM's text for it."""
    longest: int | None = None

    def read(self, cell: object) -> Value:
        """Give the word."""
        text = text_of(cell)
        if not text or not self.words:
            return text
        return self.words.get(text.strip().casefold(), f"{OTHER}{text}")

    def write(self, value: Value) -> object:
        """Give the CRM's text."""
        return self.spelled.get(value, value.removeprefix(OTHER)) if isinstance(value, str) else None

    def fit(self, value: Value) -> Value:
        """Give the word as reading it back would; the CRM keeps no empty text."""
        text = self.write(value)
        return self.read(shorten(text, self.longest)) if isinstance(text, str) and text else None


@dataclass(frozen=True, slots=True)
class ListedWord:
    """Partner Center's word, kept whatever it is."""

    longest: int | None = None

    def read(self, cell: object) -> Value:
        """Give the word."""
        return text_of(cell)

    def write(self, value: Value) -> object:
        """Give the word."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the word without our mark."""
        return shorten(value.removeprefix(OTHER), self.longest) if isinstance(value, str) else None


def make_listed(spec: Spec) -> Listed | ListedWord:
    """Make the converter for one side; the list stands in `words` under dataverse."""
    if not spec.is_dataverse:
        return ListedWord(spec.length())
    words = (spec.line.words or {}).get(spec.side.value, {})
    spelled = {word: text for text, word in reversed(words.items())}
    return Listed({text.casefold(): word for text, word in words.items()}, spelled, spec.length())
