"""The sandbox's own parts, spoken to in this process: a world, and the services in front of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox import entra, partner_center, partner_center_events
from sandbox.partner_center import portal
from sandbox.tenant import Tenant, tenant_of
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

REFERRALS = "/v1.0/engagements/referrals"
REGISTRATION = "/webhooks/v1/registration"


class Office:
    """Partner Center as a signed-in person's client sees it, one call at a time."""

    def __init__(self, world: World, app: ASGIApp) -> None:
        self.world = world
        self._app = app
        self.token = world.tokens.issue("partner_center", client_id="ours", user="integration@contoso.example")

    def __call__(self, method: str, path: str = REFERRALS, **rest: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """Send one request and give the answer."""
        return asyncio.run(self._send(method, path, rest))

    def one(self, referral_id: str) -> dict[str, Any]:
        """Read one referral."""
        return self("GET", f"{REFERRALS}/{referral_id}").json()

    def list(self, **options: str) -> list[dict[str, Any]]:
        """Read a whole list, page by page, options without their dollar sign."""
        answer = self("GET", params={f"${name}": value for name, value in options.items()})
        found = list(answer.json()["value"])
        while link := answer.json().get("@odata.nextLink"):
            answer = self("GET", str(httpx.URL(link).copy_with(scheme="https")))
            found += answer.json()["value"]
        return found

    def patch(self, referral_id: str, *, headers: dict[str, str] | None = None, **values: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
        """Replace members, named with two underscores for a step."""
        operations = [
            {"op": "replace", "path": "/" + name.replace("__", "/"), "value": value} for name, value in values.items()
        ]
        return self("PATCH", f"{REFERRALS}/{referral_id}", json=operations, headers=headers)

    def deal(self, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a referral
        """Let a seller create a deal in the portal."""
        return portal.create_deal(self.world, **members)

    async def _send(self, method: str, path: str, rest: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **(rest.pop("headers", None) or {})}
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1:8454") as client:
            return await client.request(method, path, headers=headers, **rest)


class Registry:
    """The registration of webhooks as a partner's administrator sees it."""

    def __init__(self, world: World, app: ASGIApp) -> None:
        self.world = world
        self._app = app
        self.token = world.tokens.issue("partner_center_events", client_id="ours", user="integration@contoso.example")

    def __call__(self, method: str, path: str = "", **rest: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """Send one request, of a path beneath the registration unless it is another's, and give the answer."""
        return asyncio.run(self._send(method, path, rest))

    def register(self, url: str = "https://hook.partner.example/pc", *events: str, **more: object) -> httpx.Response:
        """Register an address, new or in place of the former one."""
        body = {"WebhookUrl": url, "WebhookEvents": list(events or ("referral-updated", "test-created")), **more}
        return self("POST" if self("GET").status_code == httpx.codes.NOT_FOUND else "PUT", json=body)

    async def _send(self, method: str, path: str, rest: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **(rest.pop("headers", None) or {})}
        transport = httpx.ASGITransport(app=self._app)
        base = f"{self.world.settings['urls']['partner_center_events']}{'' if path[:2] == '/_' else REGISTRATION}"
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, f"{base}{path}", headers=headers, **rest)


class Desk:
    """The token endpoint as an application sees it."""

    def __init__(self, world: World, app: ASGIApp) -> None:
        self.world = world
        self.tenant: Tenant = tenant_of(world)
        self._app = app

    def __call__(self, path: str = "token", **form: str) -> httpx.Response:
        """Post a form with the Partner Center application's credentials, unless it brings its own."""
        known = {
            "client_id": self.tenant.partner_center_client_id,
            "client_secret": self.tenant.partner_center_client_secret,
        }
        return asyncio.run(self._send(f"/{self.tenant.tenant_id}/oauth2/v2.0/{path}", {**known, **form}))

    def page(self, method: str, path: str, **form: str) -> httpx.Response:
        """Look at a page, or send its form, as a person's browser does."""
        return asyncio.run(self._send(path, form, method=method))

    async def _send(self, path: str, form: dict[str, str], *, method: str = "POST") -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1:8453") as client:
            return await client.request(method, path, data=form)


@pytest.fixture
def world() -> Iterator[World]:
    """Give a new world in memory."""
    world = World.open()
    yield world
    world.store.close()


@pytest.fixture
def office(world: World) -> Office:
    """Give Partner Center."""
    return Office(world, partner_center.create_app(world))


@pytest.fixture
def desk(world: World) -> Desk:
    """Give Entra."""
    return Desk(world, entra.create_app(world))


@pytest.fixture
def registry(world: World) -> Registry:
    """Give the registration of webhooks."""
    return Registry(world, partner_center_events.create_app(world))
