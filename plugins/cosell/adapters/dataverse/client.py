"""The Web API's ways of asking: pages, single rows, bulk creates, batches; refusals as faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from cosell.adapters.dataverse import batch
from cosell.adapters.dataverse.errors import RefusedCallError, raise_where_denied, read_fault
from cosell.adapters.transport import NoAnswerError, Request
from cosell.core.errors import BrokenAnswerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from cosell.adapters.transport import Answer

API = "api/data/v9.2/"
Json = dict[str, object]

_ODATA = {"OData-Version": "4.0", "OData-MaxVersion": "4.0"}
# The service may answer an expand from a cache unless told that we hold nothing.
_READ = {**_ODATA, "If-None-Match": "null"}
_SERVER = 500
_DEFINING = 300.0
"""Seconds: a new table takes the service long."""
_TRACKING = "odata.track-changes"
_NEXT, _DELTA = "@odata.nextLink", "@odata.deltaLink"
_TRACKED_PAGE = 5000
"""The most that a page may hold: a first reading goes through a whole table."""


class Wire(Protocol):
    """What carries requests: the project's transport, its base being the organisation's URL."""

    @property
    def place(self) -> str:
        """Give the connection and the host that is asked."""
        ...

    async def send(self, request: Request) -> Answer:
        """Ask until there is an answer to judge."""
        ...


class DataverseClient:
    """Asks one organisation; raises RefusedCallError for what it refuses as a whole."""

    def __init__(self, wire: Wire, *, page_size: int = 1000, headers: Mapping[str, str] | None = None) -> None:
        self._wire = wire
        self._reading = {**_READ, **(headers or {})}
        self._paging = {**self._reading, "Prefer": f"odata.maxpagesize={page_size}"}

    async def pages(self, path: str, *, params: Mapping[str, str] | None = None) -> AsyncIterator[list[Json]]:
        """Give the rows of a query page by page, to the end."""
        request = Request(path=API + path, params=params or {}, headers=self._paging, check=_must_be_page)
        seen: set[str] = set()
        while True:
            page = cast("Json", (await self._ask(request)).json())
            yield cast("list[Json]", page["value"])
            link = page.get(_NEXT)
            if link is None:
                return
            if not isinstance(link, str) or link in seen:
                message = "a page's link leads nowhere new"
                raise BrokenAnswerError(message)
            seen.add(link)
            # The link is an opaque cookie: followed as it stands, the page size said again.
            request = Request(path=link, headers=self._paging, check=_must_be_page)

    async def tracked(self, path: str, *, params: Mapping[str, str] | None = None) -> tuple[list[Json], str | None]:
        """Give the rows of a table, or (the path being a link) what changed since, and the link for the next time.

        There is none where the service did not take up the wish, which it may pass over.
        """
        following = path if params is None else API + path
        headers = {**_READ, "Prefer": f"{_TRACKING}, odata.maxpagesize={_TRACKED_PAGE}"}
        request = Request(path=following, params=params or {}, headers=headers, check=_must_be_page)
        rows: list[Json] = []
        seen: set[str] = set()
        while True:
            answer = await self._ask(request)
            page = cast("Json", answer.json())
            rows += cast("list[Json]", page["value"])
            if isinstance(link := page.get(_DELTA), str):
                return rows, link
            following = str(page.get(_NEXT) or "")
            if not following and _TRACKING not in answer.headers.get("preference-applied", ""):
                return rows, None
            if not following or following in seen:
                message = "a tracked list ends without its link"
                raise BrokenAnswerError(message)
            seen.add(following)
            request = Request(path=following, headers=headers, check=_must_be_page)

    async def rows(self, path: str, *, params: Mapping[str, str] | None = None) -> list[Json]:
        """Give all rows of a query that is known to be short."""
        return [row async for page in self.pages(path, params=params) for row in page]

    async def first(self, path: str, *, params: Mapping[str, str]) -> Json | None:
        """Give the first row of a query; no page size goes along, since that would undo $top."""
        request = Request(path=API + path, params={**params, "$top": "1"}, headers=self._reading, check=_must_be_page)
        rows = cast("list[Json]", cast("Json", (await self._ask(request)).json())["value"])
        return rows[0] if rows else None

    async def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Json:
        """Give one object."""
        request = Request(path=API + path, params=params or {}, headers=self._reading, check=_must_be_object)
        return cast("Json", (await self._ask(request)).json())

    async def create_multiple(
        self, set_name: str, *, table: str, targets: Sequence[Mapping[str, object]], repeat_safe: bool
    ) -> list[str]:
        """Create rows of one table, all or none, and give their ids in order."""
        kind = f"Microsoft.Dynamics.CRM.{table}"
        request = Request(
            method="POST",
            path=f"{API}{set_name}/Microsoft.Dynamics.CRM.CreateMultiple",
            headers=_ODATA,
            json={"Targets": [{"@odata.type": kind, **target} for target in targets]},
            repeat_safe=repeat_safe,
            # A failing plug-in is answered with 500 and a reason; without a reason nobody knows what was done.
            hand_back=frozenset({_SERVER}),
            check=lambda answer: _must_hold_ids(answer, len(targets)),
        )
        answer = await self._ask(request)
        return [str(given).lower() for given in cast("list[object]", cast("Json", answer.json())["Ids"])]

    async def batch(self, sets: Sequence[batch.ChangeSet], *, repeat_safe: bool) -> tuple[list[batch.SetAnswer], bool]:
        """Send change sets in one request, each answered for itself; also whether an earlier try may have landed."""
        content_type, content = batch.write(sets, root=f"/{API}")
        request = Request(
            method="POST",
            path=f"{API}$batch",
            headers={**_ODATA, "Content-Type": content_type, "Prefer": "odata.continue-on-error"},
            content=content,
            repeat_safe=repeat_safe,
            check=lambda answer: batch.read(answer.headers.get("content-type", ""), answer.content, sets=sets),
        )
        answer = await self._ask(request)
        answers = batch.read(answer.headers.get("content-type", ""), answer.content, sets=sets)
        for one in answers:
            raise_where_denied(one.fault, "POST $batch")
        return answers, answer.unsure

    async def define(self, method: str, path: str, *, body: Json, headers: Mapping[str, str]) -> None:
        """Make or change a definition; a second time it is refused as there, so an unanswered one is asked again."""
        request = Request(
            method=method,
            path=API + path,
            headers={**_ODATA, **headers},
            json=body,
            repeat_safe=True,
            timeout=_DEFINING,
        )
        await self._ask(request)

    async def call(self, action: str, body: Json) -> Json:
        """Call an action that may be repeated, and give what it gives."""
        request = Request(
            method="POST",
            path=API + action,
            headers=_ODATA,
            json=body,
            repeat_safe=True,
            timeout=_DEFINING,
            check=_must_be_object,
        )
        return cast("Json", (await self._ask(request)).json())

    async def who_am_i(self) -> str:
        """Give the id of our application user."""
        return str((await self.get("WhoAmI"))["UserId"]).lower()

    async def _ask(self, request: Request) -> Answer:
        answer = await self._wire.send(request)
        if answer.is_success:
            return answer
        what = f"{request.method} {request.path.removeprefix(API).partition('?')[0].partition('(')[0]}"
        fault = read_fault(answer.status, _body(answer))
        if answer.status == _SERVER and not fault.code:
            message = f"{what}: status {_SERVER} without a reason"
            raise NoAnswerError(message)
        raise RefusedCallError(what, fault, place=self._wire.place)


def _body(answer: Answer) -> object:
    try:
        return answer.json()
    except BrokenAnswerError:
        return None


def _must_be_object(answer: Answer) -> None:
    if not isinstance(answer.json(), dict):
        message = "an answer is not one JSON object"
        raise BrokenAnswerError(message)


def _must_be_page(answer: Answer) -> None:
    body = answer.json()
    rows = body.get("value") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = "a page holds no list of rows"
        raise BrokenAnswerError(message)


def _must_hold_ids(answer: Answer, count: int) -> None:
    body = answer.json()
    ids = body.get("Ids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or len(ids) != count:
        message = f"a bulk create of {count} rows was not answered with as many ids"
        raise BrokenAnswerError(message)
