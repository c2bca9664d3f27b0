"""A chain and a signer for all tests of the receiver, made once: RSA keys take time."""

from __future__ import annotations

import pytest

from sandbox.signing import Chain, Signer


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the receiver does."""
    return "asyncio"


@pytest.fixture(scope="session")
def chain() -> Chain:
    """Give Microsoft's authorities."""
    return Chain()


@pytest.fixture(scope="session")
def signer(chain: Chain) -> Signer:
    """Give who signs Microsoft's events."""
    return chain.signer()
