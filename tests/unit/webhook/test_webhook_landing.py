"""Landing: bounded, told when the storage is slow or fails, and well again by itself."""

from __future__ import annotations

import asyncio
import errno
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cosell.sync.ports.inbox import Notice
from cosell.webhook.landing import Landing
from cosell.webhook.refused import NotNowError

if TYPE_CHECKING:
    from cosell.sync.ports.inbox import Landed

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, tzinfo=UTC)
NOTICE = Notice(event="referral-updated", subject="s", key="k", changed=NOW, received=NOW)


class FakeInbox:
    """Storage that can be slow and full."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()

    def land(self, notice: Notice) -> bool:
        """Keep it, as soon as that goes."""
        self.open.wait(10)
        if self.error:
            raise self.error
        is_new = notice.name not in self.names
        self.names.append(notice.name)
        return is_new

    def landed(self) -> list[Landed]:
        """Give nothing."""
        return []

    def read(self, name: str) -> Notice | None:
        """Give nothing."""

    def remove(self, name: str) -> None:
        """Do nothing."""


async def test_landed_and_duplicate() -> None:
    """What the inbox says is passed on."""
    landing = Landing(FakeInbox())
    assert await landing.land(NOTICE)
    assert not await landing.land(NOTICE)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), RuntimeError("the client's own kind")])
async def test_any_failure_of_the_storage_is_passing(error: Exception) -> None:
    """Each storage has errors of its own; all mean that the event shall be sent again."""
    inbox = FakeInbox()
    landing = Landing(inbox)
    inbox.error = error
    with pytest.raises(NotNowError, match="down or full") as told:
        await landing.land(NOTICE)
    assert type(error).__name__ in told.value.shown
    inbox.error = None
    assert await landing.land(NOTICE)


async def test_slow_storage_is_told_and_bounded() -> None:
    """Nobody waits longer than some seconds, no more than some wait; what was begun lands all the same."""
    inbox = FakeInbox()
    landing = Landing(inbox, most=3, seconds=0.05)
    inbox.open.clear()
    answers = await asyncio.gather(*(landing.land(NOTICE) for _ in range(10)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [NotNowError] * 10
    assert inbox.names == []
    inbox.open.set()
    await asyncio.sleep(0.1)
    assert len(inbox.names) == 3
    assert not await landing.land(NOTICE)
