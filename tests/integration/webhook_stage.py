"""A receiver as its own process, Microsoft's certificate server, and ways to speak to both."""

from __future__ import annotations

import gzip
import http.client
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.adapters.inbox import StoredInbox

from bench.receiver import CertificateHost, Running, running_receiver
from sandbox.signing import Chain, Signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PATH = "/cosell/webhook"
KNOWN = "/cert/known.cer"


@dataclass
class Stage:
    """Who signs, where the certificate lies, where events land, and the receiver while it runs."""

    folder: Path
    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "trust.pem").write_bytes(self.chain.bundle)
        self.host = CertificateHost(self.folder / "tls")
        self.signer: Signer = self.chain.signer()
        self.known = self.host.give(KNOWN, self.signer.der)
        self.inbox = StoredInbox(self.folder / "inbox")
        self.receiver: Running | None = None

    @contextmanager
    def running(self, *allowed: str, **environment: str) -> Iterator[Stage]:
        """Run the receiver; without addresses the known one and the folder around it are allowed."""
        told = {
            "COSELL_INBOX": str(self.folder / "inbox"),
            "COSELL_WEBHOOK_TRUST": str(self.folder / "trust.pem"),
            "COSELL_WEBHOOK_CERTIFICATES": " ".join(allowed or (self.known, self.host.url("/cert/"))),
            "COSELL_WEBHOOK_CA": str(self.host.ca),
        }
        with running_receiver(self.folder / "receiver", told | environment) as self.receiver:
            yield self

    @property
    def port(self) -> int:
        """Give where the receiver listens."""
        assert self.receiver is not None
        return self.receiver.port

    @property
    def log(self) -> str:
        """Give what the receiver said."""
        assert self.receiver is not None
        return self.receiver.log

    def headers(self, body: bytes, *, by: Signer | None = None, at: str | None = None) -> dict[str, str]:
        """Give the headers of a delivery, by Microsoft unless said otherwise."""
        return (by or self.signer).headers(body, certificate_url=at or self.known)

    def post(self, body: bytes, headers: Mapping[str, str], *, method: str = "POST", path: str = PATH) -> int:
        """Send a request; give the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()

    def deliver(self, body: bytes, *, by: Signer | None = None, at: str | None = None) -> int:
        """Send an event as Partner Center does."""
        return self.post(body, self.headers(body, by=by, at=at))

    def names(self) -> list[str]:
        """Give what lies in the inbox."""
        return [one.name for one in self.inbox.landed()]

    def raw(self) -> socket.socket:
        """Give a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


def packed(body: bytes) -> bytes:
    """Give a body as a proxy may pack it."""
    return gzip.compress(body)


def status_of(answer: bytes) -> int:
    """Give the status of a bare answer."""
    return int(answer[9:12])
