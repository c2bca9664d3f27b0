"""Instants in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cosell.mapping.cells import UnreadableValueError, quoted

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

UNSET: Final = 1
"""The year in which .NET puts a time that nobody set."""
EARLIEST: Final = 1753
"""The first year that Dataverse keeps."""
_EXPECTED = "a time such as 2026-11-30T12:00:00Z"


def instant_of(cell: object) -> datetime:
    """Give the instant that a cell names; without an offset it is UTC. Raises UnreadableValueError."""
    if not isinstance(cell, str):
        raise UnreadableValueError(_EXPECTED, found=quoted(cell))
    try:
        # Partner Center prints seven fraction digits; all beyond the sixth are dropped here
        instant = datetime.fromisoformat(cell.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableValueError(_EXPECTED, found=quoted(cell)) from error


def instant_text(instant: datetime) -> str:
    """Give the instant as both services write it, ending in Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@dataclass(frozen=True, slots=True)
class Time:
    """An instant; Dataverse keeps whole seconds of its own years."""

    in_dataverse: bool = False

    @classmethod
    def make(cls, spec: Spec) -> Time:
        """Make the converter for one side."""
        return cls(in_dataverse=spec.is_dataverse)

    def read(self, cell: object) -> Value:
        """Give the instant in UTC; null where nobody set one."""
        instant = None if cell is None else instant_of(cell)
        return None if instant is None or instant.year == UNSET else instant

    def write(self, value: Value) -> object:
        """Give the instant as text."""
        return instant_text(value) if isinstance(value, datetime) else None

    def fit(self, value: Value) -> Value:
        """Drop what the side does not keep of a second."""
        if not isinstance(value, datetime) or (self.in_dataverse and value.year < EARLIEST):
            return None
        return value.replace(microsecond=0) if self.in_dataverse else value
