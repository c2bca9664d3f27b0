"""A deal's state: two columns on each side, one canonical word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.record import OTHER, Side
from cosell.mapping.cells import MISSING, UnreadableValueError, kind_of
from cosell.mapping.converters.choice import number_of
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

STATE, DETAIL = "state", "detail"
PARTS: Final = (STATE, DETAIL)
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class Status:
    """The pair of state and detail, told by the mapping's table `words`."""

    words: Mapping[str, str]
    """`Active/Accepted` or `Active/*` → canonical word; the first without a star is the form that is written."""
    instead: Mapping[str, str]
    """Canonical words that this side has no pair for → the word that it keeps in their place."""
    numbers: bool

    @classmethod
    def make(cls, spec: Spec) -> Status:
        """Make the converter for one side."""
        words = (spec.line.words or {}).get(spec.side.value, {})
        return cls(words, (spec.line.instead or {}).get(spec.side.value, {}), numbers=spec.side is Side.DATAVERSE)

    def read(self, cell: object) -> Value:
        """Give the canonical word; a pair that the mapping does not know is kept as it is."""
        if not isinstance(cell, tuple):
            expected = "a state and its detail"
            raise UnreadableValueError(expected, found=kind_of(cell))
        state, detail = (self._part(part) for part in cell)
        if state is None:
            return None
        for pair in (f"{state}/{detail}", f"{state}/{ANY}"):
            if pair in self.words:
                return self.words[pair]
        return f"{OTHER}{state}/{detail or ''}".removesuffix("/")

    def write(self, value: Value) -> object:
        """Give state and detail; nothing for a word that this side has no pair for."""
        pair = next((pair for pair, word in self.words.items() if word == value and not pair.endswith(ANY)), None)
        if pair is None:
            return (MISSING, MISSING)
        state, detail = pair.split("/")
        return (int(state), int(detail)) if self.numbers else (state, detail)

    def fit(self, value: Value) -> Value:
        """Give the word that this side keeps."""
        if not isinstance(value, str):
            return None
        value = self.instead.get(value, value)
        return value if value in self.words.values() else None

    def _part(self, part: object) -> str | None:
        return text_of(number_of(part) if self.numbers else part)
