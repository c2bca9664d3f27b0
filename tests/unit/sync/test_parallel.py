"""Several batches under way at once."""

from __future__ import annotations

import asyncio

import pytest
from cosell.sync.parallel import AT_ONCE, in_parallel


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
