"""The httpx client beneath a transport, and what its failures mean."""

from __future__ import annotations

import logging
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx

from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from cosell.adapters.transport.settings import Options

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
CUT_OFF = (httpx.TransportError, httpx.DecodingError, TimeoutError)


def open_client(options: Options) -> httpx.AsyncClient:
    """Give a client that keeps no cookie, follows no redirect and never waits for ever."""
    # httpx logs whole URLs, whose query may hold a person's e-mail.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    patience = options.patience
    return httpx.AsyncClient(
        timeout=httpx.Timeout(patience.answer, connect=patience.connect),
        # The transport's own pace bounds the connections; a pool that waits would only add time-outs.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        verify=trust(options.verify),
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        transport=options.wire,
        headers={"Accept": "application/json", **options.headers},
    )


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
