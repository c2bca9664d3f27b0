"""What a person reads when Entra gives no token: which part of the connection is wrong, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import httpx
import pytest
from cosell.adapters.entra import ClientCredentials, Identity, RefreshTokenGrant, sign_in
from cosell.adapters.transport import Naming
from cosell.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    CosellError,
    ServiceUnavailableError,
    SignInNeededError,
)

if TYPE_CHECKING:
    from sandbox.world import World
    from tests.contracts.entra.desk import Vault, Wire

pytestmark = pytest.mark.anyio
AUTHORITY = "https://login.example/contoso"
SCOPE = "https://crm.example/.default"
NAMING = Naming(connection="connection crm_test", sign_in="airflow cosell sign-in --env test")


@dataclass
class Scripted(httpx.BaseTransport):
    """A token service that describes itself, and refuses every request for a token."""

    error: str
    number: int
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as Entra does."""
        self.asked.append(request.url.path)
        if request.method == "GET":
            ends = {"token": "token", "authorization": "authorize", "device_authorization": "devicecode"}
            described = {f"{name}_endpoint": f"{AUTHORITY}/oauth2/v2.0/{end}" for name, end in ends.items()}
            return httpx.Response(200, json={**described, "issuer": f"{AUTHORITY}/v2.0"})
        told = f"AADSTS{self.number}: about ina@contoso.example"
        return httpx.Response(400, json={"error": self.error, "error_codes": [self.number], "error_description": told})


def refused(error: str, number: int) -> Identity:
    """Give an application that Entra refuses so."""
    wire = Scripted(error, number)
    return Identity(client_id="app-1", secret="s", authority=AUTHORITY, naming=NAMING, wire=wire)


async def told_of(identity: Identity) -> CosellError:
    """Give the error that asking for a token ends with."""
    with pytest.raises(CosellError) as caught:
        await ClientCredentials(identity, scope=SCOPE).token()
    return caught.value


@pytest.mark.parametrize(
    ("error", "number", "kind", "told"),
    [
        (
            "unauthorized_client",
            700016,
            ConfigurationError,
            "its tenant has no application app-1 ({}): correct its login",
        ),
        (
            "invalid_request",
            90002,
            ConfigurationError,
            f"knows no tenant at {AUTHORITY} ({{}}): correct its extra key te",
        ),
        (
            "invalid_request",
            900023,
            ConfigurationError,
            f"knows no tenant at {AUTHORITY} ({{}}): correct its extra key t",
        ),
        (
            "invalid_client",
            7000222,
            AccessDeniedError,
            "the secret of client app-1 has expired ({}): make a new one in",
        ),
        (
            "invalid_client",
            7000215,
            AccessDeniedError,
            "the secret of client app-1 is wrong ({}): enter the secret's va",
        ),
        ("invalid_client", 7000218, AccessDeniedError, "client app-1 sent no secret ({}): enter its password"),
        (
            "invalid_client",
            700025,
            AccessDeniedError,
            "client app-1 is a public client ({}), which has no secret: leave",
        ),
        (
            "invalid_resource",
            500011,
            ConfigurationError,
            f"refused scope {SCOPE} of client app-1: {{}}; correct its host",
        ),
        ("invalid_client", 700027, AccessDeniedError, "refused client app-1: {}; check its login"),
    ],
)
async def test_each_number_names_its_own_part(error: str, number: int, kind: type[CosellError], told: str) -> None:
    """Login, tenant_id, password or host: the connection, the part and the fix; Entra's own words may name a person."""
    caught = await told_of(refused(error, number))
    assert type(caught) is kind
    assert str(caught).startswith("connection crm_test: ")
    assert told.format(f"{error} (AADSTS{number})") in str(caught)
    assert "ina@" not in str(caught)


async def test_on_the_sandbox_each_is_told_alike(world: World, crm: Identity) -> None:
    """A client id that is none, a tenant that is none, a wrong secret, an ended secret."""
    crm = replace(crm, naming=NAMING)
    assert "its tenant has no application" in str(await told_of(replace(crm, client_id=f"{crm.client_id}0")))
    unknown = await told_of(replace(crm, authority=f"{crm.authority}0"))
    assert f"knows no tenant at {crm.authority}0 (it answered 400): correct its extra key tenant_id" in str(unknown)
    assert "is wrong (invalid_client (AADSTS7000215))" in str(await told_of(replace(crm, secret="wrong")))
    world.settings["expired_secrets"] = [crm.client_id]
    assert "has expired (invalid_client (AADSTS7000222))" in str(await told_of(crm))


async def test_an_application_without_secret_is_told_before_entra_is_asked_for_a_token(
    crm: Identity, wire: Wire
) -> None:
    """Only persons can sign in to such a one."""
    caught = await told_of(replace(crm, secret=None, naming=NAMING))
    assert isinstance(caught, ConfigurationError)
    assert "connection crm_test: its password (client secret) is empty and it has no certificate" in str(caught)
    assert wire.grants() == 0


async def test_a_service_that_is_not_reached_is_named(crm: Identity) -> None:
    """By its host, and by the part of the connection that says it."""
    identity = replace(crm, authority="https://login.invalid/contoso", naming=NAMING, wire=None)
    caught = await told_of(identity)
    assert isinstance(caught, ServiceUnavailableError)
    assert str(caught).startswith(
        "connection crm_test: host login.invalid cannot be reached (name not known): correct "
    )
    assert "its extra key tenant_id (or authority), or let this machine reach that host" in str(caught)


async def test_whoever_must_sign_in_reads_the_whole_command(partner: Identity, vault: Vault) -> None:
    """Without a token, and with one that is spent."""
    for token in (None, "spent"):
        identity, scope = replace(partner, naming=NAMING), "https://api.partner.microsoft.com/.default"
        grant = RefreshTokenGrant(identity, scope=scope, refresh_token=token, vault=vault)
        with pytest.raises(SignInNeededError, match=r"for connection crm_test: .*`airflow cosell sign-in --env test`$"):
            await grant.token()


async def test_an_application_that_lets_nobody_sign_in_by_a_code_is_told() -> None:
    """The switch for that is Entra ID's."""
    with pytest.raises(AccessDeniedError, match="allow public client flows for the application in Entra ID"):
        await sign_in(refused("invalid_client", 7000218), scope=SCOPE, tell=lambda _shown: None)
