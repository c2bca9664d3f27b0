"""An environment of the sandbox, spoken to in-process; persons act in it through `crm`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.dataverse import create_app
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

    from sandbox.odata import Value

ORG = "https://contoso.crm4.dynamics.com"
API = f"{ORG}/api/data/v9.2/"


class Api:
    """The Web API as an application user sees it, one call at a time."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self.world = world
        self.token = world.tokens.issue("dataverse", client_id="11111111-2222-3333-4444-555555555555")

    def __call__(self, method: str, path: str, **rest: Value) -> httpx.Response:
        """Send one request and give the answer."""
        return asyncio.run(self._send(method, path, rest))

    async def _send(self, method: str, path: str, rest: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | rest.pop("headers", {})
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url=API) as client:
            return await client.request(method, path, headers=headers, **rest)

    def create(self, entity_set: str, **columns: Value) -> str:
        """Create a row and give its id."""
        answer = self("POST", entity_set, json=columns)
        assert answer.status_code == 204, answer.text
        return answer.headers["OData-EntityId"][-37:-1]

    def rows(self, address: str, **headers: str) -> list[dict[str, Any]]:
        """List rows and give them."""
        answer = self("GET", address, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def refused(self, method: str, path: str, **rest: Value) -> tuple[int, str, str]:
        """Send a request that must fail and give status, code and message."""
        answer = self(method, path, **rest)
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]


@pytest.fixture
def world() -> Iterator[World]:
    """Give a new world in memory."""
    world = World.open(":memory:")
    yield world
    world.store.close()


@pytest.fixture
def api(world: World) -> Api:
    """Give the Web API of that world."""
    return Api(create_app(world), world)
