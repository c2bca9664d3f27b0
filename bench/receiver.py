"""A webhook receiver as a process of its own, a certificate server beside it, and a client cheaper than both."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sandbox.certificates import write_leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

ROOT = Path(__file__).parents[1]
_START_SECONDS = 60
_EPOCH = datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)


class CertificateHost:
    """An HTTPS server: what it gives by path, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.gives: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.ca = folder / "ca.pem"
        certificate, key = write_leaf(folder, names=())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._asker())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"https://{self.host}{path}"

    def give(self, path: str, content: bytes) -> str:
        """Let a path give this content from now on; give its address."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content)

        self.gives[path] = answer
        return self.url(path)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _asker(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Asked(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.path)
                give = host.gives.get(self.path)
                if give is None:
                    self.send_error(404)
                else:
                    give(self)

            def log_message(self, *said: object) -> None:
                """Keep quiet."""

        return Asked


class Running:
    """A receiver that listens."""

    def __init__(self, process: subprocess.Popen[bytes], *, port: int, log: Path) -> None:
        self.process, self.port, self._log = process, port, log

    @property
    def log(self) -> str:
        """Give what it has said."""
        return self._log.read_text(errors="replace")


@contextmanager
def running_receiver(folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    """Run a receiver until the block ends."""

    def command(port: int) -> list[str]:
        return ["env", f"COSELL_WEBHOOK_LISTEN=127.0.0.1:{port}", sys.executable, "-m", "cosell.webhook"]

    with _running(command, folder, environment) as running:
        yield running


@contextmanager
def running_bare(folder: Path) -> Iterator[Running]:
    """Run the same kind of server, with nothing behind it."""
    with _running(lambda port: [sys.executable, "-m", "bench.bare", str(port)], folder, {}) as running:
        yield running


@contextmanager
def _running(command: Callable[[int], list[str]], folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    told = {"PYTHONPATH": str(ROOT / "plugins"), "NO_PROXY": "*", **environment}
    log = folder / "receiver.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command(port), env={**os.environ, **told}, cwd=ROOT, stdout=said, stderr=said)
    try:
        _await_port(port, process, log)
        yield Running(process, port=port, log=log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.05)
        else:
            return


def event(number: int = 0, *, name: str = "referral-updated", referral: str | None = None) -> bytes:
    """Give an event's body, as Partner Center spells it."""
    changed = (_EPOCH + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.1234567+00:00")
    said = {
        "EventName": name,
        "ResourceUri": f"https://api.partnercenter.microsoft.com/engagements/v1/referrals/{referral or uuid4()}",
        "ResourceName": "referral",
        "AuditUri": None,
        "ResourceChangeUtcDate": changed,
    }
    return json.dumps(said, separators=(",", ":")).encode()


def wire(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Give a whole request as it goes over the connection."""
    lines = [f"{name}: {value}" for name, value in {"Host": "receiver", "Content-Length": len(body), **headers}.items()]
    return "\r\n".join(["POST /cosell/webhook HTTP/1.1", *lines, "", ""]).encode() + body


async def send_all(
    port: int,
    requests: Iterable[bytes],
    *,
    connections: int,
    a_second: float = 0,
    took: list[float] | None = None,
) -> Counter[int]:
    """Send requests over some connections, as fast as they are answered or so many a second; count the answers.

    A connection that breaks counts as 0 and sends no more. `took` gets the seconds from when each was due.
    """
    waiting, began, answers = enumerate(requests), time.monotonic(), Counter[int]()

    async def one() -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            answers[0] += 1
            return
        for number, request in waiting:
            due = began + number / a_second if a_second else time.monotonic()
            if a_second:
                await asyncio.sleep(due - time.monotonic())
            writer.write(request)
            status = await _status(reader)
            answers[status] += 1
            if took is not None:
                took.append(time.monotonic() - due)
            if not status:
                break
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers


async def _status(reader: asyncio.StreamReader) -> int:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.partition(b":")[2]))
    except (OSError, asyncio.IncompleteReadError):
        return 0
    return int(head[9:12])
