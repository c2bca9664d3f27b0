"""Reads a request's body: no more of it than an event can be, no longer than it should take."""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from cosell.webhook.refused import MisshapenError, TooLargeError, TooSlowError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

MOST_BYTES = 16 * 1024
SECONDS = 5.0
_GZIP = zlib.MAX_WBITS | 16


async def read_body(parts: AsyncIterator[bytes], headers: Mapping[str, str], *, seconds: float = SECONDS) -> bytes:
    """Give the bytes that were signed; raises TooLargeError, TooSlowError, MisshapenError."""
    packing = headers.get("content-encoding", "identity").strip().lower()
    if packing not in {"identity", "gzip"}:
        raise MisshapenError("the body is packed in a way that is not known", shown=packing)
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > MOST_BYTES:
        raise TooLargeError("the body is too large")
    try:
        async with asyncio.timeout(seconds):
            body = await _whole(parts)
    except TimeoutError:
        raise TooSlowError("the body did not arrive in time") from None
    except ClientDisconnect:
        raise MisshapenError("the body broke off") from None
    return _unpacked(body) if packing == "gzip" else body


async def _whole(parts: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for part in parts:
        body += part
        if len(body) > MOST_BYTES:
            raise TooLargeError("the body is too large")
    return bytes(body)


def _unpacked(body: bytes) -> bytes:
    """Unpack what a proxy may have packed, and stop one byte after the most that an event can be."""
    unpacking = zlib.decompressobj(_GZIP)
    try:
        whole = unpacking.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise MisshapenError("the body is not gzip") from None
    if len(whole) > MOST_BYTES:
        raise TooLargeError("the body is too large when unpacked")
    if not unpacking.eof:
        raise MisshapenError("the body is not whole gzip")
    return whole
