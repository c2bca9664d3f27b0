"""The encrypted store of tokens: shared by all tasks, redeemed by one at a time, sealed with Airflow's Fernet keys."""

from __future__ import annotations

import hashlib
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import anyio
from cryptography.fernet import InvalidToken

from cosell.adapters.state.shelf import Sealed
from cosell.core.errors import ConfigurationError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

MARGIN = timedelta(minutes=5)
"""An access token is given out no longer than this before it ends."""
HOLD = timedelta(seconds=90)
"""Longer than any sign-in takes; so long a task that died in one keeps the others waiting."""
PAUSE_SECONDS = 0.2

log = logging.getLogger(__name__)


class Cipher(Protocol):
    """What is used of Airflow's Fernet: the first key encrypts, any key decrypts."""

    def encrypt(self, msg: bytes, /) -> bytes:
        """Encrypt."""

    def decrypt(self, msg: bytes, /) -> bytes:
        """Decrypt; raises cryptography's InvalidToken."""


class Shelf(Protocol):
    """What is used of the state: SqlState has it."""

    def sealed(self, name: str) -> Sealed | None:
        """Give the sealed secret of that name."""

    def seal(self, secret: Sealed) -> None:
        """Put it in place of the one with its name."""

    def reseal(self, name: str, *, former: str, ciphertext: str) -> None:
        """Change a ciphertext, unless it is another one by now."""

    def sealed_names(self) -> list[str]:
        """Give all names."""

    def take_leases(
        self, groups: Sequence[Collection[str]], *, run_id: str, now: datetime, until: datetime
    ) -> list[bool]:
        """Take each group of ids whole or not at all."""

    def give_back_leases(self, run_id: str, ids: Collection[str] | None = None) -> None:
        """Let go of these ids."""


class TokenVault:
    """Small secrets by name. Nothing of it shows in a log, a repr or an exception."""

    def __init__(
        self, shelf: Shelf, *, cipher: Cipher, is_encrypted: bool, clock: Callable[[], datetime] | None = None
    ) -> None:
        if not is_encrypted or cipher.encrypt(b"probe") == b"probe":
            raise ConfigurationError(
                "[core] fernet_key is empty, so tokens would be stored readable: set AIRFLOW__CORE__FERNET_KEY"
            )
        self._shelf, self._cipher = shelf, cipher
        self._now = clock or (lambda: datetime.now(UTC))

    def __repr__(self) -> str:
        return "TokenVault()"

    # ------------------------------------------------------------ access tokens

    def get(self, name: str) -> str | None:
        """Give the secret; None where there is none, it ends within five minutes, or its key is gone."""
        sealed = self._shelf.sealed(name)
        if sealed is None or (sealed.expires and sealed.expires - MARGIN <= self._now()):
            return None
        return self._opened(sealed)

    def put(self, name: str, secret: str, *, expires: datetime | None = None) -> None:
        """Keep the secret in place of the one with its name."""
        self._shelf.seal(Sealed(name, self._closed(secret), expires))

    # ------------------------------------------------------------ refresh tokens

    def refresh_token(self, name: str, *, configured: str) -> str:
        """Give the token to redeem: the rotated one kept, unless the connection holds another than it came from."""
        sealed = self._shelf.sealed(name)
        if sealed is None or (configured and sealed.origin != _fingerprint(name, configured)):
            return configured
        return self._opened(sealed) or configured

    def keep_refresh_token(self, name: str, rotated: str, *, configured: str) -> None:
        """Keep a rotated token, and by its hash which token of the connection it came from."""
        self._shelf.seal(Sealed(name, self._closed(rotated), origin=_fingerprint(name, configured)))

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Hold the right to redeem this name's token; wait while another task has it. Look into the vault again inside.

        Raises ServiceUnavailableError where the other task does not finish.
        """
        holder, lease = f"vault:{uuid4()}", f"token:{name}"
        await self._take(lease, holder=holder)
        try:
            yield
        finally:
            self._shelf.give_back_leases(holder, [lease])

    async def _take(self, lease: str, *, holder: str) -> None:
        """Take the lease; asking again once it must have expired."""
        give_up = self._now() + HOLD + timedelta(seconds=10)
        while (now := self._now()) < give_up:
            if self._shelf.take_leases([[lease]], run_id=holder, now=now, until=now + HOLD) == [True]:
                return
            await anyio.sleep(PAUSE_SECONDS)
        raise ServiceUnavailableError("another task keeps signing in and does not finish")

    # ------------------------------------------------------------ keys

    def reencrypt(self) -> int:
        """Encrypt everything with the first key, as after a rotation of keys; give how many secrets could be read."""
        readable = 0
        for name in self._shelf.sealed_names():
            sealed = self._shelf.sealed(name)
            secret = None if sealed is None else self._opened(sealed)
            if sealed is not None and secret is not None:
                # A token that was rotated meanwhile is left alone: it is encrypted with the first key already.
                self._shelf.reseal(name, former=sealed.ciphertext, ciphertext=self._closed(secret))
                readable += 1
        return readable

    def _closed(self, secret: str) -> str:
        return self._cipher.encrypt(secret.encode()).decode("ascii")

    def _opened(self, sealed: Sealed) -> str | None:
        try:
            return self._cipher.decrypt(sealed.ciphertext.encode("ascii")).decode()
        except InvalidToken:
            log.warning("vault name=%s unreadable: none of the Fernet keys opens it", sealed.name)
            return None


def _fingerprint(name: str, secret: str) -> str:
    """Give a hash that tells whether a secret is still the same one; salted, so that equal secrets do not show."""
    return hashlib.sha256(f"{name}\0{secret}".encode()).hexdigest()
