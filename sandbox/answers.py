"""Plain HTTP answers, and the pieces of a request, without a framework's ceremony."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Send


@dataclass(frozen=True)
class Answer:
    """A status, a body (bytes, text, or anything JSON can say; None for an empty body) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"

    def content(self) -> bytes:
        """Give the bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else to_json(self.body)

    async def send(self, send: Send) -> None:
        """Send it over ASGI."""
        content = self.content()
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        if content:
            headers.append((b"content-type", self.content_type.encode()))
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})
