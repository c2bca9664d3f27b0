"""The cache of keys: how often is downloaded, for whom, and what happens when that fails."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.webhook.certificates import Certificates
from cosell.webhook.refused import NotGenuineError, NotNowError, RefusedError
from cosell.webhook.trust import Trust

from sandbox.signing import MICROSOFT, Chain, Signer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

pytestmark = pytest.mark.anyio
KNOWN, STRANGE = "https://host.example/cert/known.cer", "https://host.example/cert/strange.cer"
NOT_NOW = NotNowError("down")


class World:
    """A clock, a certificate server, and the certificates under test."""

    def __init__(self, chain: Chain, given: bytes | RefusedError, *, known: Iterable[str] = (KNOWN,)) -> None:
        self.now = datetime.now(UTC)
        self.given = given
        self.asked: list[str] = []
        self.open = asyncio.Event()
        self.open.set()
        trust = Trust([chain.root, chain.issuer], organisation=MICROSOFT)
        self.certificates = Certificates(self, trust, known=known, now=lambda: self.now)

    async def get(self, address: str) -> bytes:
        """Be the certificate server."""
        self.asked.append(address)
        await self.open.wait()
        if isinstance(self.given, RefusedError):
            raise self.given
        return self.given

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    async def refused(self, address: str) -> type[RefusedError] | None:
        """Ask for a key; give how that was refused."""
        try:
            await self.certificates.key(address)
        except RefusedError as error:
            return type(error)
        return None


def is_key_of(key: RSAPublicKey | None, signer: Signer) -> bool:
    """Tell whether the signer's key was given."""
    return key is not None and key.public_numbers() == signer.key.public_key().public_numbers()


async def test_a_key_is_downloaded_once_a_day(chain: Chain, signer: Signer) -> None:
    """A day, however many ask."""
    world = World(chain, signer.der)
    for _ in range(3):
        assert is_key_of(await world.certificates.key(KNOWN), signer)
    world.pass_by(hours=23, minutes=59)
    await world.certificates.key(KNOWN)
    assert world.asked == [KNOWN]
    world.pass_by(minutes=1)
    await world.certificates.key(KNOWN)
    assert world.asked == [KNOWN, KNOWN]


async def test_a_key_is_not_kept_beyond_its_certificate(chain: Chain) -> None:
    """Its end may come before the day's."""
    ends = datetime.now(UTC) + timedelta(hours=2)
    world = World(chain, chain.signer(until=ends).der)
    await world.certificates.key(KNOWN)
    world.pass_by(hours=2, seconds=2)
    assert await world.refused(KNOWN) is NotGenuineError
    assert len(world.asked) == 2


async def test_a_key_is_renewed_before_its_time_is_over(chain: Chain, signer: Signer) -> None:
    """After three quarters of it; what fails leaves the old one until its end."""
    world = World(chain, signer.der)
    await world.certificates.renew()
    assert world.asked == [KNOWN]
    world.pass_by(hours=17)
    await world.certificates.renew()
    assert world.asked == [KNOWN]
    world.pass_by(hours=2)
    world.given = NOT_NOW
    await world.certificates.renew()
    assert is_key_of(await world.certificates.key(KNOWN), signer)
    world.given = signer.pem
    await world.certificates.renew()
    assert world.asked == [KNOWN] * 3
    world.pass_by(hours=17)
    await world.certificates.key(KNOWN)
    assert world.asked == [KNOWN] * 3


