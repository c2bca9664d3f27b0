"""One clock for all that is stamped or expires; it can be moved forward, and never gives a moment twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_TICK = timedelta(microseconds=1)


class Clock:
    """The real time plus an offset, strictly increasing."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self._offset = timedelta(seconds=offset_seconds)
        self._last = datetime.min.replace(tzinfo=UTC)

    @property
    def offset_seconds(self) -> float:
        """Give how far this clock runs ahead of the real one."""
        return self._offset.total_seconds()

    def now(self) -> datetime:
        """Give the present moment, aware and in UTC, later than any given before."""
        self._last = max(datetime.now(UTC) + self._offset, self._last + _TICK)
        return self._last

    def advance(self, seconds: float) -> datetime:
        """Move the clock forward and give the new time."""
        if seconds < 0:
            message = "the clock only moves forward"
            raise ValueError(message)
        self._offset += timedelta(seconds=seconds)
        return self.now()


def ticks(moment: datetime) -> str:
    """Write a moment as Partner Center does: UTC with seven fraction digits and Z."""
    # The seventh digit is rarely a zero on the real service; a client that cuts to microseconds must meet that here.
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{moment.microsecond * 7 % 10}Z"
