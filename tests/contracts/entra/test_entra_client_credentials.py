"""Tokens of the application itself, for Dataverse."""

import logging
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from cosell.adapters.entra import ClientCredentials, Identity, default_authority
from cosell.core.errors import AccessDeniedError, ConfigurationError, ServiceUnavailableError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from sandbox.faults import Fault
from sandbox.tenant import tenant_of
from sandbox.world import World
from tests.contracts.entra.desk import Wire

pytestmark = pytest.mark.anyio
SCOPE = "https://contoso.crm4.dynamics.com/.default"


def opens_dataverse(world: World, token: str) -> bool:
    """Tell whether the API would let a token in."""
    return getattr(world.tokens.check(f"Bearer {token}", audience="dataverse"), "audience", None) == "dataverse"


async def test_secret_gives_a_token(world: World, crm: Identity) -> None:
    """The client secret opens the API, with no user."""
    assert opens_dataverse(world, await ClientCredentials(crm, scope=SCOPE).token())


async def test_token_is_kept_for_the_task(crm: Identity, wire: Wire) -> None:
    """Many requests at once need one token."""
    source, got = ClientCredentials(crm, scope=SCOPE), set[str]()

    async def ask() -> None:
        got.add(await source.token())

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(ask)
    assert len(got) == 1
    assert wire.grants() == 1


async def test_refused_token_never_comes_back(crm: Identity, wire: Wire) -> None:
    """A token that the service did not take is replaced, once for all who had it."""
    source = ClientCredentials(crm, scope=SCOPE)
    first = await source.token()
    assert {await source.token(refused=first), await source.token(refused=first)} == {await source.token()}
    assert await source.token() != first
    assert wire.grants() == 2


async def test_token_near_its_end_is_replaced(world: World, crm: Identity, wire: Wire) -> None:
    """A token that would end during a call is not used."""
    world.settings["token_seconds"] = 200
    source = ClientCredentials(crm, scope=SCOPE)
    await source.token()
    await source.token()
    assert wire.grants() == 2


async def test_certificate_in_a_pem_gives_a_token(world: World, crm: Identity, tmp_path: Path) -> None:
    """Key and certificate in one PEM, as a file or as text."""
    tenant = tenant_of(world)
    file = tmp_path / "application.pem"
    file.write_text(tenant.certificate_key + tenant.certificate)
    for certificate in (str(file), file.read_text()):
        source = ClientCredentials(replace(crm, secret=None, certificate=certificate), scope=SCOPE)
        assert opens_dataverse(world, await source.token())


async def test_certificate_in_a_pfx_gives_a_token(world: World, crm: Identity, tmp_path: Path) -> None:
    """A PFX is opened with the connection's password; a wrong one is a setting to mend."""
    tenant = tenant_of(world)
    key = load_pem_private_key(tenant.certificate_key.encode(), password=None)
    certificate = x509.load_pem_x509_certificate(tenant.certificate.encode())
    file = tmp_path / "application.pfx"
    lock = BestAvailableEncryption(b"open")
    file.write_bytes(pkcs12.serialize_key_and_certificates(None, key, certificate, None, lock))  # type: ignore[arg-type]
    identity = replace(crm, secret="open", certificate=str(file))
    assert opens_dataverse(world, await ClientCredentials(identity, scope=SCOPE).token())
    with pytest.raises(ConfigurationError):
        await ClientCredentials(replace(identity, secret="wrong"), scope=SCOPE).token()


@pytest.mark.parametrize("certificate", ["nowhere.pem", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"])
async def test_certificate_that_is_none_is_named(crm: Identity, certificate: str) -> None:
    """A missing file or a missing key is told as the connection's certificate."""
    with pytest.raises(ConfigurationError, match="certificate"):
        await ClientCredentials(replace(crm, certificate=certificate), scope=SCOPE).token()


async def test_wrong_secret_names_the_client_and_not_the_secret(crm: Identity) -> None:
    """The sentence helps the operator and betrays nothing."""
    wrong = replace(crm, secret="a-wrong-secret")
    with pytest.raises(AccessDeniedError) as caught:
        await ClientCredentials(wrong, scope=SCOPE).token()
    assert crm.client_id in str(caught.value)
    assert "a-wrong-secret" not in str(caught.value) + repr(wrong)


async def test_wrong_scope_is_a_setting_to_mend(crm: Identity) -> None:
    """An unknown resource names the scope."""
    with pytest.raises(ConfigurationError, match="nowhere"):
        await ClientCredentials(crm, scope="https://nowhere.example/.default").token()


async def test_wrong_tenant_is_a_setting_to_mend(crm: Identity) -> None:
    """An authority that does not know the tenant is told with its address."""
    wrong = replace(crm, authority=crm.authority + "0")
    with pytest.raises(ConfigurationError, match="authority"):
        await ClientCredentials(wrong, scope=SCOPE).token()


async def test_stumbling_sign_in_service_is_asked_again(world: World, crm: Identity) -> None:
    """A cut connection, a 500 and a 429 are passed."""
    for fault in ("drop_before", "status", "throttle"):
        world.faults.add(Fault(kind=fault, app="entra", path="/token", retry_after=0))
    assert opens_dataverse(world, await ClientCredentials(crm, scope=SCOPE).token())


async def test_half_an_answer_is_asked_again_and_not_logged(
    world: World, crm: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    """A cut answer may hold most of a token: it reaches neither msal nor a log."""
    world.faults.add(Fault(kind="truncate", app="entra", path="/token", clean=True))
    with caplog.at_level(logging.DEBUG):
        token = await ClientCredentials(crm, scope=SCOPE).token()
    assert opens_dataverse(world, token)
    issued = list(world.store.table("tokens").keys())
    assert len(issued) == 2
    assert not any(one[:12] in caplog.text for one in [*issued, str(crm.secret)])


async def test_sign_in_service_that_is_down_is_an_error_to_repeat(world: World, crm: Identity) -> None:
    """After a few tries the run comes back later."""
    world.faults.add(Fault(kind="status", app="entra", status=503, times=0))
    with pytest.raises(ServiceUnavailableError):
        await ClientCredentials(crm, scope=SCOPE).token()


def test_default_authority_is_microsoft_s() -> None:
    """Without a setting the tenant signs in at Microsoft's login host."""
    assert default_authority("contoso.example") == "https://login.microsoftonline.com/contoso.example"
