"""A new registration for every test."""

from __future__ import annotations

import pytest

from tests.contracts.registry.registrar import Registrar


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the tasks do."""
    return "asyncio"


@pytest.fixture
def registrar() -> Registrar:
    """Give a tenant in which nobody has registered anything."""
    return Registrar()
