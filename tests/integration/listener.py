"""A plain server on this machine that hears who knocks."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener(HTTPServer):
    """Keeps the headers of what it is asked."""

    heard: dict[str, str]


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Answer as an API does to whom it does not know."""
        assert isinstance(self.server, Listener)
        self.server.heard = dict(self.headers) | {"path": self.path}
        self.send_response(302 if self.path == "/elsewhere" else 401)
        self.send_header("Location", "https://elsewhere.example/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Listener]:
    """Run one."""
    server = Listener(("127.0.0.1", 0), _Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
