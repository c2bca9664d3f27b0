"""The sales stage: free text on both sides, with numbers, percentages and prefixes for the same few words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

_NUMBERED = re.compile(r"\d+\s*[-.)]\s*(?=\D)")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage by its word; a stage that the mapping does not know stays as it is written."""

    words: Mapping[str, str]
    """Case-folded spelling → word."""
    longest: int | None = None

    @classmethod
    def make(cls, spec: Spec) -> Stage:
        """Make the converter for one side."""
        words = (spec.line.words or {}).get(spec.side.value, {})
        spelled = {spelling.casefold(): word for spelling, word in words.items()}
        return cls({word.casefold(): word for word in words.values()} | spelled, spec.length())

    def read(self, cell: object) -> Value:
        """Give the word of the stage, without the number that Dynamics puts before it."""
        text = text_of(cell)
        if not text:
            return text
        spelling = _NUMBERED.sub("", text.strip(), count=1).removesuffix("%").strip()
        return self.words.get(spelling.casefold(), text)

    def write(self, value: Value) -> object:
        """Give the word."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the word as reading it back would."""
        return self.read(shorten(value, self.longest)) if isinstance(value, str) else None
