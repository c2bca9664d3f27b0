"""Six deals that show what the sync does: what persons do to them, round by round, and what must be true in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.persons import SELLER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.persons import Persons

_SWEDEN = {
    "addressLine1": "Drottninggatan 5",
    "addressLine2": None,
    "city": "Göteborg",
    "state": None,
    "region": None,
    "postalCode": "411 14",
    "country": "SE",
}


@dataclass
class Deal:
    """One deal of the story, by its id on each side as soon as it is known."""

    title: str
    referral: str | None = None
    row: str | None = None

    def meet(self, persons: Persons) -> None:
        """Learn the half that the sync has made, if it has."""
        if self.referral and not self.row and (found := persons.opportunity_of(self.referral)):
            self.row = str(found["opportunityid"])
        elif self.row and not self.referral:
            self.referral = persons.opportunity(self.row)["cosell_referralidentifier"]


@dataclass
class Scenario:
    """The deals, and what has been seen of them on the way."""

    persons: Persons
    deals: dict[str, Deal] = field(default_factory=dict)
    account_without_country: str = ""
    refusal: str = ""
    held: dict[str, Any] = field(default_factory=dict)

    # ------------------------------------------------------------ what persons do

    def begin(self) -> None:
        """Let deals begin on both sides."""
        persons = self.persons
        self._in_partner_center("inbound", "Northwind cloud move", customer="Northwind Traders AB")
        self._in_crm("outbound", "Relecloud analytics", customer="Relecloud AB", country="Sweden")
        self.account_without_country = self._in_crm(
            "refused", "Proseware retail", customer="Proseware AB", country=None
        )
        self._in_crm("adopted", "Litware migration", customer="Litware AB", country="SE")
        adopted = self.deals["adopted"]
        adopted.referral = persons.do(
            "create_deal", **self._referral("Litware migration", "Litware AB"), externalReferenceId=adopted.row
        )["id"]
        invited = persons.do("invite", **self._referral("Microsoft invites: Wingtip", "Wingtip AB"))
        self.deals["invited"] = Deal("Microsoft invites: Wingtip", referral=invited["id"])
        self._in_crm("disputed", "Fourth Coffee rollout", customer="Fourth Coffee AB", country="SE")
        disputed = self.deals["disputed"]
        self._edit_row(disputed, description="Dynamics says: start in June.")
        disputed.referral = persons.do(
            "create_deal",
            **self._referral("Fourth Coffee rollout", "Fourth Coffee AB"),
            externalReferenceId=disputed.row,
            details={"notes": "Partner Center says: start in March."},
        )["id"]

    def edit(self) -> None:
        """Let people on both sides edit, here apart, there the same field; and mend what was refused."""
        inbound, outbound, invited = (self.deals[name] for name in ("inbound", "outbound", "invited"))
        self.refusal = str(self.persons.opportunity(self.deals["refused"].row or "")["cosell_audit"] or "")
        self._edit_referral(inbound, "details/notes", "The customer wants a pilot in May.")
        self._edit_row(inbound, estimatedvalue=88000)
        self._edit_referral(outbound, "details/notes", "The customer asks for a price.")
        self._edit_row(outbound, description="A price was sent.")
        self._edit_row(invited, description="We know this customer well.")
        country = {"address1_country": "Sweden"}
        self.persons.do("dataverse.update", table="account", row=self.account_without_country, by=SELLER, **country)

    def settle(self) -> None:
        """Let a person decide the dispute, and accept Microsoft's invitation."""
        disputed, invited = self.deals["disputed"], self.deals["invited"]
        self.held = {
            "notes": self.persons.referral(disputed.referral or "")["details"]["notes"],
            "description": self.persons.opportunity(disputed.row or "")["description"],
            "waiting": self.persons.referral(invited.referral or "")["details"]["notes"],
        }
        self._edit_row(disputed, description="Partner Center says: start in March.")
        self.persons.do("accept", id=invited.referral)

    def look(self) -> None:
        """Learn the halves that the sync has made since."""
        for deal in self.deals.values():
            deal.meet(self.persons)

    # ------------------------------------------------------------ what must be true

    def expectations(self) -> Iterator[tuple[str, bool]]:
        """Give each promise in words, and whether it was kept."""
        inbound, disputed, invited = (self.deals[name] for name in ("inbound", "disputed", "invited"))
        yield "A deal that starts in Partner Center appears in Dynamics", inbound.row is not None
        yield "A flagged opportunity becomes a referral", self.deals["outbound"].referral is not None
        yield "An opportunity that a referral already names is adopted, not doubled", self._adopted_once()
        yield "Edits of different fields on both sides both survive", self._both_survived(inbound)
        yield "Notes added on both sides stand on both", self._notes_stand(self.deals["outbound"])
        yield "A true conflict waits for a person, both sides untouched", self._was_held()
        yield "The conflict is over when a person has decided", self._agree(disputed)
        yield "A missing country is refused in a sentence the seller can read", "country" in self.refusal.lower()
        yield "Set right on the account, the deal is carried by the next run", bool(self.deals["refused"].referral)
        yield "An edit of an unanswered invitation waits, and is carried once it is accepted", self._waited(invited)

    def _adopted_once(self) -> bool:
        deal = self.deals["adopted"]
        found = self.persons.do("dataverse.find", table="opportunity", cosell_referralidentifier=deal.referral)
        return [row["opportunityid"] for row in found] == [deal.row]

    def _both_survived(self, deal: Deal) -> bool:
        referral, row = self.persons.referral(deal.referral or ""), self.persons.opportunity(deal.row or "")
        notes = "The customer wants a pilot in May."
        values = {float(referral["details"]["dealValue"]), float(row["estimatedvalue"])}
        return (referral["details"]["notes"], row["description"], values) == (notes, notes, {88000.0})

    def _notes_stand(self, deal: Deal) -> bool:
        sides = (
            self.persons.referral(deal.referral or "")["details"]["notes"],
            self.persons.opportunity(deal.row or "")["description"],
        )
        return all(
            sorted(str(notes).split("\n")) == ["A price was sent.", "The customer asks for a price."] for notes in sides
        )

    def _was_held(self) -> bool:
        says = ("Partner Center says: start in March.", "Dynamics says: start in June.")
        return (self.held.get("notes"), self.held.get("description")) == says

    def _agree(self, deal: Deal) -> bool:
        notes = self.persons.referral(deal.referral or "")["details"]["notes"]
        return bool(notes) and notes == self.persons.opportunity(deal.row or "")["description"]

    def _waited(self, deal: Deal) -> bool:
        notes = self.persons.referral(deal.referral or "")["details"]["notes"]
        return not self.held.get("waiting") and notes == "We know this customer well."

    # ------------------------------------------------------------ hands

    def _in_partner_center(self, name: str, title: str, *, customer: str) -> None:
        made = self.persons.do("create_deal", **self._referral(title, customer))
        self.deals[name] = Deal(title, referral=made["id"])

    def _in_crm(self, name: str, title: str, *, customer: str, country: str | None) -> str:
        row, account = self.persons.sell(title, customer=customer, country=country)
        self.deals[name] = Deal(title, row=row)
        return account

    def _referral(self, title: str, customer: str) -> dict[str, Any]:
        return {"name": title, "customerProfile": {"name": customer, "address": _SWEDEN}}

    def _edit_referral(self, deal: Deal, path: str, value: object) -> None:
        self.persons.do("edit", id=deal.referral, path=f"/{path}", value=value)

    def _edit_row(self, deal: Deal, **columns: object) -> None:
        self.persons.do("dataverse.update", table="opportunity", row=deal.row, by=SELLER, **columns)
