"""Several batches or pages under way at a time; the first failure stops those that have not begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")
Page = TypeVar("Page")

AT_ONCE = 8
"""Batches at a time; the adapter's own limit decides how many requests that makes."""
PAGES_AT_ONCE = 2
"""Pages at a time: the next one fills the requests that the last batches of a page leave free."""


async def in_parallel(batches: Sequence[Batch], work: Callable[[Batch], Awaitable[Answer]]) -> list[Answer]:
    """Give each batch's answer, in order; raises the first failure after those under way have ended."""
    gate = asyncio.Semaphore(AT_ONCE)
    failures: list[BaseException] = []
    answers: dict[int, Answer] = {}

    async def one(number: int, batch: Batch) -> None:
        async with gate:
            if failures:
                return
            try:
                answers[number] = await work(batch)
            except BaseException as failure:  # noqa: BLE001 - raised below, once the others have ended
                failures.append(failure)

    await asyncio.gather(*(one(number, batch) for number, batch in enumerate(batches)))
    if failures:
        raise failures[0]
    return [answers[number] for number in range(len(batches))]


async def ahead(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Give each page while the next one is on its way already."""
    coming = asyncio.ensure_future(anext(pages, None))
    try:
        while (page := await coming) is not None:
            coming = asyncio.ensure_future(anext(pages, None))
            yield page
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def overlapping(pages: AsyncIterator[Page], work: Callable[[Page], Coroutine[object, object, None]]) -> None:
    """Work on each page, begun before the one before has ended; raises the first failure once no page is under way."""
    under_way: list[asyncio.Task[None]] = []
    try:
        async for page in pages:
            under_way.append(asyncio.create_task(work(page)))
            if len(under_way) == PAGES_AT_ONCE:
                await under_way.pop(0)
        while under_way:
            await under_way.pop(0)
    except asyncio.CancelledError:
        for task in under_way:
            task.cancel()
        raise
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
