"""Counts answers and tells of them once a minute, so that who floods us does not flood the log."""

from __future__ import annotations

import logging
from collections import Counter

_MOST_SHOWN = 200

_log = logging.getLogger("cosell.webhook")


class Tally:
    """The answers of the last minute, by status and reason."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, str]] = Counter()

    def count(self, status: int, why: str, *, shown: str = "") -> None:
        """Count an answer. The first of a kind is told at once, with what came from outside escaped and cut short."""
        self._counts[status, why] += 1
        if self._counts[status, why] == 1 and status >= 400:  # noqa: PLR2004 - refused
            _log.warning("answer status=%d why=%r shown=%s", status, why, ascii(shown[:_MOST_SHOWN]))

    def tell(self) -> None:
        """Log the counts and begin anew."""
        for (status, why), number in sorted(self._counts.items()):
            _log.info("answers status=%d why=%r number=%d", status, why, number)
        self._counts.clear()
