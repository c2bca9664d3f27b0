"""The httpx clients beneath a transport, and what their failures mean."""

from __future__ import annotations

import logging
import socket
import ssl
from contextlib import contextmanager
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import httpx

from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.adapters.transport.settings import Naming, Options

_OF_ANOTHER_HOST = frozenset({62, 64})
"""OpenSSL's numbers for a certificate that names another host, or another IP address."""
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
        trusted = trust(options.verify, naming=options.naming)
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


def trust(verify: bool | str, *, naming: Naming) -> ssl.SSLContext | bool:
    """Give what httpx needs to know a server: the usual authorities, or a bundle of one's own."""
    if isinstance(verify, bool):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except (OSError, ssl.SSLError) as error:
        message = f"{naming.connection}: extra key verify names a CA bundle that cannot be read: {verify}"
        raise ConfigurationError(message) from error


def raise_where_untrusted(error: Exception, *, host: str, naming: Naming) -> None:
    """Raise ConfigurationError where a server's certificate is the reason; repeats cannot mend it."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in _OF_ANOTHER_HOST:
            message = f"{naming.connection}: the certificate of {host} is of another host: correct its {naming.address}"
            raise ConfigurationError(message) from error
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            message = (
                f"{naming.connection}: the certificate of {host} is not trusted: set its extra key verify to the CA "
                "bundle of that server"
            )
            raise ConfigurationError(message) from error


def unreached(error: Exception, *, host: str, naming: Naming) -> str:
    """Give the sentence for a connection that did not come about."""
    return (
        f"{naming.connection}: host {host} cannot be reached ({_why(error)}): correct its {naming.address}, or let "
        "this machine reach that host (name server, firewall, proxy)"
    )


def _why(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.ProxyError):
        return "the proxy refuses"
    causes = list(_causes(error))
    names = [cause.errno for cause in causes if isinstance(cause, socket.gaierror)]
    if names:
        return "name cannot be looked up now" if names[0] == socket.EAI_AGAIN else "name not known"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "connection refused"
    return f"no connection, {type(error).__name__}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and all that led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
