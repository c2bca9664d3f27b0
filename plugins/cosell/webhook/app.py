"""The receiver as a web application: one path, one method; everything else about it is said in docs/webhook.md."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response

from cosell.adapters.inbox import KnownAddresses, StoredInbox
from cosell.hooks.address import PATH
from cosell.hooks.inbox import inbox_place
from cosell.webhook.addresses import Allowed
from cosell.webhook.body import read_body
from cosell.webhook.certificates import Certificates
from cosell.webhook.download import Download
from cosell.webhook.landing import Landing
from cosell.webhook.receiver import Receiver
from cosell.webhook.refused import NotNowError, RefusedError
from cosell.webhook.tally import Tally
from cosell.webhook.trust import read_trust

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import TypeVar

    from cosell.webhook.settings import Settings

    T = TypeVar("T")

_CLOSING = {"Connection": "close"}
_AGAIN_SECONDS = 60.0

_log = logging.getLogger(__name__)


def create_app(settings: Settings, *, path: str = PATH) -> FastAPI:
    """Give the application; raises ConfigurationError where the settings cannot be followed."""
    post = _Post(settings)
    app = FastAPI(
        title="cosell webhook",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=post.open,
    )
    app.post(path)(post.answer)
    return app


class _Post:
    """One receiver between the application's start and its end."""

    def __init__(self, settings: Settings) -> None:
        self._allowed = Allowed(settings.certificates)
        self._download = Download(settings.ca)
        place = inbox_place(settings.inbox)
        self._addresses = KnownAddresses(place)
        self._certificates = Certificates(
            self._download, read_trust(settings.trust, organisation=settings.issuer), known=self._allowed.files
        )
        self._landing = Landing(StoredInbox(place))
        self._receiver = Receiver(self._allowed, self._certificates, self._landing)
        self._tally = Tally()

    async def answer(self, request: Request) -> Response:
        """Take an event in, and say what came of it in a status and a few words of ours."""
        try:
            body = await read_body(request.stream(), request.headers)
            taken = await self._receiver.receive(body, request.headers)
        except RefusedError as refused:
            self._tally.count(refused.status, refused.why, shown=refused.shown)
            return _said(refused.status, refused.why, closes=refused.closes)
        self._tally.count(taken.status, taken.why)
        return _said(taken.status, taken.why)

    @asynccontextmanager
    async def open(self, app: FastAPI) -> AsyncIterator[None]:
        """Keep certificates fresh as long as the application runs."""
        del app
        async with self._download:
            keeping = asyncio.create_task(self._keep())
            try:
                yield
            finally:
                keeping.cancel()
                self._tally.tell()
                self._landing.close()

    async def _keep(self) -> None:
        for address in await self._stored(self._addresses.read) or ():
            self._know_again(address)
        while True:
            await self._certificates.renew()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._receiver.proved.wait(), _AGAIN_SECONDS)
                await self._keep_addresses()
            self._tally.tell()

    async def _keep_addresses(self) -> None:
        self._receiver.proved.clear()
        proved = sorted(self._certificates.known - self._allowed.files)
        await self._stored(lambda: self._addresses.keep(proved))

    def _know_again(self, address: str) -> None:
        """Take an address that proved right before the restart for known, unless the list has changed."""
        try:
            self._certificates.prove(self._allowed.check(address))
        except RefusedError:
            _log.info("certificate address=%s was known and is not allowed any more", ascii(address))

    async def _stored(self, work: Callable[[], T]) -> T | None:
        try:
            return await self._landing.do(work)
        except NotNowError as error:
            _log.warning("the addresses of certificates are not kept: %s %s", error.why, ascii(error.shown))
            return None


def _said(status: int, why: str, *, closes: bool = False) -> Response:
    return Response(f"{why}\n", status, headers=_CLOSING if closes else None, media_type="text/plain")
