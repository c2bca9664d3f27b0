"""The limits a service sets to its callers: requests at a time, and in a sliding window; 0 means none."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.world import World


class Exceeded(NamedTuple):
    """A limit that was passed: how many seconds to stay away, and which one."""

    seconds: int
    reason: str


class Limits:
    """The present load of one app against the settings `max_in_flight`, `max_per_window` and `window_seconds`."""

    def __init__(self, world: World, app: str) -> None:
        self._settings = world.settings
        self._app = app
        self._running = 0
        self._recent: deque[float] = deque()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as running."""
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def exceeded(self) -> Exceeded | None:
        """Tell which limit the newest request passes, if any."""
        at_once = self._settings["max_in_flight"].get(self._app, 0)
        if at_once and self._running > at_once:
            return Exceeded(1, "concurrency")
        per_window = self._settings["max_per_window"].get(self._app, 0)
        return self._window(per_window) if per_window else None

    def _window(self, per_window: int) -> Exceeded | None:
        now, length = time.monotonic(), self._settings["window_seconds"]
        while self._recent and self._recent[0] <= now - length:
            self._recent.popleft()
        # A refused call counts too: hammering keeps the door shut.
        self._recent.append(now)
        if len(self._recent) <= per_window:
            return None
        return Exceeded(max(1, int(self._recent[len(self._recent) - per_window] + length - now) + 1), "requests")
