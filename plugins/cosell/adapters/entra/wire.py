"""The blocking HTTP client that msal is given: time-outs, few repeats, our own errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import stamina

from cosell.adapters.transport.failures import retry_after
from cosell.adapters.transport.wire import NOT_SENT, raise_where_untrusted, trust, unreached
from cosell.core.errors import (
    BrokenAnswerError,
    ConfigurationError,
    RetryLaterError,
    ServiceUnavailableError,
    ThrottledError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.transport import Naming

_TOO_MANY, _SERVER_ERROR = 429, 500
_TRIES = 4
_ADDRESS = "extra key tenant_id (or authority)"
"""The parts of a connection that say where its token service is."""
# Altogether shorter than the vault's lease, under which a refresh token is redeemed by one task alone.
_LONGEST_WAIT = 10.0
_NO_NEW_TRY_AFTER = 45.0


class LoginWire:
    """What msal calls an HTTP client: `get`, `post` and `close`."""

    def __init__(
        self, authority: str, *, verify: bool | str, naming: Naming, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Open it; `authority` is the address of the tenant's token service."""
        self._authority, self._naming = authority, replace(naming, address=_ADDRESS)
        trusted = trust(verify, naming=naming)
        self._http = httpx.Client(timeout=httpx.Timeout(20, connect=10), verify=trusted, transport=transport)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str | bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Post a form."""
        # msal gives a signed assertion as bytes, which httpx would write as Python shows them.
        form = {name: text.decode() if isinstance(text, bytes) else text for name, text in (data or {}).items()}
        return self._ask(self._http.build_request("POST", url, params=params, data=form, headers=headers))

    def get(
        self, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Get a document."""
        return self._ask(self._http.build_request("GET", url, params=params, headers=headers))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, request: httpx.Request) -> httpx.Response:
        """Ask a few times: a lost token answer costs nothing, since a former refresh token stays good for a while."""
        for attempt in stamina.retry_context(on=_wait_before_next, attempts=_TRIES, timeout=_NO_NEW_TRY_AFTER):
            with attempt:
                return self._once(request)
        raise AssertionError  # stamina gives an answer or raises

    def _unanswered(self, error: httpx.TransportError, *, host: str) -> ServiceUnavailableError:
        """Give the error for a request without an answer; raises ConfigurationError where the server is not trusted."""
        raise_where_untrusted(error, host=host, naming=self._naming)
        if isinstance(error, NOT_SENT):
            return ServiceUnavailableError(unreached(error, host=host, naming=self._naming))
        told = f"{self._naming.connection}: no answer from the sign-in service {host} ({type(error).__name__})"
        return ServiceUnavailableError(told)

    def _once(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            raise self._unanswered(error, host=request.url.netloc.decode("ascii")) from error
        wait = retry_after(answer.headers.get("retry-after"))
        if answer.status_code == _TOO_MANY:
            message = f"{self._naming.connection}: the sign-in service asks to slow down"
            raise ThrottledError(message, retry_after=wait)
        if answer.status_code >= _SERVER_ERROR:
            message = f"{self._naming.connection}: the sign-in service answered {answer.status_code}"
            raise ServiceUnavailableError(message, retry_after=wait)
        if request.method == "GET" and answer.is_client_error:
            raise unknown_tenant(self._authority, naming=self._naming, said=f"it answered {answer.status_code}")
        _must_be_json(answer)
        return answer


def unknown_tenant(authority: str, *, naming: Naming, said: str) -> ConfigurationError:
    """Give the error for a token service that does not know the tenant."""
    return ConfigurationError(
        f"{naming.connection}: the sign-in service knows no tenant at {authority} ({said}): correct its {_ADDRESS}"
    )


def _must_be_json(answer: httpx.Response) -> None:
    """Raise BrokenAnswerError for half an answer; msal would write it to the log, token and all."""
    try:
        answer.json()
    except ValueError:
        message = f"the sign-in service's answer ({answer.status_code}) is not JSON"
        raise BrokenAnswerError(message) from None


def _wait_before_next(error: Exception) -> bool | float:
    """Give the wait that the service asked for; else whether to try again with stamina's own."""
    if not isinstance(error, RetryLaterError):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= _LONGEST_WAIT else False
