"""A tenant of the sandbox, and our two applications in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stamina
from cosell.adapters.entra import Identity

from sandbox.entra import create_app
from sandbox.tenant import tenant_of
from sandbox.world import World
from tests.contracts.entra.desk import Vault, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the steps do."""
    return "asyncio"


@pytest.fixture(autouse=True)
def no_waits() -> Iterator[None]:
    """Let stamina repeat without waiting."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def world() -> World:
    """Give a new tenant."""
    return World.open()


@pytest.fixture
def wire(world: World) -> Wire:
    """Give the way to its token endpoint."""
    return Wire(create_app(world))


@pytest.fixture
def vault() -> Vault:
    """Give an empty vault."""
    return Vault()


@pytest.fixture
def authority(world: World) -> str:
    """Give the tenant's authority, not Microsoft's."""
    return f"{world.settings['urls']['entra']}/{tenant_of(world).tenant_id}"


@pytest.fixture
def crm(world: World, wire: Wire, authority: str) -> Identity:
    """Give the application that works in Dataverse."""
    tenant = tenant_of(world)
    return Identity(
        client_id=tenant.dataverse_client_id, secret=tenant.dataverse_client_secret, authority=authority, wire=wire
    )


@pytest.fixture
def partner(world: World, wire: Wire, authority: str) -> Identity:
    """Give the application that a person signed in to for Partner Center."""
    tenant = tenant_of(world)
    return Identity(
        client_id=tenant.partner_center_client_id,
        secret=tenant.partner_center_client_secret,
        authority=authority,
        wire=wire,
    )
