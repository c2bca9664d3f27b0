"""The registration API of Partner Center's webhook: another host than the referrals', and another audience."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cosell.adapters.partner_center.refusal import refusal_of
from cosell.adapters.transport import Options, Patience, Request, Transport
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    RegistrationRefusedError,
    RetryLaterError,
)
from cosell.core.registration import Registration
from cosell.core.trial import Attempt

if TYPE_CHECKING:
    from cosell.adapters.transport import Answer, TokenSource

BASE_URL = "https://api.partnercenter.microsoft.com"
PATIENCE = Patience(throttled=5)
"""A third test event must wait a minute: that is left to Airflow, which holds no worker for it."""
_ROOT = "webhooks/v1/registration"
_TESTS = f"{_ROOT}/validationEvents"
_FORBIDDEN, _MISSING = 403, 404
_JSON = {"Content-Type": "application/json"}
_QUERY = re.compile(r"\?\S*")


class _Wire(BaseModel):
    """Members in any case, more of them than are known left out."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _in_small_letters(cls, members: Any) -> Any:  # noqa: ANN401 - JSON
        return {name.lower(): value for name, value in members.items()} if isinstance(members, dict) else members


class _Standing(_Wire):
    url: str | None = Field(default=None, alias="webhookurl")
    events: list[str] = Field(default=[], alias="webhookevents")
    own_header: bool | None = Field(default=None, alias="signaturetokentomssignatureheader")


class _Result(_Wire):
    answer: str = Field(default="", alias="responsecode", coerce_numbers_to_str=True)
    message: str | None = Field(default=None, alias="responsemessage")
    at: datetime | None = Field(default=None, alias="datetimeutc")


class _Test(_Wire):
    correlation_id: uuid.UUID = Field(alias="correlationid")
    results: list[_Result] | None = None


_Said = TypeVar("_Said", bound=_Wire)


def open_registry_transport(base_url: str, token: TokenSource, *, options: Options) -> Transport:
    """Give the transport for the registration API; `base_url` ends before `/webhooks`."""
    return Transport(base_url, token, options=replace(options, stamp=_ids))


class PartnerCenterRegistry:
    """What is registered, over an open transport."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def offered(self) -> list[str]:
        """Give the names of all events that may be asked for."""
        answer = await self._transport.send(Request(path=f"{_ROOT}/events", headers=_request_id(), check=_names))
        if answer.status == _MISSING:
            message = "the connection's host does not serve the registration of webhooks: it is usually " + BASE_URL
            raise ConfigurationError(message)
        return _names(_good(answer, "list its events"))

    async def standing(self) -> Registration | None:
        """Give what is registered now; None: nothing."""
        answer = await self._transport.send(Request(path=_ROOT, headers=_request_id(), check=_registration))
        return None if answer.status == _MISSING else _registration(_good(answer, "show its registration"))

    async def put(self, registration: Registration, *, exists: bool) -> None:
        """Register; `exists`: in place of what is registered. Raises RetryLaterError where that has changed."""
        body = {"WebhookUrl": registration.url, "WebhookEvents": list(registration.events)}
        header = {"SignatureTokenToMsSignatureHeader": registration.own_header}
        told = body | ({} if registration.own_header is None else header)
        method = "PUT" if exists else "POST"
        answer = await self._transport.send(
            Request(method=method, path=_ROOT, json=told, headers=_request_id(), repeat_safe=exists)
        )
        if not answer.is_success and (await self.standing() is not None) != exists:
            raise RetryLaterError("what is registered in Partner Center has changed meanwhile")
        _good(answer, "take the registration")

    async def ask_for_test(self) -> str:
        """Ask for a test event to the registered address; give its correlation id. Two in a minute are too many."""
        asked = Request(method="POST", path=_TESTS, content=b"", headers=_JSON | _request_id(), check=_test)
        answer = await self._transport.send(asked)
        return str(_test(_good(answer, "send a test event")).correlation_id)

    async def attempts(self, correlation_id: str) -> list[Attempt]:
        """Give the tries to deliver that test event so far, in their order."""
        path = f"{_TESTS}/{uuid.UUID(correlation_id)}"
        answer = await self._transport.send(Request(path=path, headers=_request_id(), check=_test))
        if answer.status == _MISSING:
            return []  # not known yet
        results = _test(_good(answer, "tell of the test event")).results or []
        told = [Attempt(answer=one.answer, message=one.message or "", at=_utc(one.at)) for one in results]
        return sorted(told, key=lambda one: one.at or datetime.min.replace(tzinfo=UTC))


def _good(answer: Answer, what: str) -> Answer:
    """Give a good answer; raise what another one means."""
    if answer.is_success:
        return answer
    refusal = refusal_of(answer)
    said = f"{refusal.code}: {_QUERY.sub('?...', refusal.message)}"
    if answer.status == _FORBIDDEN:
        raise AccessDeniedError(
            f"Partner Center does not {what} for this account ({said}): it needs the role Admin agent, Sales agent, "
            "Helpdesk agent or Billing admin; another account may sign in for the connection "
            "partner_center_events_default"
        )
    raise RegistrationRefusedError(f"Partner Center does not {what}: {said}")


def _names(answer: Answer) -> list[str]:
    body = answer.json()
    if not isinstance(body, list) or not all(isinstance(name, str) for name in body):
        raise BrokenAnswerError("the answer is no list of events")
    return body


def _registration(answer: Answer) -> Registration | None:
    """Give the registration in an answer; an empty one is none."""
    if not answer.content or answer.json() is None:
        return None
    read = _read(_Standing, answer)
    if not read.url:
        return None
    return Registration(url=read.url, events=tuple(read.events), own_header=read.own_header)


def _test(answer: Answer) -> _Test:
    return _read(_Test, answer)


def _read(kind: type[_Said], answer: Answer) -> _Said:
    try:
        return kind.model_validate(answer.json())
    except ValidationError:
        raise BrokenAnswerError("the answer is not what the registration of webhooks says") from None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _request_id() -> dict[str, str]:
    # The service tells a repeat by it, so it stays the same over the repeats of one request.
    return {"MS-RequestId": str(uuid.uuid4())}


def _ids() -> dict[str, str]:
    return {"MS-CorrelationId": str(uuid.uuid4())}
