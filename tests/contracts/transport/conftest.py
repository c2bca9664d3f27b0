"""A transport towards a scripted service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cosell.adapters.transport import Options, Transport

from tests.contracts.transport.scripted import BASE, QUICK, Service, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the steps do."""
    return "asyncio"


@pytest.fixture
def service() -> Service:
    """Give a service that answers 200 with a small object."""
    return Service([httpx.Response(200, json={"value": 1.10})])


@pytest.fixture
def opened(service: Service) -> Callable[..., Transport]:
    """Give a maker of quick transports to the service."""

    def make(**options: Any) -> Transport:  # noqa: ANN401 - any option
        wire = httpx.MockTransport(service)
        return Transport(BASE, Tokens(), options=Options(**{"patience": QUICK, "wire": wire, **options}))

    return make
