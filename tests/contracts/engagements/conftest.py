"""Two stages for one suite: the sandbox behind the real adapter, and the fake that the random histories run on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from sandbox.partner_center import create_app, portal
from sandbox.world import World
from tests.contracts.partner_center.seller import Desk

sys.path.insert(0, str(Path(__file__).parents[2] / "properties"))

from fake_engagements import FakeEngagements
from fakes import PC, FakeReplica, Faults, Ticking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.core.record import Row
    from cosell.sync.ports import Engagements, Replica


class Stage(Protocol):
    """A Partner Center, and what persons and the network do there."""

    engagements: Engagements
    replica: Replica

    def deal(self, *, shared: bool = False) -> tuple[str, str]:
        """Let a seller make a deal; give the ids of our referral and of its engagement."""
        ...

    def microsofts(self, referral_id: str) -> int:
        """Count Microsoft's referrals beside ours."""
        ...

    def microsofts_id(self, referral_id: str) -> str:
        """Give the id of Microsoft's referral beside ours."""
        ...

    def accepts(self, referral_id: str) -> None:
        """Let Microsoft accept."""
        ...

    def close(self, referral_id: str) -> None:
        """Let a seller win the deal."""
        ...

    def lose_answer(self) -> None:
        """Let the next invitation be done and its answer be lost."""
        ...

    def status(self, row: Row) -> str:
        """Give Microsoft's status as the row says it."""
        ...


class Real:
    """The sandbox behind the adapter."""

    def __init__(self, desk: Desk, replica: Any) -> None:  # noqa: ANN401 - the adapter's replica
        self._desk, self.replica, self.engagements = desk, replica, replica.engagements

    def deal(self, *, shared: bool = False) -> tuple[str, str]:
        """Make a deal in the portal."""
        made = self._desk.deal(type="Shared" if shared else "Independent")
        return made["id"], made["engagementId"]

    def microsofts(self, referral_id: str) -> int:
        """Count the referrals of the engagement that are Microsoft's."""
        engagement = portal.show(self._desk.world, referral_id)["engagementId"]
        stored = self._desk.stored()
        return sum(one["engagementId"] == engagement and one["organizationId"] == "msft" for one in stored)

    def microsofts_id(self, referral_id: str) -> str:
        """Look it up in Microsoft's portal."""
        return str(portal.microsofts(self._desk.world, referral_id)["id"])

    def accepts(self, referral_id: str) -> None:
        """Accept in Microsoft's portal."""
        portal.microsoft_accepts(self._desk.world, referral_id)

    def close(self, referral_id: str) -> None:
        """Win in the portal."""
        portal.close(self._desk.world, referral_id)

    def lose_answer(self) -> None:
        """Cut the connection after the work."""
        self._desk.break_("drop_after", times=1, method="POST")

    def status(self, row: Row) -> str:
        """Give the substatus."""
        part: Any = row.payload["microsoft"]
        return str(part["substatus"])


class Fake:
    """The fake of the random histories."""

    def __init__(self) -> None:
        self.replica = FakeReplica(PC, Ticking(), Faults())
        self.engagements = FakeEngagements(self.replica)

    def deal(self, *, shared: bool = False) -> tuple[str, str]:
        """Make a record."""
        key = self.replica.add({"status": "open", "type": "Shared" if shared else "Independent"})
        return key, str(self.replica.records[key].values["engagement_identifier"])

    def microsofts(self, referral_id: str) -> int:
        """Count the parts."""
        return len(
            self.engagements.parts.get(str(self.replica.records[referral_id].values["engagement_identifier"]), ())
        )

    def microsofts_id(self, referral_id: str) -> str:
        """Give the part's id."""
        part = self.engagements.part_of(referral_id)
        assert part is not None
        return str(part["microsoft_referral"])

    def accepts(self, referral_id: str) -> None:
        """Move Microsoft's part."""
        self.engagements.move(referral_id, microsoft_status="Accepted")

    def close(self, referral_id: str) -> None:
        """Win it."""
        self.replica.edit(referral_id, "status", "won")

    def lose_answer(self) -> None:
        """Arm the fault."""
        self.replica.faults.arm("invite_lost", 0)

    def status(self, row: Row) -> str:
        """Give the word."""
        part: Any = row.payload["microsoft"]
        return str(part["microsoft_status"])


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio, as the steps do."""
    return "asyncio"


@pytest.fixture(params=["real", "fake"])
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Give each stage in turn."""
    if request.param == "fake":
        yield Fake()
        return
    world = World.open()
    desk = Desk(world, create_app(world))
    async with desk.transport() as transport:
        yield Real(desk, desk.replica(transport))
