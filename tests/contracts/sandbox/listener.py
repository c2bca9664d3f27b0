"""Somebody who listens where the sandbox delivers: keeps what comes, and answers as told."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.partner_center_events import outbox
from sandbox.partner_center_events.courier import Courier

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from sandbox.world import World

_PATIENCE_SECONDS = 20


class Listener:
    """The address that a test registers."""

    def __init__(self, *answers: int) -> None:
        self.heard: list[dict[str, Any]] = []
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self._answers = list(answers)
        """Statuses, each for one request, the last one for all that follow; 0 never answers."""

    @property
    def names(self) -> list[str]:
        """Give the names of the events that came, in their order."""
        return [event["EventName"] for event in self.heard]

    @property
    def subjects(self) -> list[str]:
        """Give the ids that the events told of, in their order."""
        return [event["ResourceUri"].rpartition("/")[2] for event in self.heard]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one delivery."""
        body = (await receive())["body"]
        self.requests.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        self.heard.append(json.loads(body))
        status = (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]) if self._answers else 202
        if not status:
            await asyncio.Event().wait()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def deliver(world: World, listener: Listener, *, until: Callable[[], bool] | None = None) -> Listener:
    """Let a courier deliver until nothing waits, or until it is true; give the listener."""
    asyncio.run(_deliver(world, listener, until or (lambda: not len(outbox.waiting(world)))))
    return listener


async def _deliver(world: World, listener: Listener, until: Callable[[], bool]) -> None:
    delivering = asyncio.create_task(Courier(world, transport=httpx.ASGITransport(listener)).run())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not until():
                assert not delivering.done()
                await asyncio.sleep(0.01)
    finally:
        delivering.cancel()
        with suppress(asyncio.CancelledError):
            await delivering
