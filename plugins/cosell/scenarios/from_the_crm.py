"""Scenario 1: a seller shares an opportunity from the CRM, and it becomes a referral."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.lifecycle import is_closed
from cosell.core.record import Side
from cosell.scenarios.closing import close_both
from cosell.scenarios.deal import LABEL, addresses, owned_by
from cosell.scenarios.steps import LeftOutError, Step, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.core.record import Snapshot, Value
    from cosell.scenarios.deal import Setting
    from cosell.scenarios.people import People

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
SECTION = ("flag", "help", "visibility", "referral_identifier", "referral_link", "audit", "solutions")
"""What a seller must find on the opportunity's form."""
HELP = "ProofOfConceptOrDemo"
_PROMISED_SECONDS = 600


@dataclass
class FromTheCrm:
    """Scenario 1."""

    people: People
    setting: Setting
    title: str = "Scenario 1: from the CRM to Partner Center"
    row: str = ""
    referral: str = ""
    broken: str = ""
    """An opportunity that a rule refuses."""
    edits: dict[str, Value] = field(default_factory=dict)

    def will_create(self) -> list[str]:
        """Name what the story makes in either system, a line each."""
        name = self.setting.name
        return [
            f"In the CRM: opportunity {name('Scenario 1')!r}, owned by {self.setting.seller}, {self._kind()}",
            f"In the CRM: opportunity {name('Scenario 1, refused')!r}, which is never shared",
            f"In the CRM: accounts {self.setting.customer!r} (two, one without a country), each with one contact",
            f"In Partner Center: one referral for the first opportunity, {self._kind()}",
            "All deals are closed as lost afterwards. Accounts and contacts stay: nothing is deleted.",
        ]

    def steps(self) -> Iterator[Step]:
        """Give the steps in the guide's order."""
        yield Step("S-113", "Sign in to the CRM", self.sign_in)
        yield Step("S-114", "A new opportunity has the co-sell section", self.begin)
        yield Step("S-115", "Choose how Microsoft can help", self.ask_for_help)
        yield Step("S-116", "A customer contact is on it", self.has_contact)
        yield Step("S-117", "Set Sync with Partner Center to Yes", self.flag)
        yield Step("S-118", "Add Microsoft solutions", self.add_solutions)
        yield Step("S-119", "Within ten minutes it is in Partner Center", self.arrives)
        yield Step("S-120", "Referral identifier and link are filled", self.is_linked)
        yield Step("S-121", "A failure is told in Audit", self.failure_is_told)
        yield Step("S-122", "Later edits travel too", self.edits_travel)
        yield Step("S-123", "The name carries a check mark", self.is_marked)

    def closing(self) -> Iterator[Step]:
        """Give the steps that close what was made."""
        yield Step("after", "The refused opportunity is closed", self.close_broken)
        yield Step("after", "Opportunity and referral are closed as lost", self.close)

    def _kind(self) -> str:
        return "private" if self.setting.private else "shared with Microsoft"

    async def sign_in(self) -> str:
        """Ask the CRM for anything at all."""
        empty = await self.people.world.replicas[DV].is_empty()
        return "the CRM answers" + (", and holds no shared opportunity yet" if empty else "")

    async def begin(self) -> str:
        """Enter an opportunity that is not shared yet."""
        self.row = await self.people.create(DV, {**self.setting.values("Scenario 1"), "solutions": ()})
        held = (await self._row()).values
        if missing := [name for name in SECTION if name not in held]:
            raise StepFailedError(f"the opportunity lacks {', '.join(missing)}")
        if held["flag"] is not False:
            raise StepFailedError("a new opportunity is shared before the seller said so")
        return f"opportunity {self.row}"

    async def ask_for_help(self) -> str:
        """Ask for Microsoft's help, where that bothers nobody."""
        if self.setting.private:
            raise LeftOutError("it would call on a real Microsoft seller; the deal stays private")
        await self.people.edit(DV, self.row, {"help": HELP})
        return HELP

    async def has_contact(self) -> str:
        """See that the contact is there, whole."""
        contacts = (await self._row()).values["customer_contacts"]
        if not isinstance(contacts, tuple) or not any(isinstance(one, tuple) and all(one) for one in contacts):
            raise StepFailedError("the opportunity's contact lacks a name, phone or e-mail")
        return "with first name, last name, phone and e-mail"

    async def flag(self) -> str:
        """Say that the deal may be shared."""
        await self.people.edit(DV, self.row, {"flag": True})
        return "Yes"

    async def add_solutions(self) -> str:
        """Choose what is sold."""
        await self.people.edit(DV, self.row, {"solutions": (self.setting.solution,)})
        return self.setting.solution.id

    async def arrives(self) -> str:
        """Wait for the referral, and compare it."""
        try:
            referral, seconds = await self.people.until("the referral", self._carried)
        except StepFailedError as error:
            audit = (await self._row()).values.get("audit")
            raise StepFailedError(f"{error}; Audit says: {audit}" if audit else str(error)) from error
        self.referral = referral.key
        if referral.values.get("deal_name") != self.setting.name("Scenario 1"):
            raise StepFailedError(f"the referral is called {referral.values.get('deal_name')!r}")
        if seconds > _PROMISED_SECONDS:
            raise StepFailedError(f"it took {seconds:.0f} s")
        return f"after {seconds:.0f} s" + ("" if self.setting.private else ", with Microsoft invited to it")

    async def is_linked(self) -> str:
        """See the two columns that nobody types."""
        held = (await self._row()).values
        identifier, link = held.get("referral_identifier"), held.get("referral_link")
        if identifier != self.referral or self.referral not in str(link):
            raise StepFailedError(f"identifier {identifier!r}, link {link!r}")
        return str(link)

    async def failure_is_told(self) -> str:
        """Share a deal whose customer has no country."""
        values = {**self.setting.values("Scenario 1, refused"), "flag": True, "solutions": (self.setting.solution,)}
        elsewhere = {"customer_country": None, "customer_name": f"{self.setting.customer}, no country"}
        self.broken = await self.people.create(DV, {**values, **elsewhere})
        told, _ = await self.people.until("a sentence in Audit", self._told)
        if "country" not in told:
            raise StepFailedError(f"Audit says {told!r}")
        return told

    async def edits_travel(self) -> str:
        """Edit the shared opportunity, and wait for each edit."""
        self.edits = {
            "deal_value": Decimal(18_500),
            "close_date": self.setting.close_date + timedelta(days=14),
            "notes": "Made by a test of the co-sell sync. Closed when the test ends. The customer wants it sooner.",
            "solutions": (self.setting.solution._replace(quantity=Decimal(25)),),
        }
        if self.setting.colleague:
            self.edits["team"] = owned_by(self.setting.colleague)
        await self.people.edit(DV, self.row, self.edits)
        _, seconds = await self.people.until("the edits in Partner Center", self._edited)
        return f"{', '.join(name.replace('_', ' ') for name in self.edits)} after {seconds:.0f} s"

    async def is_marked(self) -> str:
        """See the mark of a deal in step."""
        if not self.people.world.settings.marks:
            raise LeftOutError("the setting marks is off; the column of the sync status says it")
        await self.people.until("the check mark", self._marked)
        return "and Partner Center's name has none"

    async def close_broken(self) -> str:
        """Close the refused opportunity, which was never shared."""
        if not self.broken:
            raise LeftOutError("there is none")
        await self.people.edit(DV, self.broken, {"flag": False})
        await self.people.edit(DV, self.broken, {}, close_as="lost")
        return f"opportunity {self.broken}"

    async def close(self) -> str:
        """Close the deal in the CRM, and see its referral follow."""
        if not self.row:
            raise LeftOutError("there is none")
        return await close_both(self.people, row=self.row, referral=self.referral or await self._found())

    async def _row(self) -> Snapshot:
        return await self.people.look(DV, self.row)

    async def _found(self) -> str:
        """Give the referral that came after the story had given up on it."""
        return str((await self._row()).values.get("referral_identifier") or "")

    async def _carried(self) -> Snapshot | None:
        row = (await self._row()).values
        if not row.get("referral_identifier") or not (self.setting.private or row.get("microsoft_status")):
            return None
        return await self.people.look(PC, str(row["referral_identifier"]))

    async def _told(self) -> str | None:
        return str((await self.people.look(DV, self.broken)).values.get("audit") or "") or None

    async def _edited(self) -> bool | None:
        referral = (await self.people.look(PC, self.referral)).values
        return all(self._arrived(referral.get(name), name, value) for name, value in self.edits.items()) or None

    def _arrived(self, held: Value, name: str, value: Value) -> bool:
        if people := addresses(value):
            return people <= addresses(held)
        fit = self.people.mapper.fit
        return fit(DV, name, held) == fit(DV, name, value)

    async def _marked(self) -> bool | None:
        row = await self._row()
        referral = await self.people.look(PC, self.referral)
        if not str(referral.values.get("deal_name")).startswith(LABEL):
            raise StepFailedError("the mark went to Partner Center")
        return (row.values.get("mark") == "check" and not is_closed(row.values)) or None
