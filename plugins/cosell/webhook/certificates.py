"""The keys of certificates by address: cached for a day, renewed before that, downloaded once for all who wait."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cosell.webhook.refused import NotNowError, RefusedError
from cosell.webhook.strangers import Budget, Failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from cosell.webhook.trust import Trust

_DAY = timedelta(days=1)
_RENEWED_AFTER = 0.75
"""Share of its time after which a key is renewed in the background."""
_LOOKED_AGAIN = timedelta(minutes=1)
"""How often at most a bad signature makes us ask whether the certificate at its address is another one by now."""
_MOST_HELD, _MOST_KNOWN, _MOST_WAITING = 64, 100, 256

_log = logging.getLogger(__name__)


class Source(Protocol):
    """What is used of a download."""

    async def get(self, address: str) -> bytes:
        """Give what lies at an address; raises NotNowError or NotGenuineError."""


@dataclass(frozen=True, kw_only=True)
class _Held:
    key: RSAPublicKey
    since: datetime
    until: datetime

    def is_due(self, now: datetime) -> bool:
        return now >= self.since + (self.until - self.since) * _RENEWED_AFTER


class Certificates:
    """Keys by address. Known addresses, which stand in the list or proved right before, have a budget of their own."""

    def __init__(
        self,
        source: Source,
        trust: Trust,
        *,
        known: Iterable[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source, self._trust, self._now = source, trust, now
        self.known = set(known)
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._underway: dict[str, asyncio.Task[_Held | RefusedError]] = {}
        self._budget, self._failures = Budget(now), Failures(now)
        self._looked: dict[str, datetime] = {}
        self._waiting = 0

    async def key(self, address: str) -> RSAPublicKey:
        """Give the key of an allowed address; raises NotNowError or NotGenuineError."""
        held = self._held.get(address)
        if held is not None and self._now() < held.until:
            self._held.move_to_end(address)
            return held.key
        if address not in self._underway:
            self._failures.raise_where_recent(address)
        return (await self._fetched(address)).key

    async def newer_key(self, address: str, *, than: RSAPublicKey) -> RSAPublicKey | None:
        """Give the key that lies at a known address now, where a signature speaks against the one we hold.

        None where we have looked a moment ago. Raises NotNowError while we are looking.
        """
        held = self._held.get(address)
        if held is not None and held.key is not than:
            return held.key
        if address in self._underway:
            raise NotNowError("the certificate is being looked at anew")
        since = self._looked.get(address) or (held.since if held else self._now())
        if address not in self.known or self._now() - since < _LOOKED_AGAIN:
            return None
        self._looked[address] = self._now()
        found = await asyncio.shield(self._begin(address))
        return None if isinstance(found, RefusedError) else found.key

    async def renew(self) -> None:
        """Download what is known and due, one after another; what we hold stays until its own end."""
        for address in sorted(self.known):
            held = self._held.get(address)
            if address not in self._underway and (held is None or held.is_due(self._now())):
                await asyncio.shield(self._begin(address))

    def prove(self, address: str) -> bool:
        """Note that an event was signed with the key of this address; True where that is new."""
        if address in self.known or len(self.known) >= _MOST_KNOWN:
            return False
        self.known.add(address)
        return True

    async def _fetched(self, address: str) -> _Held:
        if self._waiting >= _MOST_WAITING:
            raise NotNowError("too many wait for a certificate")
        task = self._begin(address)
        self._waiting += 1
        try:
            found = await asyncio.shield(task)
        finally:
            self._waiting -= 1
        if isinstance(found, RefusedError):
            raise type(found)(found.why)
        return found

    def _begin(self, address: str) -> asyncio.Task[_Held | RefusedError]:
        """Give the download that is under way, or begin one; raises NotNowError where a stranger has to wait."""
        task = self._underway.get(address)
        if task is None:
            is_known = address in self.known
            if not is_known:
                self._budget.begin()
            task = asyncio.create_task(self._download(address, known=is_known))
            self._underway[address] = task
        return task

    async def _download(self, address: str, *, known: bool) -> _Held | RefusedError:
        """Download and judge; the reason comes back as a value, since nobody may be waiting for it."""
        try:
            key, ends = self._trust.accept(await self._source.get(address), now=self._now())
        except RefusedError as error:
            self._failures.remember(address, error, known=known)
            _log.warning("certificate address=%s refused: %s", address, error.why)
            return error
        else:
            held = _Held(key=key, since=self._now(), until=min(ends, self._now() + _DAY))
            self._failures.forget(address)
            self._hold(address, held)
            _log.info("certificate address=%s held until=%s", address, held.until.isoformat(timespec="seconds"))
            return held
        finally:
            del self._underway[address]
            if not known:
                self._budget.end()

    def _hold(self, address: str, held: _Held) -> None:
        self._held[address] = held
        self._held.move_to_end(address)
        if len(self._held) > _MOST_HELD:
            strangers = [one for one in self._held if one not in self.known]
            del self._held[strangers[0] if strangers else next(iter(self._held))]
