"""A calendar day that one side keeps as an instant: the same day for a seller in UTC-11 and in UTC+13."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from cosell.mapping.cells import UnreadableValueError, quoted
from cosell.mapping.converters.moment import EARLIEST, UNSET, instant_of, instant_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec

_NOON = time(12)
_MIDNIGHT = time(0)
_BARE_DAY = len("2026-11-30")
_EXPECTED = "a day such as 2026-11-30"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day; written as a bare date, or as an instant that is noon of that day in the sellers' zone."""

    zone: ZoneInfo
    as_instant: bool
    in_dataverse: bool = False

    @classmethod
    def make(cls, spec: Spec) -> CalendarDay:
        """Make the converter for one side; a Dataverse column may keep a day or, where an admin chose so, a time."""
        limit = spec.limit()
        as_instant = not spec.is_dataverse or (limit is not None and limit.kind == "datetime")
        return cls(spec.settings.zone, as_instant, in_dataverse=spec.is_dataverse)

    def read(self, cell: object) -> Value:
        """Give the day in the sellers' zone; null where nobody set one."""
        day = None if cell is None else self._day(cell)
        return None if day is None or day.year == UNSET else day

    def write(self, value: Value) -> object:
        """Give the day as the side keeps it."""
        if not isinstance(value, date):
            return None
        return instant_text(self._noon(value)) if self.as_instant else value.isoformat()

    def fit(self, value: Value) -> Value:
        """Give the day, where the side keeps its year."""
        if not isinstance(value, date) or (self.in_dataverse and value.year < EARLIEST):
            return None
        return value

    def _day(self, cell: object) -> date:
        if isinstance(cell, str) and len(cell.strip()) == _BARE_DAY:
            return _day_of(cell.strip())
        instant = instant_of(cell)
        # Midnight UTC is how API clients and the portal's CSV write a bare day. Where it is a midnight or noon of the
        # sellers' own (UTC, UTC+12), it is one of that same day.
        if instant.time() == _MIDNIGHT:
            return instant.date()
        try:
            return instant.astimezone(self.zone).date()
        except OverflowError as error:
            raise UnreadableValueError(_EXPECTED, found=quoted(cell)) from error

    def _noon(self, day: date) -> datetime:
        try:
            noon = datetime.combine(day, _NOON, self.zone).astimezone(UTC)
        except OverflowError:
            return datetime.combine(day, _NOON, UTC)
        # noon in UTC-12 is the next day's midnight in UTC, which reads as that day
        return noon - timedelta(hours=1) if noon.time() == _MIDNIGHT and noon.date() != day else noon


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnreadableValueError(_EXPECTED, found=quoted(text)) from error
