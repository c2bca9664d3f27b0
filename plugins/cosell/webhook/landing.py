"""Lands notices in threads, a bounded number at a time: storage that is slow or full is told, never queued for."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cosell.webhook.refused import NotNowError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from cosell.sync.ports.inbox import Inbox, Notice

    T = TypeVar("T")

_THREADS = 32
"""Object storage answers after some 50 ms, twice for each event: this many make 300 events a second there."""


class Landing:
    """The way into one inbox."""

    def __init__(self, inbox: Inbox, *, most: int = 256, seconds: float = 5.0) -> None:
        self._inbox, self._most, self._seconds = inbox, most, seconds
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="landing")
        self._underway = 0

    async def land(self, notice: Notice) -> bool:
        """Land it; False where it lies there already. Raises NotNowError: it may land all the same, later, once."""
        if self._underway >= self._most:
            raise NotNowError("the inbox is slow")
        return await self.do(lambda: self._inbox.land(notice))

    async def do(self, work: Callable[[], T]) -> T:
        """Let a thread do what speaks to the storage; raises NotNowError where that is down, full or slow."""
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        self._underway += 1
        future.add_done_callback(self._ended)
        await asyncio.wait({future}, timeout=self._seconds)
        if not future.done():
            raise NotNowError("the inbox is slow")
        # every storage fails with errors of its own kind, and all of them mean: send it again
        error = future.exception()
        if error is not None:
            raise NotNowError("the inbox is down or full", shown=f"{type(error).__name__}: {error}")
        return future.result()

    def close(self) -> None:
        """Let go of the threads; what is being written is finished."""
        self._threads.shutdown(wait=False)

    def _ended(self, future: asyncio.Future[T]) -> None:
        self._underway -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that asyncio does not complain where nobody waited any more
