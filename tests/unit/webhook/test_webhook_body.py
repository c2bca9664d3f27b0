"""How much of a body is read, and how long that may take."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from cosell.webhook.body import MOST_BYTES, read_body
from cosell.webhook.refused import MisshapenError, TooLargeError, TooSlowError
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
PACKED = {"content-encoding": "gzip"}


async def parts(*said: bytes) -> AsyncIterator[bytes]:
    """Give a body as it arrives."""
    for part in said:
        yield part


async def test_a_body_comes_in_parts() -> None:
    """Up to the most, with or without a length."""
    assert await read_body(parts(b"a", b"b", b""), {}) == b"ab"
    assert len(await read_body(parts(b"a" * MOST_BYTES), {"content-length": str(MOST_BYTES)})) == MOST_BYTES


async def test_a_length_that_is_too_large_is_refused_unread() -> None:
    """Not a byte of it is asked for."""

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    for length in (str(MOST_BYTES + 1), str(10**30)):
        with pytest.raises(TooLargeError):
            await read_body(never(), {"content-length": length})


async def test_a_body_without_length_is_cut_off() -> None:
    """A chunked body says how long it is only by its end."""
    with pytest.raises(TooLargeError):
        await read_body(parts(*[b"a" * 1000] * 17), {})


async def test_gzip_is_unpacked() -> None:
    """A proxy may pack what was signed unpacked."""
    assert await read_body(parts(gzip.compress(b"event")), PACKED) == b"event"


async def test_a_gzip_bomb_is_not_unpacked() -> None:
    """It stops one byte after the most."""
    bomb = gzip.compress(b"\0" * 10_000_000, 9)
    assert len(bomb) < MOST_BYTES
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        await read_body(parts(bomb), PACKED)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 500_000


@pytest.mark.parametrize("packed", [b"event", gzip.compress(b"event", mtime=0)[:-4], b""])
async def test_broken_gzip_is_misshapen(packed: bytes) -> None:
    """What does not unpack whole is nothing."""
    with pytest.raises(MisshapenError):
        await read_body(parts(packed), PACKED)


async def test_another_packing_is_misshapen() -> None:
    """Only gzip is known."""
    with pytest.raises(MisshapenError):
        await read_body(parts(b"event"), {"content-encoding": "br"})


async def test_a_slow_body_is_given_up() -> None:
    """Who sends a byte now and then does not hold us."""

    async def slow() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.02)
            yield b"a"

    with pytest.raises(TooSlowError):
        await read_body(slow(), {}, seconds=0.05)


async def test_a_body_that_breaks_off_is_no_fault_of_ours() -> None:
    """Nobody waits for the answer any more."""

    async def gone() -> AsyncIterator[bytes]:
        yield b"a"
        raise ClientDisconnect

    with pytest.raises(MisshapenError):
        await read_body(gone(), {})
