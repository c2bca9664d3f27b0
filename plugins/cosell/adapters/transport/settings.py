"""How a transport behaves, told by who builds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx


class TokenSource(Protocol):
    """Where access tokens come from."""

    async def token(self, *, refused: str | None = None) -> str:
        """Give a token that is good now; `refused` is one that the service did not take, and never comes back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a person knows a way to a service by."""

    connection: str = "the connection"
    """With its id, such as `connection dataverse_default`."""
    address: str = "host (base URL)"
    """The part of it that says where the service is."""
    sign_in: str = "airflow cosell sign-in"
    """What to type to sign in for it."""


UNNAMED = Naming()


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often to try; times in seconds."""

    connect: float = 10
    answer: float = 120
    """For the next byte of an answer."""
    whole: float = 300
    """For one try altogether."""
    tries: int = 6
    """Of one request that meets 5xx or a broken connection; Retry-After is counted by its time instead."""
    first_wait: float = 0.5
    longest_wait: float = 20
    throttled: float = 300
    """That one request waits altogether because the service asked to."""


def _nothing() -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a service needs besides its base URL and a token."""

    twins: frozenset[str] = frozenset()
    """Other hosts (names only) that links of this service may point to."""
    verify: bool | str = True
    """True: the usual authorities; a path: this CA bundle."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """On every request."""
    stamp: Callable[[], Mapping[str, str]] = _nothing
    """Gives headers that are new on every try, such as correlation ids."""
    patience: Patience = Patience()
    concurrency: int = 16
    """Most requests at a time, until the service hints otherwise."""
    naming: Naming = UNNAMED
    wire: httpx.AsyncBaseTransport | None = None
    """Carries the requests instead of the network, in tests."""
