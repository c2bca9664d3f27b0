"""The floor: the same requests sent by a bare client at our final concurrency, as fast as the service answers.

Pages are asked one after another, since each names the next; what creates rows waits for the rows it points to. All
else of a group goes at once.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from bench.recorded import KEYS, asks_for_engagement, with_given_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.recorded import Exchange, Recorder
    from bench.service import Service

_ORDER = tuple(KEYS)
_CLOSING = len(_ORDER) + 1
_READ_BACK = _CLOSING + 1
_PAGE, _ENGAGEMENT, _EDIT = range(3)
_BESIDE_THE_CRM = {_PAGE: 0.25, _ENGAGEMENT: 0.5, _EDIT: _READ_BACK + 1}
"""Where Partner Center's requests go amidst the ranks of the CRM's."""
_BAD = 400
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64)


@dataclass(frozen=True)
class Replayed:
    """Seconds of wall and of our CPU, requests, and how many were answered otherwise than in the run."""

    seconds: float
    cpu: float
    requests: int
    otherwise: int


def replay(service: Service, recorder: Recorder, *, width: Mapping[str, int]) -> Replayed:
    """Send everything that was recorded to another, equally fresh service."""
    return asyncio.run(_replay(service, recorder, width=width))


async def _replay(service: Service, recorder: Recorder, *, width: Mapping[str, int]) -> Replayed:
    context = ssl.create_default_context(cafile=service.ca)
    async with httpx.AsyncClient(verify=context, limits=_LIMITS, timeout=300) as client:
        groups = [
            (app, rank, list(each))
            for app in ("partner_center", "dataverse")
            for rank, each in _grouped(recorder.of(app))
        ]
        # the lists first, then the CRM, then Partner Center, as the tasks follow each other
        groups.sort(key=lambda group: group[1] if group[0] == "dataverse" else _BESIDE_THE_CRM[group[1]])
        tokens = {app: service.token(app) for app in ("partner_center", "dataverse")}
        began, worked, otherwise = time.perf_counter(), time.process_time(), 0
        for app, rank, exchanges in groups:
            at_once = 1 if app == "partner_center" and rank == _PAGE else width[app]
            sender = _Sender(client, service.url(app), tokens[app])
            otherwise += await sender.send(exchanges, at_once=at_once)
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
        return Replayed(seconds, cpu, sum(len(group[2]) for group in groups), otherwise)


def _grouped(exchanges: Sequence[Exchange]) -> itertools.groupby[int, Exchange]:
    return itertools.groupby(sorted(exchanges, key=_rank), key=_rank)


def _rank(exchange: Exchange) -> int:
    """Give after what a request must wait: look-ups, then each table's rows, closings, and what reads them back."""
    if exchange.app == "partner_center":
        return _EDIT if exchange.method != "GET" else _ENGAGEMENT if asks_for_engagement(exchange) else _PAGE
    if exchange.table in _ORDER:
        return _ORDER.index(exchange.table) + 1
    if exchange.method != "GET":
        return _CLOSING
    return _READ_BACK if exchange.task == "push_to_dataverse" and "opportunityid" in exchange.target else 0


@dataclass(frozen=True)
class _Sender:
    """One service's bare requests."""

    client: httpx.AsyncClient
    base: str
    token: str

    async def send(self, exchanges: Sequence[Exchange], *, at_once: int) -> int:
        """Send these, so many at a time; gives how many were answered otherwise than before."""
        waiting = iter([(each, with_given_keys(each)) for each in exchanges])
        answers = await asyncio.gather(*(self._one_after_another(waiting) for _ in range(at_once)))
        return sum(answers)

    async def _one_after_another(self, waiting: Iterator[tuple[Exchange, bytes]]) -> int:
        otherwise = 0
        for exchange, body in waiting:
            headers = {**exchange.headers, "Authorization": f"Bearer {self.token}"}
            response = await self.client.request(
                exchange.method, self.base + exchange.target, headers=headers, content=body
            )
            otherwise += (response.status_code < _BAD) != (exchange.status < _BAD)
        return otherwise
