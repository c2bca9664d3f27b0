"""How many requests go at a time: starts low, grows while all is well, halves when the service says 429."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

_START = 2
_MOST_HINTED = 52


class Pace:
    """One service's concurrency and pauses, shared by all requests of a transport."""

    def __init__(
        self,
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._most = max(1, most)
        self._limiter = anyio.CapacityLimiter(min(_START, self._most))
        self._clock, self._sleep = clock, sleep
        self._resume = self._shrunk = float("-inf")
        self._successes = 0
        self._steep = True
        """Until the first 429 every success adds one; later a whole round of them does."""

    @property
    def width(self) -> int:
        """Give how many requests may be on their way now."""
        return int(self._limiter.total_tokens)

    @property
    def pause(self) -> float:
        """Give the seconds that the service still wants quiet."""
        return max(0.0, self._resume - self._clock())

    async def wait(self, seconds: float) -> None:
        """Stay quiet for so long."""
        await self._sleep(seconds)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Hold one place; gives the moment it was got."""
        async with self._limiter:
            yield self._clock()

    def succeeded(self, *, hint: int | None) -> None:
        """Grow by one where there is room; a hint of the service replaces the most."""
        if hint is not None:
            self._most = min(max(1, hint), _MOST_HINTED)
        self._successes += 1
        if self._steep or self._successes >= self.width:
            self._successes = 0
            self._limiter.total_tokens = min(self.width + 1, self._most)

    def throttled(self, seconds: float, *, begun: float) -> None:
        """Halve, once for all requests that were on their way together, and keep quiet for so long."""
        now = self._clock()
        self._resume = max(self._resume, now + seconds)
        if begun <= self._shrunk:
            return
        self._shrunk, self._steep, self._successes = now, False, 0
        self._limiter.total_tokens = max(1, self.width // 2)
