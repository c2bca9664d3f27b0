"""What went over the wire: each request with its place in time, for the replay and for Microsoft's client."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_KEPT = ("content-type", "if-match", "prefer", "if-none-match", "odata-version", "odata-maxversion", "accept")
_BULK = "/Microsoft.Dynamics.CRM.CreateMultiple"
_POST = b"POST /api/data/v9.2/"
KEYS = {
    "accounts": "accountid",
    "contacts": "contactid",
    "opportunities": "opportunityid",
    "cosell_partnercentersolutions": "cosell_partnercentersolutionid",
}
"""Tables in the order in which their rows can be created, and their primary keys."""


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

    def wire(self, app: str, task: str, *, verify: ssl.SSLContext) -> httpx.AsyncBaseTransport:
        """Give a wire that writes down what goes over it."""
        return _Wire(self, app, task, httpx.AsyncHTTPTransport(verify=verify, limits=LIMITS))

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

    def next(self) -> int:
        """Count on."""
        return next(self._count)


LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=64)


class _Wire(httpx.AsyncBaseTransport):
    """The network, with a recorder beside it."""

    def __init__(self, recorder: Recorder, app: str, task: str, network: httpx.AsyncHTTPTransport) -> None:
        self._recorder, self._app, self._task, self._network = recorder, app, task, network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request and write it down."""
        exchange = Exchange(
            self._app,
            self._task,
            self._recorder.next(),
            request.method,
            request.url.raw_path.decode(),
            {name: request.headers[name] for name in _KEPT if name in request.headers},
            request.content,
        )
        response = await self._network.handle_async_request(request)
        if exchange.table or exchange.method != "GET":
            content = await response.aread()
            await response.aclose()
            exchange.answer = content
            response = httpx.Response(response.status_code, headers=_plain(response.headers), content=content)
        exchange.status = response.status_code
        self._recorder.exchanges.append(exchange)
        return response

    async def aclose(self) -> None:
        """Close the network."""
        await self._network.aclose()


def _plain(headers: httpx.Headers) -> httpx.Headers:
    """Give headers fit for a body that is whole and decoded."""
    kept = [(name, value) for name, value in headers.items() if name not in {"content-encoding", "transfer-encoding"}]
    return httpx.Headers(kept)


def _rows(exchange: Exchange) -> list[dict[str, Any]]:
    if exchange.target.endswith(_BULK):
        return [{name: value for name, value in row.items() if name != "@odata.type"} for row in _targets(exchange)]
    return [json.loads(line) for line in exchange.body.splitlines() if line.startswith(b"{")]


def _targets(exchange: Exchange) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(exchange.body)["Targets"]
    ids = json.loads(exchange.answer).get("Ids", []) if exchange.answer else []
    key = KEYS[exchange.table or ""]
    return [{**row, key: row_id} for row, row_id in zip(rows, ids, strict=True)] if ids else rows


def with_given_keys(exchange: Exchange) -> bytes:
    """Give the body, where the service chose keys with those that it gave: a replay's later requests name them."""
    if not exchange.target.endswith(_BULK) or exchange.table != "opportunities":
        return exchange.body
    return json.dumps({"Targets": _targets(exchange)}, ensure_ascii=False).encode()
