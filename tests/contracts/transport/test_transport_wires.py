"""What goes over real sockets: connections that are kept, and the proxies that the environment names."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.transport import Options, Request, Transport

from tests.contracts.transport.scripted import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass
class Listener:
    """A plain server that notes its connections and the first line of each request."""

    connections: int = 0
    lines: list[str] = field(default_factory=list)
    url: str = ""
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests till it ends."""
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.lines.append(head.split(b"\r\n", 1)[0].decode())
                self.heard.set()
                await asyncio.sleep(0.02)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        except asyncio.IncompleteReadError:
            writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Give a listener on a free port."""
    listener = Listener()
    server = await asyncio.start_server(listener.serve, "127.0.0.1", 0)
    listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield listener
    finally:
        server.close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no proxy of the developer's machine take part."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def test_a_connection_is_kept_for_the_next_request() -> None:
    """One after another needs one connection; as many as go together need one each."""
    read = Request(path="things")
    async with listening() as service, Transport(service.url, Tokens(), options=Options(concurrency=4)) as transport:
        for _ in range(3):
            await transport.send(read)
        assert service.connections == 1
        await asyncio.gather(*(transport.send(read) for _ in range(12)))
        assert service.connections == transport.pace.width == 4


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_environment_s_proxy_is_used(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """Behind a company's proxy every request goes through it."""
    async with listening() as proxy:
        monkeypatch.setenv(f"{scheme}_proxy".upper(), proxy.url)
        async with Transport(f"{scheme}://service.example/", Tokens(), options=Options()) as transport:
            sending = asyncio.create_task(transport.send(Request(path="things")))
            await asyncio.wait_for(proxy.heard.wait(), 5)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        asked = {"http": "GET http://service.example/things", "https": "CONNECT service.example:443"}
        assert proxy.lines[0].startswith(asked[scheme])


async def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What NO_PROXY names is asked directly."""
    async with listening() as proxy, listening() as service:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with Transport(service.url, Tokens(), options=Options()) as transport:
            assert (await transport.send(Request(path="things"))).json() == {}
        assert (proxy.connections, service.connections) == (0, 1)
