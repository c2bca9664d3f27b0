"""Asks an address without any credentials, by Airflow's HTTP provider, so with this machine's own proxies and trust.

The hook of the provider would send a connection's login and password as basic auth, and its extra keys as headers. So
it is given a connection that holds nothing but the address and is never stored.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio.to_thread
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import RequestException, SSLError, Timeout

from cosell.core.checkup.doors import Reached
from cosell.core.registration import shown

if TYPE_CHECKING:
    from requests import Response

_SECONDS: Final = 20
_SILENT: Final = logging.Logger("cosell.bare", level=logging.CRITICAL + 1)  # noqa: LOG001 - out of logging's reach
"""One that logging knows speaks again when logging is configured, as Airflow does."""


class BareHttpHook(HttpHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """The provider's hook for one host, without a stored connection."""

    def __init__(self, address: str) -> None:
        super().__init__(method="GET")
        parts = urlsplit(address)
        self._bare = Connection(conn_id="cosell_bare", conn_type="http", host=f"{parts.scheme}://{parts.netloc}")

    @property
    def log(self) -> logging.Logger:
        """Give a logger that says nothing: the provider's hook tells whole addresses, whose query may hold a secret."""
        return _SILENT

    def get_connection(self, conn_id: str) -> Connection:
        """Give the connection that holds no more than the address."""
        del conn_id
        return self._bare


async def reach(address: str, *, verify: bool | str = True) -> Reached:
    """Give what an address answers to whom it does not know."""
    return await anyio.to_thread.run_sync(_reach, address, verify)


def _reach(address: str, verify: bool | str) -> Reached:
    parts = urlsplit(address)
    options = {"verify": verify, "timeout": _SECONDS, "check_response": False, "allow_redirects": False}
    begun = datetime.now(UTC)
    try:
        answer = BareHttpHook(address).run(f"{parts.path}?{parts.query}".rstrip("?"), extra_options=options)
    except (RequestException, ValueError, OSError) as error:
        problem = _in_words(error)
        if isinstance(verify, str) and not Path(verify).exists():
            problem = f"there is no CA bundle {verify}: correct the connection's extra key verify"
        return Reached(address=shown(address), status=None, problem=problem)
    return Reached(
        address=shown(address), status=answer.status_code, skew=_skew(answer, begun + (datetime.now(UTC) - begun) / 2)
    )


def _skew(answer: Response, asked: datetime) -> timedelta | None:
    """Give how far the service's clock is ahead, to the second."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]) - asked
    except (KeyError, ValueError, TypeError):
        return None


def _in_words(error: Exception) -> str:
    if isinstance(error, SSLError):
        return "its certificate is not trusted: set the connection's extra key verify to its CA bundle"
    if isinstance(error, Timeout):
        return f"no answer within {_SECONDS} s"
    if isinstance(error, NoConnectionError):
        return "no such host" if "NameResolution" in repr(error) else "no connection"
    return f"cannot be asked ({type(error).__name__})"
