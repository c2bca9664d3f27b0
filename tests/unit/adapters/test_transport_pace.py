"""Concurrency starts low, grows with success, and gives way when the service asks."""

import anyio
import anyio.lowlevel
import pytest
from cosell.adapters.transport.failures import retry_after
from cosell.adapters.transport.pace import Pace

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the steps do."""
    return "asyncio"


class Watch:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.now += seconds


def succeed(pace: Pace, times: int, *, hint: int | None = None) -> None:
    """Let so many requests succeed."""
    for _ in range(times):
        pace.succeeded(hint=hint)


async def test_grows_to_the_most() -> None:
    """It starts at two and every success adds one, up to the most."""
    pace = Pace(16)
    assert pace.width == 2
    succeed(pace, 30)
    assert pace.width == 16


async def test_hint_replaces_the_most() -> None:
    """The service's recommended parallelism bounds the growth, in both directions."""
    pace = Pace(16)
    succeed(pace, 40, hint=20)
    assert pace.width == 20
    succeed(pace, 1, hint=4)
    assert pace.width == 4


async def test_throttling_halves_once_for_requests_that_flew_together() -> None:
    """Ten 429s of one flight are one sign, a 429 of the next flight is another."""
    watch = Watch()
    pace = Pace(16, clock=watch, sleep=watch.sleep)
    succeed(pace, 30)
    begun = watch.now
    watch.now += 1
    for _ in range(10):
        pace.throttled(5, begun=begun)
    assert pace.width == 8
    watch.now += 6
    pace.throttled(5, begun=watch.now)
    assert pace.width == 4


async def test_growth_is_slow_after_throttling() -> None:
    """Once throttled, a whole round of successes adds one."""
    watch = Watch()
    pace = Pace(16, clock=watch)
    succeed(pace, 30)
    pace.throttled(0, begun=watch.now)
    succeed(pace, 8)
    assert pace.width == 9


async def test_pause_ends_with_its_time() -> None:
    """What the service asked to wait is waited, and no longer."""
    watch = Watch()
    pace = Pace(4, clock=watch, sleep=watch.sleep)
    pace.throttled(7, begun=watch.now)
    assert pace.pause == pytest.approx(7)
    await pace.wait(pace.pause)
    assert pace.pause == 0


async def test_width_bounds_what_is_on_its_way() -> None:
    """Never more requests at a time than the width."""
    pace, inside, most = Pace(16), 0, 0

    async def ask() -> None:
        nonlocal inside, most
        async with pace.slot():
            inside += 1
            most = max(most, inside)
            await anyio.lowlevel.checkpoint()
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert most == 2


def test_retry_after_is_seconds_or_a_date() -> None:
    """Both published forms are read; anything else is as if it were not there."""
    assert retry_after("57") == 57
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert (retry_after("Fri, 31 Dec 2999 23:59:59 GMT") or 0) > 3000
    assert retry_after("soon") is None
    assert retry_after(None) is None
