"""Scenario 2: a deal is made in Partner Center, and appears among the open opportunities of the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.record import Side
from cosell.scenarios.closing import close_both
from cosell.scenarios.deal import differences
from cosell.scenarios.steps import LeftOutError, Step, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from cosell.core.record import Snapshot
    from cosell.scenarios.deal import Setting
    from cosell.scenarios.people import People

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


@dataclass
class FromPartnerCenter:
    """Scenario 2."""

    people: People
    setting: Setting
    ask_microsoft: Callable[[str], Awaitable[None]] | None = None
    """Asks for help on a referral as the portal does; None where that would call on a real Microsoft seller."""
    title: str = "Scenario 2: from Partner Center to the CRM"
    referral: str = ""
    row: str = ""

    def will_create(self) -> list[str]:
        """Name what the story makes in either system, a line each."""
        kind = "shared with Microsoft" if self.ask_microsoft else "private"
        return [
            f"In Partner Center: referral {self.setting.name('Scenario 2')!r}, {kind}",
            f"In the CRM: one opportunity for it, and account {self.setting.customer!r} with one contact",
            "The deal is closed as lost afterwards. Account and contact stay: nothing is deleted.",
        ]

    def steps(self) -> Iterator[Step]:
        """Give the steps in the guide's order."""
        yield Step("S-124", "Sign in to Partner Center", self.sign_in)
        yield Step("S-125", "Open Referrals", self.list_referrals)
        yield Step("S-126", "Create a co-sell referral with New deal", self.begin)
        yield Step("S-127", "Sign in to the CRM", self.sign_in_to_crm)
        yield Step("S-128", "Open opportunities contain it, once", self.arrives)
        yield Step("S-129", "Its co-sell section is filled in", self.is_filled)

    def closing(self) -> Iterator[Step]:
        """Give the steps that close what was made."""
        yield Step("after", "Opportunity and referral are closed as lost", self.close)

    async def sign_in(self) -> str:
        """Ask Partner Center for anything at all."""
        await self.people.world.replicas[PC].is_empty()
        return "Partner Center answers"

    async def list_referrals(self) -> str:
        """See whether any referral is shown."""
        empty = await self.people.world.replicas[PC].is_empty()
        return "the list shows none yet" if empty else "the list shows referrals"

    async def begin(self) -> str:
        """Make a deal as the portal does."""
        shared = self.ask_microsoft is not None
        kind = {"type": "Shared" if shared else "Independent", "qualification": "SalesQualified", "visibility": shared}
        self.referral = await self.people.create(PC, {**self.setting.values("Scenario 2"), **kind})
        if self.ask_microsoft is not None:
            await self.ask_microsoft(self.referral)
        return f"referral {self.referral}" + ("" if shared else ", private: nobody at Microsoft is called on")

    async def sign_in_to_crm(self) -> str:
        """Ask the CRM for anything at all."""
        await self.people.world.replicas[DV].is_empty()
        return "the CRM answers"

    async def arrives(self) -> str:
        """Wait for the opportunity, and see that a second look makes no second one."""
        found, seconds = await self.people.until("the opportunity", self._carried)
        self.row = found.key
        if found.values.get("status") != "open":
            raise StepFailedError(f"the opportunity is {found.values.get('status')}")
        await self.people.carry()
        again = await self.people.opportunities_of(self.referral)
        if [one.key for one in again] != [self.row]:
            raise StepFailedError(f"{len(again)} opportunities carry the referral's identifier")
        return f"opportunity {self.row} after {seconds:.0f} s; the next run makes no second one"

    async def is_filled(self) -> str:
        """Compare both records field by field, and see what only the sync fills in."""
        referral, row = await self.people.look(PC, self.referral), await self.people.look(DV, self.row)
        wrong = differences(referral, row, world=self.people.world)
        filled = {
            "flag": row.values.get("flag") is True,
            "referral_identifier": row.values.get("referral_identifier") == self.referral,
            "referral_link": self.referral in str(row.values.get("referral_link")),
            "engagement_identifier": bool(row.values.get("engagement_identifier")),
            "crm_id": referral.values.get("crm_id") == self.row,
            "microsoft_status": self.ask_microsoft is None or bool(row.values.get("microsoft_status")),
        }
        wrong += [name for name, good in filled.items() if not good]
        if wrong:
            raise StepFailedError(f"not as in Partner Center: {', '.join(wrong)}")
        compared = len(self.people.world.terms().compared)
        return f"{compared} fields compared, all alike; flag, identifiers and link filled in"

    async def close(self) -> str:
        """Close the deal in the CRM, and see its referral follow."""
        if not self.referral:
            raise LeftOutError("there is none")
        if not self.row:
            await self.people.edit(PC, self.referral, {"close_reason": "Other"}, close_as="lost")
            return f"referral {self.referral}"
        return await close_both(self.people, row=self.row, referral=self.referral)

    async def _carried(self) -> Snapshot | None:
        found = await self.people.opportunities_of(self.referral)
        return found[0] if found else None
