"""A plain default held against what its column takes, in the words of the CRM's refusals: no text is a number there."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from cosell.core.offers import units
from cosell.mapping.cells import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.mapping.shape import ColumnKind, ColumnLimit

_EARLIEST: Final = datetime(1753, 1, 1, tzinfo=UTC)
"""Before it Dataverse takes no day."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def wrong_default(path: str, value: object, limit: ColumnLimit) -> str | None:
    """Say what a column does not take of a single value; None where it takes it, or cannot be judged."""
    if value is None or limit.kind not in _TAKEN:
        return None
    expected, takes = _TAKEN[limit.kind]
    if not takes(value):
        return f"column {path} holds {limit.kind}: expected {expected}, found {quoted(value)}"
    if limit.choices is not None and value not in limit.choices:
        return f"column {path} offers no choice {value}"
    if isinstance(value, str) and limit.max_length is not None and units(value) > limit.max_length:
        return f"column {path} holds {limit.max_length} characters, and the default has {units(value)}: shorten it"
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_yes_or_no(value: object) -> bool:
    return isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or _is_whole(value)


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        return date.fromisoformat(value) >= _EARLIEST.date()
    except ValueError:
        return False


def _is_moment(value: object) -> bool:
    """Tell whether a text is a moment; Dataverse takes one without a zone for UTC, and a day for its beginning."""
    if not isinstance(value, str) or not _DAY.match(value):
        return False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) >= _EARLIEST


_TAKEN: Final[dict[ColumnKind, tuple[str, Callable[[object], bool]]]] = {
    "text": ("a text", _is_text),
    "key": ("a text", _is_text),
    "choice": ("the number of a choice", _is_whole),
    "boolean": ("true or false", _is_yes_or_no),
    "money": ("a number", _is_number),
    "decimal": ("a number", _is_number),
    "integer": ("a whole number", _is_whole),
    "date": ("a day such as 2026-01-31", _is_day),
    "datetime": ("a time such as 2026-01-31T08:00:00Z", _is_moment),
}
"""What a column of each kind takes, in words and as a test; a kind that is not here is not judged."""
