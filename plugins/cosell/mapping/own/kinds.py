"""Values that come out of a user's code, held against what their field holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, get_args

from cosell.mapping.cells import UnreadableValueError
from cosell.mapping.converters.amount import plain

if TYPE_CHECKING:
    from cosell.core.record import Value

PlainKind = Literal["text", "amount", "day", "time", "yes or no"]
"""What a user's code may give; people and solutions are told by the shipped converters alone."""
PLAIN_KINDS: Final[tuple[PlainKind, ...]] = get_args(PlainKind)
_EXPECTED: Final[dict[PlainKind, str]] = {
    "text": "a text (str)",
    "amount": "an amount (Decimal or int)",
    "day": "a day (datetime.date)",
    "time": "a time with its zone (datetime.datetime)",
    "yes or no": "True or False",
}


def as_value(given: object, kind: PlainKind, *, source: str) -> Value:
    """Give a canonical value; nothing is None. Raises UnreadableValueError, which quotes no value."""
    match given, kind:
        case (None | "", _):
            return None
        case (str(), "text"):
            return given
        case (bool(), "yes or no"):
            return given
        case (int() | Decimal(), "amount") if not isinstance(given, bool) and Decimal(given).is_finite():
            return plain(Decimal(given))
        case (datetime(), "time") if given.tzinfo is not None:
            return given.astimezone(UTC)
        case (date(), "day") if not isinstance(given, datetime):
            return given
    raise UnreadableValueError(f"{_EXPECTED[kind]} from {source}", found=type(given).__name__)
