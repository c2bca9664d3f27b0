"""Partner Center's registration of webhooks in this process, and everything of ours that speaks to it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
from cosell.adapters.partner_center.registry import PATIENCE, PartnerCenterRegistry, open_registry_transport
from cosell.adapters.transport import Options
from cosell.core.registration import DEFAULT_EVENTS, Registration
from cosell.sync.registering import Office, Wish, check, former, ours, register

from sandbox.faults import Fault
from sandbox.partner_center_events import create_app
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.core.registration import Step

BASE = "https://127.0.0.1:8456"
URL, OTHER = "https://sync.contoso.example/cosell/webhook", "https://flows.example/run?sig=SECRET"
QUICK = replace(PATIENCE, first_wait=0.001, longest_wait=0.002, tries=3)


@dataclass
class Kept:
    """Marks and secrets in memory."""

    marks: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def recall(self, name: str) -> object | None:
        """Give what is remembered under the name."""
        return self.marks.get(name)

    def remember(self, name: str, content: object) -> None:
        """Remember plain JSON under the name."""
        self.marks[name] = content

    def get(self, name: str) -> str | None:
        """Give the secret."""
        return self.secrets.get(name)

    def put(self, name: str, secret: str) -> None:
        """Keep the secret."""
        self.secrets[name] = secret


@dataclass
class _Listening(httpx.AsyncBaseTransport):
    app: Any
    heard: list[httpx.Request]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        return await httpx.ASGITransport(self.app).handle_async_request(request)


@dataclass
class Registrar:
    """One tenant's registration, seen through our client, and changed by others behind its back."""

    world: World = field(default_factory=World.open)
    kept: Kept = field(default_factory=Kept)
    heard: list[httpx.Request] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    read_only: bool = False
    restricted: bool = False
    simulated: bool = False

    def __post_init__(self) -> None:
        self.app = create_app(self.world)

    async def token(self, *, refused: str | None = None) -> str:
        """Give an application's token."""
        return self.world.tokens.issue("partner_center_events", client_id="ours")

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[PartnerCenterRegistry]:
        """Give our client."""
        wire = _Listening(self.app, self.heard)
        async with open_registry_transport(BASE, self, options=Options(patience=QUICK, wire=wire)) as transport:
            yield PartnerCenterRegistry(transport)

    @asynccontextmanager
    async def office(self) -> AsyncIterator[Office]:
        """Give all that our steps speak to."""
        async with self.registry() as registry:
            yield Office(
                registry=registry,
                state=self.kept,
                secrets=self.kept,
                read_only=self.read_only,
                restricted=self.restricted,
                settings="cosell_settings",
                simulated=self.simulated,
            )

    async def register(self, url: str = URL, *events: str, **said: bool) -> Step:
        """Run the step as an operator would fill in the form."""
        wish = Wish(registration=Registration(url=url, events=events or DEFAULT_EVENTS, own_header=True), **said)
        async with self.office() as office:
            return await register(office, wish, tell=self.told.append)

    async def put_back(self, **said: bool) -> Step:
        """Put back what stood before ours."""
        async with self.office() as office:
            wish = Wish(registration=former(office), puts_back=True, **said)
            return await register(office, wish, tell=self.told.append)

    async def check(self) -> str:
        """Look whether ours still stands."""
        async with self.office() as office:
            known = ours(office.state)
            assert known is not None
            return await check(office, known)

    async def standing(self) -> Registration | None:
        """Give what is registered."""
        async with self.registry() as registry:
            return await registry.standing()

    async def somebody_registers(self, url: str, *events: str) -> None:
        """Let another tool of the tenant take the events."""
        registration = Registration(url=url, events=events, own_header=False)
        async with self.registry() as registry:
            await registry.put(registration, exists=await registry.standing() is not None)

    def break_(self, kind: str, **rule: Any) -> None:  # noqa: ANN401 - any part of a fault
        """Let chosen requests fail."""
        self.world.faults.add(Fault(kind=kind, app="partner_center_events", **rule))

    def written(self) -> list[str]:
        """Give the methods of the requests that write."""
        return [one.method for one in self.heard if one.method != "GET"]
