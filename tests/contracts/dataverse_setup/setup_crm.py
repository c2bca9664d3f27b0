"""A CRM to set up, in one process: the real transport over ASGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
from cosell.adapters.dataverse.setup.setup import Setup, SetupPatience
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.adapters.transport import Options, Patience, Transport

from sandbox.dataverse import create_app, crm, install
from sandbox.world import World

if TYPE_CHECKING:
    from cosell.adapters.dataverse.setup.setup import SetupReport
    from cosell.adapters.dataverse.setup.steps import SetupPlan, Step

ORG = "https://contoso.crm4.dynamics.com"
API = "/api/data/v9.2/"
QUICK = SetupPatience(between_tries=(0.01,) * 4, between_looks=0.01, index=0.3)


class Crm:
    """One environment, empty unless told otherwise, and setups of it."""

    def __init__(self, world: World | None = None, *, empty: bool = True, languages: tuple[int, ...] = (1033,)) -> None:
        self.world = world or World.open(":memory:")
        if empty:
            install.start_empty(self.world)
        self.world.settings.declare(install.SETTINGS)
        self.world.settings["dataverse_languages"] = list(languages)
        self.world.settings["dataverse_key_seconds"] = 0.02
        self.app = create_app(self.world)
        self.told: list[str] = []

    async def token(self, *, refused: str | None = None) -> str:
        """Give a token that is good now."""
        return self.world.tokens.issue("dataverse", client_id="setup")

    def transport(self) -> Transport:
        """Give a client of the environment."""
        patience = Patience(first_wait=0.001, longest_wait=0.01, tries=3)
        return Transport(ORG, self, options=Options(wire=httpx.ASGITransport(app=self.app), patience=patience))

    def plan(self) -> SetupPlan:
        """Give what a setup would do."""

        async def look() -> SetupPlan:
            async with self.transport() as transport:
                return await Setup(transport, load_wanted(), patience=QUICK).plan()

        return asyncio.run(look())

    def setup(self) -> SetupReport:
        """Run a setup."""

        async def run() -> SetupReport:
            async with self.transport() as transport:
                return await Setup(transport, load_wanted(), patience=QUICK).run(self._tell)

        return asyncio.run(run())

    def _tell(self, step: Step) -> None:
        self.told.append(step.sentence)

    def __call__(self, method: str, path: str, **rest: Any) -> httpx.Response:  # noqa: ANN401 - what httpx takes
        """Send one request as an administrator's tool does."""

        async def send() -> httpx.Response:
            headers = {"Authorization": f"Bearer {await self.token()}"} | rest.pop("headers", {})
            wire = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=wire, base_url=f"{ORG}{API}") as client:
                return await client.request(method, path, headers=headers, **rest)

        return asyncio.run(send())

    @property
    def tables(self) -> dict[str, Any]:
        """Give the environment's tables."""
        return crm.organisation(self.world).catalogue.tables
