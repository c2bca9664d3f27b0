"""What went over the wire: each request with its place in time, for the replay and for Microsoft's client."""

from __future__ import annotations

import itertools
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEPT = (b"content-type", b"if-match", b"prefer", b"if-none-match", b"odata-version", b"odata-maxversion", b"accept")
_BULK = "/Microsoft.Dynamics.CRM.CreateMultiple"
_POST = b"POST /api/data/v9.2/"
KEYS = {
    "accounts": "accountid",
    "contacts": "contactid",
    "opportunities": "opportunityid",
    "leads": "leadid",
    "cosell_partnercentersolutions": "cosell_partnercentersolutionid",
    "connections": "connectionid",
}
"""Tables in the order in which their rows can be created, and their primary keys."""
_GIVEN = {"opportunities", "leads"}
"""Those whose keys the service chooses."""


@dataclass(slots=True)
class Exchange:
    """One request, and the answer's status and body."""

    app: str
    task: str
    number: int
    method: str
    target: str
    """Path and query as sent."""
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""

    @property
    def table(self) -> str | None:
        """Give the entity set that rows are created in, or none."""
        if self.method != "POST":
            return None
        if self.target.endswith(_BULK):
            return self.target.removesuffix(_BULK).rsplit("/", 1)[-1]
        if not self.target.endswith("$batch"):
            return None
        lines = [line for line in self.body.splitlines() if line.startswith(_POST)]
        return lines[0].removeprefix(_POST).split()[0].decode() if lines else None


@dataclass
class Recorder:
    """All exchanges of a run."""

    exchanges: list[Exchange] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def listening(self, task: str, apps: Mapping[int, str]) -> Iterator[None]:
        """Write down what httpx sends meanwhile to these ports, whichever of its connections carry it."""
        send = httpx.AsyncHTTPTransport.handle_async_request

        async def heard(network: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            exchange = self._begun(request, app=apps[request.url.port or 443], task=task)
            response = await send(network, request)
            if exchange.table:
                exchange.answer = await response.aread()
            exchange.status = response.status_code
            self.exchanges.append(exchange)
            return response

        with patch.object(httpx.AsyncHTTPTransport, "handle_async_request", heard):
            yield

    def of(self, app: str) -> list[Exchange]:
        """Give a service's exchanges in the order in which they began."""
        return sorted((each for each in self.exchanges if each.app == app), key=lambda each: each.number)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Give the rows created in the CRM, by entity set; one that was sent again collided, and counts once."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for each in self.of("dataverse"):
            if each.table in KEYS and each.status < 400:  # noqa: PLR2004 - the class of statuses
                known = found.setdefault(each.table, {})
                for row in _rows(each):
                    known.setdefault(row[KEYS[each.table]], row)
        return {table: list(rows.values()) for table, rows in found.items()}

    def _begun(self, request: httpx.Request, *, app: str, task: str) -> Exchange:
        headers = {name.lower(): value for name, value in request.headers.raw}
        return Exchange(
            app,
            task,
            next(self._count),
            request.method,
            request.url.raw_path.decode(),
            {name.decode(): headers[name].decode() for name in _KEPT if name in headers},
            request.content,
        )


def _rows(exchange: Exchange) -> list[dict[str, Any]]:
    if exchange.target.endswith(_BULK):
        return [{name: value for name, value in row.items() if name != "@odata.type"} for row in _targets(exchange)]
    return [json.loads(line) for line in exchange.body.splitlines() if line.startswith(b"{")]


def _targets(exchange: Exchange) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(exchange.body)["Targets"]
    ids = json.loads(exchange.answer).get("Ids", []) if exchange.answer else []
    key = KEYS[exchange.table or ""]
    return [{**row, key: row_id} for row, row_id in zip(rows, ids, strict=True)] if ids else rows


def asks_for_engagement(exchange: Exchange) -> bool:
    """Tell whether it reads the parties of one engagement: how Microsoft's side of a deal is seen."""
    asked = parse_qs(urlsplit(exchange.target).query).get("$filter", [""])[0]
    return exchange.app == "partner_center" and asked.startswith("engagementId eq ")


def with_given_keys(exchange: Exchange) -> bytes:
    """Give the body, where the service chose keys with those that it gave: a replay's later requests name them."""
    if not exchange.target.endswith(_BULK) or exchange.table not in _GIVEN:
        return exchange.body
    return json.dumps({"Targets": _targets(exchange)}, ensure_ascii=False).encode()
