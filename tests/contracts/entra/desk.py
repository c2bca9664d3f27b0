"""Entra in this process, asked the way msal asks; and a vault that keeps its tokens in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import httpx
from cosell.core.sign_in import SignInHealth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.adapters.entra import AccessToken


@dataclass
class Wire(httpx.BaseTransport):
    """A blocking wire to an app in this process."""

    app: Any
    heard: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request from msal's thread."""
        self.heard.append(request)
        return asyncio.run(self._carry(request))

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
            asked = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            answer = await client.send(asked)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def grants(self) -> int:
        """Give how often a token was asked for."""
        return sum(request.url.path.endswith("/token") for request in self.heard)


@dataclass
class Vault:
    """Keeps what the encrypted store would keep."""

    access: dict[tuple[str, str], AccessToken] = field(default_factory=dict)
    refresh: tuple[str, str] | None = None
    kept: list[str] = field(default_factory=list)
    known: dict[str, SignInHealth] = field(default_factory=dict)
    lock: anyio.Lock = field(default_factory=anyio.Lock)

    @asynccontextmanager
    async def lease(self, _name: str) -> AsyncIterator[None]:
        """Hold the only name there is."""
        async with self.lock:
            yield

    def access_token(self, audience: str, *, origin: str) -> AccessToken | None:
        """Give the shared token."""
        return self.access.get((audience, origin))

    def keep_access_token(self, audience: str, token: AccessToken, *, origin: str) -> None:
        """Share a token."""
        self.kept.append("access")
        self.access[audience, origin] = token

    def refresh_token(self, *, origin: str) -> str | None:
        """Give the newest refresh token of a sign-in."""
        return self.refresh[0] if self.refresh and self.refresh[1] == origin else None

    def keep_refresh_token(self, token: str, *, origin: str) -> None:
        """Keep a refresh token."""
        self.kept.append("refresh")
        self.refresh = (token, origin)

    def forget_access_tokens(self) -> None:
        """Drop all shared tokens."""
        self.access.clear()

    def health(self, *, origin: str) -> SignInHealth:
        """Give what is known of a sign-in."""
        return self.known.get(origin, SignInHealth())

    def keep_health(self, health: SignInHealth, *, origin: str) -> None:
        """Remember it."""
        self.known[origin] = health
