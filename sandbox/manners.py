"""What all apps have in common towards a client: latency, faults, throttling, request ids and the journal.

An app tells of its work in the request's state: `rows` (touched), `rows_written`, `route` (template), `write`.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import httpx

from sandbox.answers import Answer
from sandbox.control import control_app
from sandbox.faults import Fault, Seen
from sandbox.journal import Entry, route_of
from sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.world import World

_CONTROL = "/_sandbox"
_WORK_IS_DONE = {"drop_after", "truncate", "act_before", "act_after"}


class ConnectionDroppedError(httpx.RemoteProtocolError):
    """The connection was cut on purpose; over ASGI this is what an httpx client would have seen on a wire."""


@dataclass(frozen=True, kw_only=True)
class House:
    """How one app words what the manners have to say."""

    name: str
    throttled: Callable[[int, str, bool], Answer]
    """Answer for seconds to wait, a reason (requests, concurrency), and whether the gateway's flat body is wanted."""
    unauthorised: Callable[[], Answer]
    request_id_header: str = "request-id"
    echoed: tuple[str, ...] = ()


@dataclass
class _Exchange:
    """One request on its way, and its buffered answer."""

    scope: Scope
    body: bytes
    state: dict[str, Any]
    request_id: str
    fault: Fault | None = None
    start: Message | None = None
    content: bytes = b""

    async def collect(self, message: Message) -> None:
        """Keep what the app answers."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.content += message.get("body", b"")


class Manners:
    """The middleware around one app."""

    def __init__(self, app: ASGIApp, *, world: World, house: House) -> None:
        self._app = app
        self._world = world
        self._house = house
        self._limits = Limits(world, house.name)
        self._control = control_app(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if scope["path"].startswith(_CONTROL):
            await self._control(scope, receive, send)
            return
        state = {
            **scope.get("state", {}),
            "rows": 0,
            "rows_written": 0,
            "write": scope["method"] not in {"GET", "HEAD"},
        }
        scope["state"] = state
        exchange = _Exchange(scope, await _read(receive), state, str(uuid.uuid4()))
        began = time.perf_counter()
        try:
            with self._limits.in_flight():
                await self._answer(exchange, send)
        finally:
            self._record(exchange, began)

    async def _answer(self, exchange: _Exchange, send: Send) -> None:
        exchange.fault = await self._befall(exchange)
        fault, limit = exchange.fault, self._limits.exceeded()
        await _sleep(self._world.latency.request_ms)
        if limit:
            await self._house.throttled(limit.seconds, limit.reason, False).send(exchange.collect)
        elif fault and fault.kind not in _WORK_IS_DONE:
            await self._instead(exchange, fault)
        else:
            await self._work(exchange, fault)
        await self._deliver(exchange, send)

    async def _work(self, exchange: _Exchange, fault: Fault | None) -> None:
        if fault and fault.kind == "act_before":
            self._world.act(fault.body)
        await self._app(exchange.scope, _replay(exchange.body), exchange.collect)
        if fault and fault.kind == "act_after":
            self._world.act(fault.body)
        await _sleep(self._world.latency.row_ms * exchange.state["rows"])

    async def _befall(self, exchange: _Exchange) -> Fault | None:
        if not self._world.faults:
            return None
        scope = exchange.scope
        path = scope["path"] + ("?" + unquote_plus(scope["query_string"].decode()) if scope["query_string"] else "")
        body = exchange.body.decode(errors="replace")
        met = self._world.faults.take(Seen(app=self._house.name, method=scope["method"], path=path, body=body))
        for rule in met:
            await _sleep(rule.ms)
        return next((rule for rule in met if rule.kind != "delay"), None)

    async def _instead(self, exchange: _Exchange, fault: Fault) -> None:
        # `drop_before` has no answer here: nothing is collected, and delivery cuts the connection.
        answer = {
            "status": lambda: Answer(fault.status, fault.body, fault.headers),
            "throttle": lambda: self._house.throttled(fault.retry_after, "requests", fault.flat),
            "garbage": lambda: Answer(200, fault.body or "<html><body>Our services aren't available</body></html>"),
            "revoke": self._house.unauthorised,
        }.get(fault.kind)
        if answer:
            await answer().send(exchange.collect)

    async def _deliver(self, exchange: _Exchange, send: Send) -> None:
        fault, start = exchange.fault, exchange.start
        if start is None or (fault and fault.kind == "drop_after"):
            await _cut(exchange.scope)
            return
        truncated = fault is not None and fault.kind == "truncate"
        content = exchange.content[: len(exchange.content) // 2] if truncated else exchange.content
        headers = [*start["headers"], *self._ids(exchange)]
        if truncated and fault and fault.clean:
            headers = [(name, value) for name, value in headers if name != b"content-length"]
            headers.append((b"content-length", str(len(content)).encode()))
        await send({**start, "headers": headers})
        if truncated and fault and not fault.clean:
            await send({"type": "http.response.body", "body": content, "more_body": True})
            await _cut(exchange.scope)
            return
        await send({"type": "http.response.body", "body": content})

    def _ids(self, exchange: _Exchange) -> list[tuple[bytes, bytes]]:
        echoed = {name.encode() for name in self._house.echoed}
        own = (self._house.request_id_header.encode(), exchange.request_id.encode())
        date = (b"date", format_datetime(self._world.clock.now(), usegmt=True).encode())
        return [own, date, *((name, value) for name, value in exchange.scope["headers"] if name in echoed)]

    def _record(self, exchange: _Exchange, began: float) -> None:
        scope, state = exchange.scope, exchange.state
        query = scope["query_string"].decode()
        entry = Entry(
            at=datetime.now(UTC).isoformat(),
            app=self._house.name,
            method=scope["method"],
            path=scope["path"] + (f"?{query}" if query else ""),
            route=state.get("route") or route_of(scope["path"]),
            status=exchange.start["status"] if exchange.start else 0,
            write=bool(state["write"]),
            rows=state["rows"],
            rows_written=state["rows_written"],
            ms=round((time.perf_counter() - began) * 1000, 2),
            fault=exchange.fault.id if exchange.fault else None,
            request_id=exchange.request_id,
        )
        self._world.journal.add(entry)


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _sleep(ms: float) -> None:
    if ms:
        await asyncio.sleep(ms / 1000)


async def _cut(scope: Scope) -> None:
    abort = scope["state"].get("abort_connection")
    if abort is None:
        message = "peer closed connection without sending complete message body"
        raise ConnectionDroppedError(message)
    abort()
    # Give the loop its turn to notice, so that the server does not try to answer a connection that is gone.
    await asyncio.sleep(0.01)
