"""Several calls at once; the transport's own pace bounds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

T = TypeVar("T")
S = TypeVar("S")


async def together(items: Iterable[S], call: Callable[[S], Awaitable[T]]) -> list[T]:
    """Give what the call gives for each item, in order; the first error ends the others and is raised as itself."""
    wanted = list(items)
    if len(wanted) == 1:
        return [await call(wanted[0])]
    results: dict[int, T] = {}

    async def one(place: int) -> None:
        results[place] = await call(wanted[place])

    try:
        async with anyio.create_task_group() as group:
            for place in range(len(wanted)):
                group.start_soon(one, place)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return [results[place] for place in range(len(wanted))]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseException", error.exceptions[0])
    return error
