"""Many calls at a time, each with its own end: one that fails does not take the others with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import anyio

from cosell.core.errors import CosellError
from cosell.sync.ports import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AT_ONCE = 64


async def together(
    call: Callable[[_Item], Awaitable[_Result]], items: Sequence[_Item], *, at_once: int = _AT_ONCE
) -> list[_Result | CosellError]:
    """Give each item's result or the error of ours that it met, in order; the transport's pace bounds the requests."""
    ends: list[_Result | CosellError | None] = [None] * len(items)
    places = anyio.Semaphore(at_once)

    async def one(number: int, item: _Item) -> None:
        async with places:
            try:
                ends[number] = await call(item)
            except CosellError as error:
                ends[number] = error

    async with anyio.create_task_group() as group:
        for number, item in enumerate(items):
            group.start_soon(one, number, item)
    return [end for end in ends if end is not None]


async def all_together(
    call: Callable[[_Item], Awaitable[_Result]], items: Sequence[_Item], *, at_once: int = _AT_ONCE
) -> list[_Result]:
    """Give each item's result, in order; raises the first error once all have ended."""
    results: list[_Result] = []
    for end in await together(call, items, at_once=at_once):
        if isinstance(end, CosellError):
            raise end
        results.append(end)
    return results


def outcomes_of(ends: Sequence[_Result | CosellError]) -> list[_Result | NoAnswer]:
    """Give each record's outcome; raises only where none has any, since what was done must be told."""
    errors = [end for end in ends if isinstance(end, CosellError)]
    if errors and len(errors) == len(ends):
        raise errors[0]
    return [NoAnswer(str(end)) if isinstance(end, CosellError) else end for end in ends]
