"""What happens to one event: whose is it, is it genuine, what does it say, land it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cosell.webhook.event import read_event
from cosell.webhook.refused import NotGenuineError
from cosell.webhook.verify import is_signed, read_claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.webhook.addresses import Allowed
    from cosell.webhook.certificates import Certificates
    from cosell.webhook.landing import Landing
    from cosell.webhook.verify import Claim


class Taken(NamedTuple):
    """The answer to an event that is genuine."""

    status: int
    why: str


LANDED, DUPLICATE, NOT_OURS = Taken(202, "landed"), Taken(200, "duplicate"), Taken(200, "not an event of ours")


class Receiver:
    """Takes events in."""

    def __init__(self, allowed: Allowed, certificates: Certificates, landing: Landing) -> None:
        self._allowed, self._certificates, self._landing = allowed, certificates, landing
        self.proved = asyncio.Event()
        """An address has proved right that is not kept yet."""

    async def receive(self, body: bytes, headers: Mapping[str, str]) -> Taken:
        """Verify, then read, then land; raises RefusedError."""
        claim = read_claim(headers)
        address = self._allowed.check(claim.certificate_url)
        await self._verify(body, claim, address=address)
        notice = read_event(body, received=datetime.now(UTC))
        if notice is None:
            return NOT_OURS
        return LANDED if await self._landing.land(notice) else DUPLICATE

    async def _verify(self, body: bytes, claim: Claim, *, address: str) -> None:
        key = await self._certificates.key(address)
        if not is_signed(body, claim, key=key):
            newer = await self._certificates.newer_key(address, than=key)
            if newer is None or not is_signed(body, claim, key=newer):
                raise NotGenuineError("the signature is not that of the certificate")
        if self._certificates.prove(address):
            self.proved.set()
