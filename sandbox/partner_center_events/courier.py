"""Delivers events in the background, several at a time; an address that does not take one is asked again later."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from sandbox.partner_center_events import outbox
from sandbox.partner_center_events.certificate import certificate_url, signer_of
from sandbox.partner_center_events.registration import registration_of

if TYPE_CHECKING:
    from sandbox.world import World

_LOOKS_AGAIN_SECONDS = 0.1
"""How soon what waits for its time is looked at again; the sandbox's clock may be moved meanwhile."""


class Courier:
    """Sends what is due to the registered address, until cancelled."""

    def __init__(self, world: World, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._world = world
        self._transport = transport
        self._underway: set[str] = set()
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Deliver; what is underway when this is cancelled is sent again by the next courier."""
        self._world.when_raised.append(self._news.set)
        client = httpx.AsyncClient(
            transport=self._transport, verify=ssl.create_default_context(), trust_env=False, follow_redirects=False
        )
        try:
            async with client, asyncio.TaskGroup() as group:
                while True:
                    self._news.clear()
                    room = max(0, self._world.settings["events_at_once"] - len(self._underway))
                    for key in outbox.due(self._world, most=room, but=self._underway):
                        self._underway.add(key)
                        group.create_task(self._deliver(client, key))
                    await self._wait()
        finally:
            self._world.when_raised.remove(self._news.set)

    async def _wait(self) -> None:
        """Wait for news: something was raised, or an attempt has ended; or for the time of what waits."""
        idle = len(outbox.waiting(self._world)) == len(self._underway)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), None if idle else _LOOKS_AGAIN_SECONDS)

    async def _deliver(self, client: httpx.AsyncClient, key: str) -> None:
        try:
            delivery = outbox.waiting(self._world).get(key) or {}
            status, said, ms = await self._attempt(client, str(delivery["body"]).encode())
            with self._world.store.atomic():
                outbox.note_attempt(self._world, key, status=status, said=said, ms=ms)
        finally:
            self._underway.discard(key)
            self._news.set()

    async def _attempt(self, client: httpx.AsyncClient, body: bytes) -> tuple[int | None, str, float]:
        """Give the status of the answer, what it says in a word, and how many milliseconds it took."""
        registration = registration_of(self._world) or {}
        headers = await self._headers(body, apart=registration["signature_apart"])
        timeout = self._world.settings["event_timeout_seconds"]
        began = time.perf_counter()
        try:
            answer = await client.post(registration["url"], content=body, headers=headers, timeout=timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, type(error).__name__, _since(began)
        return answer.status_code, _word(answer.status_code), _since(began)

    async def _headers(self, body: bytes, *, apart: bool) -> dict[str, str]:
        world = self._world
        # A signature takes a millisecond, in which the services should answer.
        headers = await asyncio.to_thread(signer_of(world).headers, body, certificate_url=certificate_url(world))
        if apart:
            token = headers.pop("Authorization")
            headers["X-MS-Signature"] = token if world.settings["ms_signature_scheme"] else token.split()[1]
        return headers


def _since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def _word(status: int) -> str:
    """Give a status as the validation's results name it: OK, Accepted, ServiceUnavailable."""
    try:
        return HTTPStatus(status).phrase.title().replace(" ", "") if status != HTTPStatus.OK else "OK"
    except ValueError:
        return str(status)
