"""How a transport shows itself: tokens, headers, links, cookies, logs."""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from cosell.adapters.transport import Request, Transport
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    ForeignHostError,
    SignInNeededError,
)

from tests.contracts.transport.scripted import Service

pytestmark = pytest.mark.anyio
Opened = Callable[..., Transport]
READ = Request(path="things")


async def test_numbers_keep_their_digits(opened: Opened, service: Service) -> None:
    """Fractions are Decimal, whole numbers stay int."""
    service.answers = [httpx.Response(200, content=b'{"a": 0.10, "b": 7}')]
    async with opened() as transport:
        body = (await transport.send(READ)).json()
    assert body == {"a": Decimal("0.10"), "b": 7}
    assert isinstance(body, dict)
    assert isinstance(body["b"], int)


async def test_refused_token_is_renewed_once(opened: Opened, service: Service) -> None:
    """A 401 is answered with a new token; unsafe writes too, since nothing was done."""
    service.answers = [httpx.Response(401, json={}), httpx.Response(200, json={})]
    async with opened() as transport:
        await transport.send(Request(method="POST", path="things", json={}))
    assert [one.headers["authorization"] for one in service.asked] == ["Bearer token-0", "Bearer token-1"]


async def test_second_refusal_needs_a_person(opened: Opened, service: Service) -> None:
    """When the new token is refused too, the credentials or the role are wrong."""
    service.answers = [httpx.Response(401, json={"error": {"code": "unauthenticated"}})]
    async with opened() as transport:
        with pytest.raises(AccessDeniedError):
            await transport.send(READ)
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "unauthenticated", "innerError": {"code": "900421", "message": "MFA"}}},
        {"code": 900421, "description": "MFA is required"},
    ],
)
async def test_missing_mfa_stops_at_once(opened: Opened, service: Service, body: dict[str, Any]) -> None:
    """No new token mends a sign-in without MFA: a person must sign in again."""
    service.answers = [httpx.Response(401, json=body)]
    async with opened() as transport:
        with pytest.raises(SignInNeededError, match="sign-in"):
            await transport.send(READ)
    assert len(service.asked) == 1


@pytest.mark.parametrize("link", ["https://evil.example/v1.0/things", "https://service.example@evil.example/"])
async def test_no_token_leaves_for_another_host(opened: Opened, service: Service, link: str) -> None:
    """A link to another host is an error, and nothing is sent."""
    async with opened(twins=frozenset({"twin.example"})) as transport:
        with pytest.raises(ForeignHostError):
            await transport.send(Request(path=link))
        await transport.send(Request(path="http://twin.example/v1.0/next"))
    assert [str(one.url) for one in service.asked] == ["https://twin.example/v1.0/next"]


async def test_redirects_are_not_followed(opened: Opened, service: Service) -> None:
    """A redirect could carry the token away; it is a broken answer."""
    service.answers = [httpx.Response(302, headers={"Location": "https://evil.example/"})]
    async with opened() as transport:
        with pytest.raises(BrokenAnswerError):
            await transport.send(READ)
    assert {one.url.host for one in service.asked} == {"service.example"}


async def test_no_cookie_is_kept(opened: Opened, service: Service) -> None:
    """The affinity cookie would tie all requests to one server."""
    cookie = {"Set-Cookie": "ARRAffinity=1; Path=/; Domain=service.example"}
    service.answers = [httpx.Response(200, json={}, headers=cookie)]
    async with opened() as transport:
        await transport.send(READ)
        await transport.send(READ)
    assert all("cookie" not in one.headers for one in service.asked)


async def test_stamps_are_new_on_every_try(opened: Opened, service: Service) -> None:
    """Correlation ids belong to one call; what the request itself says stays."""
    numbers = iter(range(10))
    service.answers = [httpx.Response(502), httpx.Response(200, json={})]
    async with opened(stamp=lambda: {"x-call": str(next(numbers))}, headers={"x-fixed": "1"}) as transport:
        await transport.send(Request(path="things", headers={"x-request": "same"}))
    told = [(one.headers["x-call"], one.headers["x-request"], one.headers["x-fixed"]) for one in service.asked]
    assert told == [("0", "same", "1"), ("1", "same", "1")]


async def test_log_tells_the_service_s_ids_and_no_values(
    opened: Opened, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """One line a call with method, path template, status and request id; no query, no body, no token."""
    service.answers = [httpx.Response(200, json={"email": "ada@tailspin.example"}, headers={"request-id": "r-77"})]
    path = "things/6f1c9d4e-0000-4000-8000-000000000001"
    with caplog.at_level(logging.DEBUG):
        async with opened() as transport:
            await transport.send(Request(path=path, params={"$filter": "email eq 'ada@tailspin.example'"}))
    said = caplog.text
    assert "GET /v1.0/things/{id}" in said
    assert "status=200" in said
    assert "request-id=r-77" in said
    assert "ada@" not in said
    assert "token-0" not in said


async def test_untrusted_certificate_is_a_setting_to_mend(opened: Opened, service: Service) -> None:
    """Repeating cannot mend a certificate that nobody vouches for; the sentence names the setting."""
    service.answers = [httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")]
    async with opened() as transport:
        with pytest.raises(ConfigurationError, match="verify"):
            await transport.send(READ)
    assert len(service.asked) == 1


def test_bundle_that_cannot_be_read_is_named(opened: Opened) -> None:
    """A wrong path in verify is told with the path."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"):
        opened(verify="nowhere.pem")
