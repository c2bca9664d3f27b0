"""What only a request can meet."""

from __future__ import annotations

from cosell.core.errors import RetryLaterError


class NoAnswerError(RetryLaterError):
    """A write went out and no readable answer came: it may or may not have been done, and was not repeated blindly."""
