"""Several batches under way at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from cosell.sync.parallel import AT_ONCE, ahead, in_parallel, overlapping

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def test_answers_come_in_the_order_of_the_batches() -> None:
    """Whoever ends first, the answers are where their batches were."""

    async def work(number: int) -> int:
        for _ in range(10 - number):
            await asyncio.sleep(0)
        return number * number

    assert asyncio.run(in_parallel(range(10), work)) == [n * n for n in range(10)]
    assert asyncio.run(in_parallel([], work)) == []


def test_only_so_many_are_under_way_at_once() -> None:
    """The others wait for a place, and all places are used."""
    under_way, most = 0, 0

    async def work(number: int) -> int:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return number

    asyncio.run(in_parallel(range(3 * AT_ONCE), work))
    assert most == AT_ONCE


def test_the_first_failure_ends_the_rest() -> None:
    """Those under way end as they like, those that wait never begin, and the first failure is raised."""
    begun, ended = [], []

    async def work(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0)
        if number in {1, 2}:
            raise ValueError(number)
        await asyncio.sleep(0)
        ended.append(number)

    with pytest.raises(ValueError, match="1"):
        asyncio.run(in_parallel(range(2 * AT_ONCE), work))
    assert begun == list(range(AT_ONCE))
    assert ended == [number for number in begun if number not in {1, 2}]


def test_the_end_of_the_process_is_passed_on() -> None:
    """What is no error of ours is raised as well."""

    async def work(number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(in_parallel([1], work))


async def _pages(number: int) -> AsyncIterator[int]:
    for page in range(number):
        yield page


def test_the_next_page_is_asked_for_while_one_is_worked_on() -> None:
    """One page ahead and no more, and all come in order."""
    asked: list[int] = []

    async def listed() -> AsyncIterator[int]:
        for page in range(4):
            asked.append(page)
            await asyncio.sleep(0)
            yield page

    async def worked() -> list[tuple[int, list[int]]]:
        seen = []
        async for page in ahead(listed()):
            for _ in range(10):
                await asyncio.sleep(0)
            seen.append((page, list(asked)))
        return seen

    assert asyncio.run(worked()) == [(0, [0, 1]), (1, [0, 1, 2]), (2, [0, 1, 2, 3]), (3, [0, 1, 2, 3])]


def test_a_page_that_cannot_be_read_fails_after_those_before_it() -> None:
    """What was read is worked on first, as if nobody had looked ahead."""

    async def listed() -> AsyncIterator[int]:
        yield 0
        message = "the second page"
        raise ValueError(message)

    seen = []

    async def worked() -> None:
        async for page in ahead(listed()):
            await asyncio.sleep(0)
            seen.append(page)

    with pytest.raises(ValueError, match="the second page"):
        asyncio.run(worked())
    assert seen == [0]


def test_a_page_ahead_is_called_off_with_the_work() -> None:
    """Where the work ends early nothing is left under way."""
    ends: list[str] = []

    async def listed() -> AsyncIterator[int]:
        yield 0
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ends.append("called off")
            raise
        yield 1

    async def worked() -> None:
        pages = ahead(listed())
        async for page in pages:
            await asyncio.sleep(0)
            ends.append(str(page))
            break
        await pages.aclose()  # type: ignore[attr-defined] - a generator, closed as the event loop would

    asyncio.run(worked())
    assert ends == ["0", "called off"]


def test_a_page_begins_before_the_one_before_has_ended() -> None:
    """So many pages are under way at a time, no more, and each is worked on."""
    begun = [asyncio.Event() for _ in range(5)]
    under_way: set[int] = set()
    seen: list[set[int]] = []

    async def work(page: int) -> None:
        under_way.add(page)
        seen.append(set(under_way))
        begun[page].set()
        if page < len(begun) - 1:
            await asyncio.wait_for(begun[page + 1].wait(), 5)
        under_way.remove(page)

    asyncio.run(overlapping(_pages(len(begun)), work))
    assert seen == [{0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}]


def test_a_page_that_fails_begins_no_other() -> None:
    """The page beside it ends as it likes, and the failure is raised."""
    begun, ended = [], []
    failed = asyncio.Event()

    async def work(page: int) -> None:
        begun.append(page)
        if page == 0:
            failed.set()
            raise ValueError(page)
        await failed.wait()
        await asyncio.sleep(0)
        ended.append(page)

    with pytest.raises(ValueError, match="0"):
        asyncio.run(overlapping(_pages(5), work))
    assert (begun, ended) == ([0, 1], [1])


def test_what_is_called_off_ends_at_once() -> None:
    """A task that Airflow ends does not wait for its pages."""
    ended = []

    async def work(page: int) -> None:
        await asyncio.sleep(60)
        ended.append(page)

    async def called_off() -> None:
        async with asyncio.timeout(0.01):
            await overlapping(_pages(5), work)

    with pytest.raises(TimeoutError):
        asyncio.run(called_off())
    assert ended == []
