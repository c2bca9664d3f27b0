"""The four calls of the Referrals API: list, get, post, patch."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from cosell.adapters.partner_center.referral import row_of
from cosell.adapters.partner_center.refusal import refusal_of
from cosell.adapters.partner_center.unknown import Unknown
from cosell.adapters.transport import Answer, Options, Request, Transport
from cosell.core.errors import AccessDeniedError, BrokenAnswerError, RetryLaterError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from cosell.adapters.transport import TokenSource
    from cosell.core.record import Row

_LIST = "v1.0/engagements/referrals"
_PAGE = 100
_USUAL = Options()
_MISSING, _FORBIDDEN, _CLIENT_ERROR = 404, 403, 400


class QueryRefusedError(RetryLaterError):
    """The service answered a list with 400: it does not take the filter."""


def open_transport(base_url: str, token: TokenSource, *, options: Options = _USUAL) -> Transport:
    """Give the transport for Partner Center; `base_url` ends before `/v1.0`."""
    return Transport(base_url, token, options=replace(options, stamp=_ids))


class Referrals:
    """The resource."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._links_lead_nowhere = False
        self.unknown = Unknown()

    async def pages(
        self, *, where: str | None = None, order: str | None = None, top: int = _PAGE
    ) -> AsyncIterator[list[Row]]:
        """Give the list page by page to its end; raises QueryRefusedError."""
        asked = {"$filter": where, "$orderby": order, "$top": str(top)}
        params = {name: text for name, text in asked.items() if text is not None}
        envelope, seen = await self._page(_LIST, params), set[str]()
        while True:
            yield [row_of(item, unknown=self.unknown) for item in envelope["value"]]
            link = envelope.get("@odata.nextlink")
            if not link:
                return
            if link in seen:
                message = "the list of referrals leads back to a page that was read already"
                raise BrokenAnswerError(message)
            seen.add(link)
            envelope = await self._next(str(link))

    async def get(self, referral_id: str) -> Answer:
        """Read one referral."""
        return await self._transport.send(Request(path=_one(referral_id), headers=_request_id()))

    def row_in(self, answer: Answer) -> Row:
        """Give the referral in an answer to a read; raises BrokenAnswerError."""
        return row_in(answer, unknown=self.unknown)

    async def post(self, body: Mapping[str, Any]) -> Answer:
        """Create one referral; never repeated once it may have been done."""
        return await self._transport.send(Request(method="POST", path=_LIST, json=body, headers=_request_id()))

    async def patch(self, referral_id: str, operations: Sequence[Mapping[str, Any]], *, etag: str) -> Answer:
        """Edit one referral as long as it has this etag."""
        headers = {"If-Match": etag, "Prefer": "return=representation", **_request_id()}
        return await self._transport.send(
            Request(method="PATCH", path=_one(referral_id), json=operations, headers=headers, repeat_safe=True)
        )

    async def _next(self, link: str) -> dict[str, Any]:
        """Read the page that a link leads to; published links have a path that is not served."""
        self._transport.check_link(link)
        token = parse_qs(urlsplit(link).query).get("$skiptoken")
        if token and self._links_lead_nowhere:
            return await self._page(_LIST, {"$skiptoken": token[0]})
        answer = await self._transport.send(Request(path=link, headers=_request_id(), check=_envelope))
        if answer.status == _MISSING and token:
            self._links_lead_nowhere = True
            return await self._page(_LIST, {"$skiptoken": token[0]})
        return _page_of(answer, place=self._transport.place)

    async def _page(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        request = Request(path=path, params=params, headers=_request_id(), check=_envelope)
        return _page_of(await self._transport.send(request), place=self._transport.place)


def row_in(answer: Answer, *, unknown: Unknown | None = None) -> Row:
    """Give the referral in an answer; raises BrokenAnswerError."""
    body = answer.json()
    if not isinstance(body, dict):
        message = "the answer holds no referral"
        raise BrokenAnswerError(message)
    return row_of(body, etag=answer.headers.get("etag"), unknown=unknown)


def _page_of(answer: Answer, *, place: str) -> dict[str, Any]:
    if answer.is_success:
        return _envelope(answer)
    refusal = refusal_of(answer)
    if answer.status == _FORBIDDEN:
        raise AccessDeniedError(f"Partner Center does not let us list referrals: {refusal.code}: {refusal.message}")
    if answer.status == _CLIENT_ERROR:
        raise QueryRefusedError(f"Partner Center refused the list: {refusal.code}: {refusal.message}")
    message = f"{place} answered the list of referrals with {answer.status} ({refusal.code})"
    raise BrokenAnswerError(f"{message}; where that stays, correct its host (base URL)")


def _envelope(answer: Answer) -> dict[str, Any]:
    """Give a list's envelope with its names in lower case; raises BrokenAnswerError."""
    body = answer.json()
    envelope = {name.lower(): content for name, content in body.items()} if isinstance(body, dict) else {}
    items = envelope.get("value")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        message = "the answer is no list of referrals"
        raise BrokenAnswerError(message)
    return envelope


def _one(referral_id: str) -> str:
    return f"{_LIST}/{quote(referral_id, safe='')}"


def _request_id() -> dict[str, str]:
    # The service tells a repeat by it, so it stays the same over the repeats of one request.
    return {"MS-RequestId": str(uuid.uuid4())}


def _ids() -> dict[str, str]:
    fresh = str(uuid.uuid4())
    return {"client-request-id": fresh, "MS-CorrelationId": fresh}
