"""Two environments of one partner: a CRM each, and one Partner Center for both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cosell.core.scope import Permission, Scope
from cosell.sync.steps import Settings

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from sandbox.world import World as Sandbox
from tests.integration.joined import PC, Joined

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = frozenset({"default", "test"})
LABEL = "[TEST] "


@dataclass
class Heard:
    """What one environment writes in Partner Center, as the service hears it."""

    app: Any
    writes: list[tuple[str, str]] = field(default_factory=list)
    """Method and referral, in order."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Note a write and pass it on."""
        if scope["method"] != "GET":
            found = re.search(r"referrals/([0-9a-f-]{36})", scope["path"])
            self.writes.append((scope["method"], found[1] if found else ""))
        await self.app(scope, receive, send)


@dataclass
class Neighbours:
    """Production, and a test environment that may do what each test says."""

    folder: Path
    production: Joined = field(init=False)
    test: Joined = field(init=False)

    def __post_init__(self) -> None:
        shared = Sandbox.open()
        self.production = self._environment("default", Sandbox.open(), shared)
        self.test = self._environment("test", Sandbox.open(), shared)
        self.allow(Permission.OWN)

    def _environment(self, name: str, own: Sandbox, shared: Sandbox) -> Joined:
        settings = Settings(start="everything", scope=Scope(name, KNOWN))
        made = Joined(self.folder / name, sandbox=own, shared=shared, settings=settings)
        made.apps[PC] = Heard(made.apps[PC])
        return made

    def allow(self, permission: Permission, *, production_deals: bool = False) -> None:
        """Let the test environment do so much."""
        scope = Scope("test", KNOWN, permission, production_deals)
        self.test.settings = replace(self.test.settings, scope=scope)

    def run(self, times: int = 1) -> None:
        """Let both run."""
        for _ in range(times):
            self.production.run()
            self.test.run()
            self.later(60)

    def later(self, seconds: float) -> None:
        """Let time pass everywhere."""
        for sandbox in (self.production.sandbox, self.test.sandbox, self.production.portal):
            sandbox.advance(seconds)

    def writes_of(self, joined: Joined) -> list[tuple[str, str]]:
        """Give what an environment wrote in Partner Center so far."""
        writes: list[tuple[str, str]] = joined.apps[PC].writes
        return writes

    def names(self) -> set[str]:
        """Give the names of all deals in Partner Center."""
        return {referral["name"] for referral in self.production.referrals()}

    def labelled(self) -> set[str]:
        """Give the deals that bear the label."""
        return {each["id"] for each in self.production.referrals() if each["name"].startswith(LABEL)}

    def edit(self, referral: str, value: float) -> None:
        """Let a person change a deal's value in the portal."""
        portal.edit(self.production.portal, referral, path="/details/dealValue", value=value)

    def named(self, name: str) -> str:
        """Give the referral of that name."""
        (found,) = [each["id"] for each in self.production.referrals() if each["name"] == name]
        return str(found)

    def assert_apart(self) -> None:
        """Hold that neither wrote a referral of the other, nor has one in its CRM."""
        self.assert_written_apart()
        label = {each["id"]: each["name"].startswith(LABEL) for each in self.production.referrals()}
        assert not {key for key in named_by(self.production) if label[key]}
        if not self.test.settings.scope.production_deals:
            assert {label[key] for key in named_by(self.test)} <= {True}
        assert not any(LABEL in row["name"] for each in (self.production, self.test) for row in each.rows())

    def assert_written_apart(self) -> None:
        """Hold that neither wrote a referral of the other."""
        label = {each["id"]: each["name"].startswith(LABEL) for each in self.production.referrals()}
        assert {label[key] for _, key in self.writes_of(self.production) if key} <= {False}
        assert {label[key] for _, key in self.writes_of(self.test) if key} <= {True}


def named_by(joined: Joined) -> set[str]:
    """Give the referrals that the rows of a CRM name."""
    return {key for row in joined.rows() if (key := row.get("cosell_referralidentifier"))}


def edit_row(joined: Joined, row: str, **columns: object) -> None:
    """Let a seller change an opportunity."""
    crm.update(joined.sandbox, "opportunity", row, **columns)
