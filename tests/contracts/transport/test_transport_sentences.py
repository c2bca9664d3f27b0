"""What a person reads when a service cannot be spoken to: which connection, which host, what to do."""

import socket
import ssl
from collections.abc import Callable

import httpx
import pytest
from cosell.adapters.transport import Naming, Options, Request, Transport
from cosell.core.errors import (
    AccessDeniedError,
    BrokenAnswerError,
    ConfigurationError,
    CosellError,
    ServiceUnavailableError,
    SignInNeededError,
)

from tests.contracts.transport.scripted import QUICK, Service, Tokens

pytestmark = pytest.mark.anyio
Opened = Callable[..., Transport]
READ = Request(path="things(00000000-0000-0000-0000-000000000001)")
NAMING = Naming(connection="connection crm_test", sign_in="airflow cosell sign-in --env test")
FIX = "correct its host (base URL), or let this machine reach that host (name server, firewall, proxy)"


def caused(error: Exception, cause: Exception) -> Exception:
    """Give an error as httpx raises it."""
    error.__cause__ = cause
    return error


def untrusted(number: int) -> Exception:
    """Give the error of a certificate that OpenSSL refuses for that reason."""
    cause = ssl.SSLCertVerificationError("CERTIFICATE_VERIFY_FAILED")
    cause.verify_code = number
    return caused(httpx.ConnectError("ssl"), cause)


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (caused(httpx.ConnectError("-2"), socket.gaierror(socket.EAI_NONAME, "unknown")), "name not known"),
        (caused(httpx.ConnectError("-3"), socket.gaierror(socket.EAI_AGAIN, "later")), "name cannot be looked up now"),
        (caused(httpx.ConnectError("111"), ConnectionRefusedError()), "connection refused"),
        (httpx.ConnectTimeout("slow"), "no connection in time"),
        (httpx.ProxyError("407"), "the proxy refuses"),
        (httpx.ConnectError("odd"), "no connection, ConnectError"),
    ],
    ids=["name", "lookup", "refused", "slow", "proxy", "odd"],
)
async def test_a_host_that_is_not_reached_is_named_with_the_fix(
    opened: Opened, service: Service, trouble: Exception, why: str
) -> None:
    """No path, and nothing of the library's own words."""
    service.answers = [trouble]
    async with opened(naming=NAMING) as transport:
        with pytest.raises(ServiceUnavailableError) as caught:
            await transport.send(READ)
    assert str(caught.value) == f"connection crm_test: host service.example cannot be reached ({why}): {FIX}"


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (httpx.ReadTimeout("slow"), ServiceUnavailableError, "no answer from service.example to GET /v1.0/things"),
        (httpx.Response(503), ServiceUnavailableError, "service.example answered GET things"),
        (
            httpx.Response(302),
            BrokenAnswerError,
            r"service.example .* redirect \(302\), .*: correct its host \(base URL\)",
        ),
        (httpx.Response(401), AccessDeniedError, r"service.example refused a new access token too \(401\): check its"),
        (
            untrusted(20),
            ConfigurationError,
            "the certificate of service.example is not trusted: set its extra key verify",
        ),
        (untrusted(62), ConfigurationError, r"the certificate of service.example is of another host: correct its host"),
    ],
    ids=["silent", "down", "redirect", "refused", "untrusted", "another"],
)
async def test_other_trouble_is_told_of_the_connection_too(
    opened: Opened, service: Service, answer: httpx.Response | Exception, error: type[CosellError], told: str
) -> None:
    """Whatever it is."""
    service.answers = [answer]
    async with opened(naming=NAMING) as transport:
        with pytest.raises(error, match=f"^connection crm_test: .*{told}"):
            await transport.send(READ)


async def test_whoever_must_sign_in_reads_the_whole_command(opened: Opened, service: Service) -> None:
    """That of another environment would sign in for nothing."""
    service.answers = [httpx.Response(401, json={"code": 900421})]
    async with opened(naming=NAMING) as transport:
        with pytest.raises(SignInNeededError, match="for connection crm_test with `airflow cosell sign-in --env test`"):
            await transport.send(READ)


def test_a_bundle_that_cannot_be_read_is_named_with_its_connection() -> None:
    """Before anything is asked."""
    options = Options(patience=QUICK, verify="/nonesuch.pem", naming=NAMING)
    with pytest.raises(ConfigurationError, match=r"^connection crm_test: extra key verify .*: /nonesuch.pem$"):
        Transport("https://service.example", Tokens(), options=options)