async def test_all_who_wait_share_one_download(chain: Chain, signer: Signer) -> None:
    """Also where one of them goes away."""
    world = World(chain, signer.der)
    world.open.clear()
    waiting = [asyncio.create_task(world.refused(KNOWN)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    world.open.set()
    assert await asyncio.gather(*waiting) == [None] * 19
    assert world.asked == [KNOWN]


async def test_not_more_than_some_wait(chain: Chain, signer: Signer) -> None:
    """Who comes later is told so at once."""
    world = World(chain, signer.der)
    world.open.clear()
    waiting = [asyncio.create_task(world.refused(KNOWN)) for _ in range(300)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    done = [task.result() for task in waiting if task.done()]
    assert done == [NotNowError] * 44
    world.open.set()
    await asyncio.gather(*waiting)


async def test_strangers_come_one_at_a_time(chain: Chain, signer: Signer) -> None:
    """While one is downloaded, others are told to come again; who is known does not notice."""
    world = World(chain, signer.der)
    world.open.clear()
    first = asyncio.create_task(world.refused(STRANGE))
    await asyncio.sleep(0)
    assert await world.refused(STRANGE + "2") is NotNowError
    known = asyncio.create_task(world.refused(KNOWN))
    await asyncio.sleep(0)
    world.open.set()
    assert (await first, await known) == (None, None)
    assert await world.refused(STRANGE + "2") is None


async def test_strangers_are_ten_a_minute(chain: Chain) -> None:
    """A thousand of them cost no more; the known are not among them."""
    world = World(chain, b"no certificate")
    seen = [await world.refused(f"{STRANGE}{number}") for number in range(1000)]
    assert seen == [NotGenuineError] * 10 + [NotNowError] * 990
    assert await world.refused(KNOWN) is NotGenuineError
    assert len(world.asked) == 11
    world.pass_by(minutes=1)
    assert await world.refused(f"{STRANGE}11") is NotGenuineError


async def test_failures_are_remembered(chain: Chain, signer: Signer) -> None:
    """What was no certificate for ten minutes, what was down for one; of the known a minute and five seconds."""
    for given, kind, strange, known in (
        (b"none", NotGenuineError, 600, 60),
        (NOT_NOW, NotNowError, 60, 5),
    ):
        for address, seconds in ((STRANGE, strange), (KNOWN, known)):
            world = World(chain, given if isinstance(given, bytes) else NotNowError("down"))
            assert await world.refused(address) is kind
            world.given = signer.der
            world.pass_by(seconds=seconds - 1)
            assert await world.refused(address) is kind
            assert len(world.asked) == 1
            world.pass_by(seconds=1)
            assert await world.refused(address) is None


async def test_the_memory_of_failures_is_bounded(chain: Chain) -> None:
    """The oldest is forgotten, not the newest."""
    world = World(chain, b"none")
    for number in range(1010):
        world.pass_by(seconds=7)
        await world.refused(f"{STRANGE}{number}")
    assert len(world.certificates._failures._by_address) == 1000
    await world.refused(f"{STRANGE}1009")
    assert len(world.asked) == 1010


async def test_held_keys_are_bounded_and_the_known_stay(chain: Chain, signer: Signer) -> None:
    """Strangers push out strangers."""
    world = World(chain, signer.der)
    await world.certificates.key(KNOWN)
    for number in range(100):
        world.pass_by(seconds=7)
        await world.certificates.key(f"{STRANGE}{number}")
    assert len(world.certificates._held) == 64
    await world.certificates.key(KNOWN)
    assert world.asked.count(KNOWN) == 1


async def test_what_proved_right_is_no_stranger_any_more(chain: Chain, signer: Signer) -> None:
    """It is renewed like the known, and told once as new; not without end."""
    world = World(chain, signer.der, known=())
    assert world.certificates.prove(STRANGE)
    assert not world.certificates.prove(STRANGE)
    await world.certificates.renew()
    assert world.asked == [STRANGE]
    for number in range(200):
        world.certificates.prove(f"{STRANGE}{number}")
    assert len(world.certificates.known) == 100


async def test_a_certificate_that_was_exchanged_is_noticed(chain: Chain, signer: Signer) -> None:
    """A signature that does not fit makes us look again, once a minute at most; for the known only."""
    world, successor = World(chain, signer.der), chain.signer()
    key = await world.certificates.key(KNOWN)
    world.given = successor.der
    assert await world.certificates.newer_key(KNOWN, than=key) is None
    world.pass_by(minutes=1)
    newer = await world.certificates.newer_key(KNOWN, than=key)
    assert is_key_of(newer, successor)
    assert await world.certificates.newer_key(KNOWN, than=key) is newer
    assert newer is not None
    assert await world.certificates.newer_key(KNOWN, than=newer) is None
    assert len(world.asked) == 2
    strange = await world.certificates.key(STRANGE)
    world.pass_by(minutes=2)
    assert await world.certificates.newer_key(STRANGE, than=strange) is None


async def test_while_we_look_again_others_are_told_to_come_later(chain: Chain, signer: Signer) -> None:
    """They do not pile up, and where nothing better comes the old key stays."""
    world = World(chain, signer.der)
    key = await world.certificates.key(KNOWN)
    world.pass_by(minutes=1)
    world.open.clear()
    world.given = NotNowError("down")
    first = asyncio.create_task(world.certificates.newer_key(KNOWN, than=key))
    await asyncio.sleep(0)
    with pytest.raises(NotNowError):
        await world.certificates.newer_key(KNOWN, than=key)
    world.open.set()
    assert await first is None
    assert await world.certificates.key(KNOWN) is key
