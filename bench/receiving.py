"""(h) The webhook receiver: signed events a second on one process, and how soon each is answered."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil
from cosell.adapters.inbox import StoredInbox

from bench.receiver import CertificateHost, event, running_bare, running_receiver, send_all, wire
from bench.results import Figure
from sandbox.signing import Chain

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from bench.receiver import Running
    from sandbox.signing import Signer

_CONNECTIONS = 32
_LANDED, _FORGED = 202, 401
_LEAST_A_SECOND, _GENUINE_A_SECOND, _FORGED_A_SECOND = 500, 100, 1000
_SECONDS = 10


class _Sender:
    """Microsoft, and somebody who is not."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        chain = Chain()
        self._signer, self._forger = chain.signer(), chain.signer()
        self.host = CertificateHost(folder / "tls")
        self._address = self.host.give("/cert/signer.cer", self._signer.der)
        self.signed = 0
        (folder / "trust.pem").write_bytes(chain.bundle)
        self.environment = {
            "COSELL_INBOX": str(folder / "inbox"),
            "COSELL_WEBHOOK_TRUST": str(folder / "trust.pem"),
            "COSELL_WEBHOOK_CERTIFICATES": self._address,
            "COSELL_WEBHOOK_CA": str(self.host.ca),
        }

    def genuine(self, number: int) -> list[bytes]:
        """Give so many requests, each of an event of its own."""
        self.signed += number
        return [self._request(event(one), self._signer) for one in range(number)]

    def forged(self, number: int) -> list[bytes]:
        """Give so many requests that another key signed."""
        return [self._request(event(), self._forger)] * number

    def _request(self, body: bytes, signer: Signer) -> bytes:
        return wire(body, signer.headers(body, certificate_url=self._address))


@dataclass
class _Sent:
    """What came of some requests."""

    answers: Counter[int]
    wall: float
    took: list[float] = field(default_factory=list)

    @property
    def a_second(self) -> float:
        return self.answers.total() / self.wall

    def part(self, hundredths: int) -> float:
        """Give the milliseconds within which so many of a hundred were answered."""
        return 1000 * statistics.quantiles(self.took, n=100)[hundredths - 1]


def figures(folder: Path, *, events: int) -> list[Figure]:
    """Send at full speed, at a steady pace, and amidst forged events; then look for what was lost."""
    folder = folder / "receiving"
    sender = _Sender(folder)
    with running_receiver(folder / "receiver", sender.environment) as receiver:
        asyncio.run(_send(receiver, sender.genuine(100)))  # warm
        requests = sender.genuine(events)
        before = _cpu(receiver)
        full = asyncio.run(_send(receiver, requests))
        spent = _cpu(receiver) - before
        paced = asyncio.run(_send(receiver, sender.genuine(events // 2), a_second=_LEAST_A_SECOND))
        flood, true = asyncio.run(_amidst_forged(receiver, sender, seconds=max(1, _SECONDS * events // 10_000)))
        memory = psutil.Process(receiver.process.pid).memory_info().rss / 2**20
    lost = sender.signed - len(StoredInbox(folder / "inbox").landed())
    sender.host.close()
    with running_bare(folder / "bare") as bare:
        floor = asyncio.run(_send(bare, requests))
    accepted = full.answers[_LANDED] == events
    return [
        Figure(
            part="h",
            what=f"{events} signed events at full speed, {_CONNECTIONS} connections",
            measured=full.a_second,
            unit="events a second",
            beside=floor.a_second,
            beside_what="the same server answering without a look",
            target=f"at least {_LEAST_A_SECOND}, all accepted",
            met=full.a_second >= _LEAST_A_SECOND and accepted,
        ),
        _plain("… CPU of the receiver for each thousand", 1000 * spent / events, "s"),
        _plain("… its memory at the end", memory, "MB"),
        _plain(f"answer at {_LEAST_A_SECOND} events a second, p50", paced.part(50), "ms"),
        _plain(f"answer at {_LEAST_A_SECOND} events a second, p95", paced.part(95), "ms"),
        Figure(
            part="h",
            what="forged events refused",
            measured=flood.a_second,
            unit="events a second",
            target=f"all, {_FORGED_A_SECOND} a second",
            met=set(flood.answers) == {_FORGED} and flood.a_second > 0.95 * _FORGED_A_SECOND,
        ),
        Figure(
            part="h",
            what=f"… genuine events accepted meanwhile, {_GENUINE_A_SECOND} a second",
            measured=100 * true.answers[_LANDED] / true.answers.total(),
            unit="%",
            target="all",
            met=set(true.answers) == {_LANDED},
        ),
        _plain("… answer to these, p95", true.part(95), "ms"),
        Figure(
            part="h",
            what=f"of {sender.signed} accepted events not in the inbox",
            measured=lost,
            unit="events",
            target="none",
            met=not lost,
        ),
    ]


async def _send(
    receiver: Running, requests: list[bytes], *, a_second: float = 0, connections: int = _CONNECTIONS
) -> _Sent:
    began, took = time.monotonic(), list[float]()
    answers = await send_all(receiver.port, requests, connections=connections, a_second=a_second, took=took)
    return _Sent(answers, time.monotonic() - began, took)


async def _amidst_forged(receiver: Running, sender: _Sender, *, seconds: int) -> tuple[_Sent, _Sent]:
    forged, genuine = sender.forged(_FORGED_A_SECOND * seconds), sender.genuine(_GENUINE_A_SECOND * seconds)
    flood = asyncio.create_task(_send(receiver, forged, a_second=_FORGED_A_SECOND))
    true = await _send(receiver, genuine, a_second=_GENUINE_A_SECOND, connections=8)
    return await flood, true


def _cpu(receiver: Running) -> float:
    times = psutil.Process(receiver.process.pid).cpu_times()
    return times.user + times.system


def _plain(what: str, measured: float, unit: str) -> Figure:
    return Figure(part="h", what=what, measured=measured, unit=unit)
