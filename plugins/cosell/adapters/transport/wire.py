"""The httpx clients beneath a transport, and what their failures mean."""

from __future__ import annotations

import logging
import ssl
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import httpx

from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.adapters.transport.settings import Options

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
CUT_OFF = (httpx.TransportError, httpx.DecodingError, TimeoutError)


class Clients:
    """Clients that carry one request at a time each, as many as there were ever requests on their way together.

    One client for all looks through every connection and every request whenever one begins or ends, which costs more
    than sending it. None keeps a cookie, follows a redirect or waits for ever.
    """

    def __init__(self, options: Options) -> None:
        # httpx logs whole URLs, whose query may hold a person's e-mail.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._options = options
        trusted = trust(options.verify)
        self._trusted = trusted if options.wire else httpx.create_ssl_context(trusted)
        self._free: list[httpx.AsyncClient] = []

    @contextmanager
    def one(self) -> Iterator[httpx.AsyncClient]:
        """Lend a client; the one used last comes first, since its connection is open."""
        client = self._free.pop() if self._free else self._open()
        try:
            yield client
        finally:
            self._free.append(client)

    async def close(self) -> None:
        """Close every connection."""
        for client in self._free:
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        patience = self._options.patience
        return httpx.AsyncClient(
            timeout=httpx.Timeout(patience.answer, connect=patience.connect),
            verify=self._trusted,
            cookies=_NoCookies(),
            transport=self._options.wire,
            headers={"Accept": "application/json", **self._options.headers},
        )


class _NoCookies(CookieJar):
    """Keeps none: the affinity cookie would tie all requests to one server. A policy would read each answer first."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Leave the answer's cookies alone."""


def trust(verify: bool | str) -> ssl.SSLContext | bool:
    """Give what httpx needs to know a server: the usual authorities, or a bundle of one's own."""
    if isinstance(verify, bool):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError) as error:
        message = f"the connection's verify names a CA bundle that cannot be read: {verify}"
        raise ConfigurationError(message) from error


def raise_where_untrusted(error: Exception) -> None:
    """Raise ConfigurationError where a server's certificate is the reason; repeats cannot mend it."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            message = "the server's certificate is not trusted: set the connection's verify to its CA bundle"
            raise ConfigurationError(message) from error
        cause = cause.__cause__ or cause.__context__
