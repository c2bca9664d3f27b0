"""Texts as they are, and texts whose case or blanks carry no meaning."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.mapping.cells import UnreadableValueError, kind_of
from cosell.mapping.converters.shorten import shorten

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec


def text_of(cell: object) -> str | None:
    """Give the text that a cell holds; a number becomes its digits. Raises UnreadableValueError."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool) and (isinstance(cell, int) or cell.is_finite()):
        return str(cell)
    expected = "a text"
    raise UnreadableValueError(expected, found=kind_of(cell))


@dataclass(frozen=True, slots=True)
class Text:
    """A text, kept as it is but for the column's length."""

    longest: int | None = None
    empty_is_null: bool = False
    """Dataverse gives an empty text back as null."""

    @classmethod
    def make(cls, spec: Spec) -> Text:
        """Make the converter for one side."""
        return cls(spec.length(), empty_is_null=spec.is_dataverse)

    def read(self, cell: object) -> Value:
        """Give the text."""
        return text_of(cell)

    def write(self, value: Value) -> object:
        """Give the text."""
        return value

    def fit(self, value: Value) -> Value:
        """Cut to the column's length."""
        if not isinstance(value, str):
            return None
        return (shorten(value, self.longest) or None) if self.empty_is_null else shorten(value, self.longest)


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 code; what is none stays as it is, for the rules to refuse."""

    @classmethod
    def make(cls, spec: Spec) -> Currency:  # noqa: ARG003 - every converter is made from its spec
        """Make the converter for one side."""
        return cls()

    def read(self, cell: object) -> Value:
        """Give the code in capitals."""
        text = text_of(cell)
        return text.strip().upper() if text else text

    def write(self, value: Value) -> object:
        """Give the code."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the code."""
        return value
