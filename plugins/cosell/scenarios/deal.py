"""The deals of the scenarios: labelled, private, and the same on both sides when all went well."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.record import Member, Side, SolutionLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Snapshot, Value
    from cosell.sync.world import World

LABEL = "[cosell test]"
_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a scenario needs to know of the place that it is played in."""

    solution: SolutionLine
    """A solution that may be sold with Microsoft; on a real tenant one of its own."""
    seller: str
    """E-mail address of a user of the CRM, who owns the deals."""
    colleague: str | None = None
    """E-mail address of another user, who takes a deal over; None: nobody does."""
    currency: str = "USD"
    country: str = "US"
    private: bool = True
    """Whether Microsoft must see nothing of it: no help is asked for, nothing is made visible."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    def name(self, what: str) -> str:
        """Give the name of a deal, which nobody takes for a real one."""
        return f"{LABEL} {what}, {self.began:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def customer(self) -> str:
        """Give the name of the customer's account."""
        return f"{LABEL} Customer of {self.began:%Y-%m-%d}"

    @property
    def close_date(self) -> date:
        """Give the day on which the deals are expected to close."""
        return self.began.date() + timedelta(days=_DAYS)

    def values(self, what: str) -> dict[str, Value]:
        """Give what a seller enters for a whole deal."""
        return {
            "deal_name": self.name(what),
            "deal_value": Decimal(12_000),
            "currency": self.currency,
            "close_date": self.close_date,
            "notes": "Made by a test of the co-sell sync. Closed when the test ends.",
            "customer_name": self.customer,
            "customer_address_line1": "Test Street 1",
            "customer_city": "Test City",
            "customer_postal_code": "00001",
            "customer_country": self.country,
            "customer_contacts": (Member("Test", "Contact", "test.contact@example.com", "+1 202 555 0100"),),
            "team": owned_by(self.seller),
            "solutions": (self.solution,),
            "visibility": False,
        }


def owned_by(seller: str) -> tuple[Member, ...]:
    """Give the deal team of one person, whose name and phone the CRM knows better."""
    return (Member("Test", "Seller", seller, "+1 202 555 0101"),)


def addresses(value: Value) -> set[str]:
    """Give the people of a list by what tells them apart; the CRM has its own spelling of their names."""
    return {one.email.casefold() for one in value if isinstance(one, Member)} if isinstance(value, tuple) else set()


def differences(referral: Snapshot, row: Snapshot, *, world: World) -> list[str]:
    """Give the fields that both sides hold and that differ by more than how each side says it."""
    return [
        each.name
        for each in world.terms().compared
        if not _agree(each.name, referral.values, row.values, world=world) and each.name in referral.values
    ]


def _agree(name: str, referral: Mapping[str, Value], row: Mapping[str, Value], *, world: World) -> bool:
    held, other = referral.get(name), row.get(name)
    if people := addresses(held):
        return people == addresses(other)
    fit = world.mapper.fit
    return fit(Side.DATAVERSE, name, held) == other or fit(Side.PARTNER_CENTER, name, other) == held
