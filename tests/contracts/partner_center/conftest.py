"""A new Partner Center for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.partner_center import create_app
from sandbox.world import World
from tests.contracts.partner_center.seller import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.adapters.partner_center import PartnerCenterReplica


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the steps do."""
    return "asyncio"


@pytest.fixture
def desk() -> Desk:
    """Give an empty Partner Center."""
    world = World.open()
    return Desk(world, create_app(world))


@pytest.fixture
async def replica(desk: Desk) -> AsyncIterator[PartnerCenterReplica]:
    """Give our replica of it."""
    async with desk.transport() as transport:
        yield desk.replica(transport)
