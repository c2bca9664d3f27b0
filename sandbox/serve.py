"""The four services over TLS in one process and one event loop, stopped by SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn

from sandbox import dataverse, entra, partner_center, partner_center_events
from sandbox.certificates import write_leaf
from sandbox.partner_center_events.courier import Courier
from sandbox.ports import PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from sandbox.world import World

APPS: dict[str, Callable[[World], ASGIApp]] = {
    "entra": entra.create_app,
    "partner_center": partner_center.create_app,
    "dataverse": dataverse.create_app,
    "partner_center_events": partner_center_events.create_app,
}
_SHUTDOWN_SECONDS = 3


class PortTakenError(Exception):
    """An address cannot be listened at."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where to listen (port 0: any free one), and further names that clients will use for this machine."""

    host: str = "127.0.0.1"
    ports: dict[str, int] = field(default_factory=PORTS.copy)
    names: tuple[str, ...] = ()

    def bind(self) -> dict[str, socket.socket]:
        """Give a listening socket for each app."""
        return {name: _listen(self.host, port) for name, port in self.ports.items()}

    def urls(self, sockets: dict[str, socket.socket]) -> dict[str, str]:
        """Give the address of each app as its clients will write it."""
        shown = self.names[0] if self.names else ("127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host)
        return {name: f"https://{shown}:{bound.getsockname()[1]}" for name, bound in sockets.items()}


class _Server(uvicorn.Server):
    """A server that leaves the signals to the one who runs them all, and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Idle connections would be waited for: TLS closes politely, and a client may not be listening any more.
        for connection in list(self.server_state.connections):
            cycle = getattr(connection, "cycle", None)
            if cycle is None or cycle.response_complete:
                connection.transport.abort()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(world: World, *, addresses: Addresses, folder: Path, ready: Callable[[dict[str, str]], None]) -> None:
    """Serve until told to stop; `ready` is called with the addresses once all of them answer."""
    apps = {name: create(world) for name, create in APPS.items()}
    sockets = addresses.bind()
    urls = addresses.urls(sockets)
    world.settings["urls"] = urls
    certificate, key = write_leaf(folder, names=addresses.names)
    servers = {name: _server(app, certificate=certificate, key=key) for name, app in apps.items()}
    loop_factory = next(iter(servers.values())).config.get_loop_factory()
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(_run(servers, sockets, Courier(world), lambda: ready(urls)))


async def _run(
    servers: dict[str, _Server], sockets: dict[str, socket.socket], courier: Courier, started: Callable[[], None]
) -> None:
    def stop() -> None:
        for server in servers.values():
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with asyncio.TaskGroup() as group:
        serving = [group.create_task(server.serve([sockets[name]])) for name, server in servers.items()]
        await asyncio.gather(*(server.ready.wait() for server in servers.values()))
        started()
        delivering = group.create_task(courier.run())
        await asyncio.wait(serving)
        delivering.cancel()


def _server(app: ASGIApp, *, certificate: Path, key: Path) -> _Server:
    config = uvicorn.Config(
        app,
        ssl_certfile=str(certificate),
        ssl_keyfile=str(key),
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    config.load()
    config.http_protocol_class = _abortable(config.http_protocol_class)
    return _Server(config)


def _abortable(protocol: Any) -> Any:  # noqa: ANN401 - uvicorn's two protocol classes share no public base
    class Abortable(protocol):  # type: ignore[misc]
        """Hands every request the means to cut its own connection (see sandbox.manners)."""

        app_state: dict[str, Any]

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.app_state = {**self.app_state, "abort_connection": transport.abort}

    return Abortable


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise PortTakenError(f"{host}:{port} ({error.strerror})") from error
    bound.setblocking(False)
    return bound
