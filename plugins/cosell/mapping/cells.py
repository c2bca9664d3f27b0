"""One value as it lies in a payload: there, null, missing, or not what its field needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

from cosell.core.errors import SetAsideError

_SHOWN = 40


class Missing(Enum):
    """The payload has no such member: neither null nor empty."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return self.value


MISSING: Final = Missing.MISSING


class UnreadableValueError(SetAsideError):
    """A value is not what its field needs; `found` never quotes a person's data."""

    def __init__(self, expected: str, *, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found = expected, found


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in a column for a value that could not be read."""

    expected: str
    found: str

    @property
    def reason(self) -> str:
        """Give what was expected and what was found."""
        return f"expected {self.expected}, found {self.found}"


def kind_of(cell: object) -> str:
    """Give the kind of a JSON value in words, without quoting it."""
    match cell:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float() | Decimal():
            return "a number"
        case list() | tuple():
            return "a list"
        case _:
            return "an object"


def quoted(cell: object) -> str:
    """Give a JSON value for a message: scalars themselves, cut short; of the rest only the kind."""
    if isinstance(cell, str):
        return repr(cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "...")
    if isinstance(cell, bool | int | float | Decimal):
        return str(cell)[:_SHOWN].lower()
    return kind_of(cell)
