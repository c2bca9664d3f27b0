"""Downloads one certificate: from that very address, no further than a certificate can be long."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING

import httpx

from cosell.core.errors import ConfigurationError
from cosell.webhook.refused import NotGenuineError, NotNowError

if TYPE_CHECKING:
    from typing import Self

MOST_BYTES = 64 * 1024
SECONDS = 10.0
"""In all: name, connection, and the last byte."""


class Download:
    """Asks certificate servers; `async with` it."""

    def __init__(self, ca: str | None = None, *, seconds: float = SECONDS) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            verify=_authorities(ca), follow_redirects=False, headers={"Accept-Encoding": "identity"}
        )
        self._seconds = seconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failed: object) -> None:
        await self._client.aclose()

    async def get(self, address: str) -> bytes:
        """Give what lies at an address; NotNowError where that cannot be had, NotGenuineError where it never will."""
        try:
            async with asyncio.timeout(self._seconds), self._client.stream("GET", address) as answer:
                if answer.is_redirect:
                    raise NotGenuineError("the certificate's address leads to another one")
                if answer.status_code != httpx.codes.OK:
                    raise NotNowError(f"the certificate's server answered {answer.status_code}")
                return await _short(answer)
        except (httpx.HTTPError, TimeoutError):
            raise NotNowError("the certificate's server did not answer in time, or not at all") from None


async def _short(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for part in answer.aiter_raw():
        content += part
        if len(content) > MOST_BYTES:
            raise NotGenuineError("what lies at the certificate's address is too long for one")
    return bytes(content)


def _authorities(ca: str | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        message = f"COSELL_WEBHOOK_CA names a CA bundle that cannot be read: {ca}"
        raise ConfigurationError(message) from error
