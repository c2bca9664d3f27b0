"""Choice columns: a number in Dataverse, words in Partner Center, told apart by the table in the mapping."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.record import OTHER
from cosell.mapping.cells import UnreadableValueError, quoted
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

_DIGITS = re.compile(r"\d{1,10}", re.ASCII)


def number_of(cell: object) -> int | None:
    """Give the number of a choice. Raises UnreadableValueError."""
    if cell is None or (isinstance(cell, int) and not isinstance(cell, bool)):
        return cell
    if isinstance(cell, str) and _DIGITS.fullmatch(cell.strip()):
        return int(cell)
    expected = "the number of a choice"
    raise UnreadableValueError(expected, found=quoted(cell))


@dataclass(frozen=True, slots=True)
class ChoiceNumber:
    """A Dataverse choice by its number."""

    numbers: Mapping[str, int]
    """Canonical word → number."""
    allowed: frozenset[int] | None = None
    """What the column offers, where it is known."""
    otherwise: str | None = None
    """The word that stands for every text that is none of them."""
    words: Mapping[int, str] = field(init=False)
    spelled: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", {number: word for word, number in self.numbers.items()})
        object.__setattr__(self, "spelled", {word.casefold(): word for word in self.numbers})

    def read(self, cell: object) -> Value:
        """Give the word of the number."""
        number = number_of(cell)
        return None if number is None else self.words.get(number, f"{OTHER}{number}")

    def write(self, value: Value) -> object:
        """Give the number of the word."""
        return self._number(value) if isinstance(value, str) else None

    def fit(self, value: Value) -> Value:
        """Give the word in the mapping's spelling; null where the column offers no such choice."""
        if not isinstance(value, str) or not value:
            return None
        word = self.spelled.get(value.casefold(), value if value.startswith(OTHER) else self.otherwise)
        if word is None or (number := self._number(word)) is None:
            return None
        return word if self.allowed is None or number in self.allowed else None

    def _number(self, word: str) -> int | None:
        if word in self.numbers:
            return self.numbers[word]
        digits = word.removeprefix(OTHER)
        return int(digits) if word.startswith(OTHER) and _DIGITS.fullmatch(digits) else None


@dataclass(frozen=True, slots=True)
class ChoiceWord:
    """The same choice said in words; words of the other system's own are kept."""

    spelled: Mapping[str, str]
    """Canonical words by their case-folded form."""
    otherwise: str | None = None
    longest: int | None = None

    def read(self, cell: object) -> Value:
        """Give the word, in the mapping's spelling where it is one of its words."""
        text = text_of(cell)
        return self.spelled.get(text.strip().casefold(), text) if text else text

    def write(self, value: Value) -> object:
        """Give the word."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the word; a number that the mapping does not know means nothing on this side."""
        if not isinstance(value, str):
            return None
        text = self.otherwise if value.startswith(OTHER) else self.spelled.get(value.strip().casefold(), value)
        return shorten(text, self.longest) if text else text


def make_choice(spec: Spec) -> ChoiceNumber | ChoiceWord:
    """Make the converter for one side."""
    numbers = spec.line.choices or {}
    if spec.is_dataverse:
        limit = spec.limit()
        return ChoiceNumber(numbers, limit.choices if limit else None, spec.line.otherwise)
    return ChoiceWord({word.casefold(): word for word in numbers}, spec.line.otherwise, spec.length())
