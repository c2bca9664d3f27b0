"""Several batches under way at a time; the first failure stops those that have not begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

AT_ONCE = 8
"""Batches at a time; the adapter's own limit decides how many requests that makes."""


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
