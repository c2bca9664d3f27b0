"""A scripted service: it gives the answers it was told, in order, and keeps what it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
from cosell.adapters.transport import Patience

BASE = "https://service.example/v1.0"
QUICK = Patience(first_wait=0.001, longest_wait=0.002, tries=4, throttled=3)


@dataclass
class Service:
    """Answers one after the other; the last one stays. An exception is what the wire does instead of answering."""

    answers: list[httpx.Response | Exception] = field(default_factory=list)
    asked: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@dataclass
class Tokens:
    """Gives token-0, and a next one for every refused one."""

    number: int = 0

    async def token(self, *, refused: str | None = None) -> str:
        """Give the present token."""
        if refused == f"token-{self.number}":
            self.number += 1
        return f"token-{self.number}"
