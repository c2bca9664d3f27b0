"""Waits in the triggerer until something lies in the inbox; what lies there is not told, whoever is woken looks."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TaskSkippedEvent, TaskSuccessEvent

from cosell.adapters.inbox import StoredInbox
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.inbox import inbox_place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from airflow.triggers.base import BaseTaskEndEvent


class InboxTrigger(BaseTrigger):  # type: ignore[misc]  # Airflow's annotations are not read
    """Ends the task that waits: well once something has landed, as skipped where nothing came in its time.

    It keeps nothing in mind: whichever triggerer goes on with it finds the same files.
    """

    def __init__(
        self, *, poll_seconds: float, idle_seconds: float, place: str | None = None, environment: str = DEFAULT.name
    ) -> None:
        super().__init__()
        self.poll_seconds, self.idle_seconds = poll_seconds, idle_seconds
        self.place, self.environment = place, environment

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Give what it is made from again."""
        kept = {name: getattr(self, name) for name in ("poll_seconds", "idle_seconds", "place", "environment")}
        return f"{type(self).__module__}.{type(self).__qualname__}", kept

    async def run(self) -> AsyncIterator[BaseTaskEndEvent]:
        """Look at the inbox, one listing at a time, until there is something."""
        own = Environment(self.environment)
        inbox = StoredInbox(await asyncio.to_thread(inbox_place, self.place, environment=own))
        end = time.monotonic() + self.idle_seconds
        while not await asyncio.to_thread(inbox.landed):
            if time.monotonic() >= end:
                yield TaskSkippedEvent()
                return
            await asyncio.sleep(self.poll_seconds)
        yield TaskSuccessEvent()
