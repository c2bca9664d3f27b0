"""What people do to plain deals: start and edit them, flag them, and let time pass."""

from __future__ import annotations

from fakes import DV, PC, REQUIRED
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import PEOPLE, Deal, Machine


class DealActs(Machine):
    """Acts on the fields of a deal."""

    @rule(country=st.booleans(), length=st.sampled_from([4, 12]), crm_first=st.booleans(), empty=st.booleans())
    def new_deal(self, country: bool, length: int, crm_first: bool, empty: bool) -> None:
        """Somebody starts a deal."""
        if len(self.deals) >= 4:
            return
        side = DV if crm_first else PC
        values = {**REQUIRED, "customer_country": "DE" if country or not crm_first else None, "status": "open"}
        values |= {name: self.fresh(name, length) for name in PEOPLE}
        if empty:
            values |= {"notes": None, "deal_value": None}
        key = self.sides[side].add({**values, "flag": True} if crm_first else values)
        self.deals.append(Deal({side: key}))

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), name=st.sampled_from(PEOPLE), crm=st.booleans(), length=st.sampled_from([4, 12]))
    def edit(self, which: int, name: str, crm: bool, length: int) -> None:
        """Somebody changes a value on one side."""
        self.change(which, name, crm=crm, length=length)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), name=st.sampled_from(PEOPLE), crm=st.booleans())
    def copy(self, which: int, name: str, crm: bool) -> None:
        """Somebody sets a value to what the other side shows, as the sentence of a conflict asks."""
        deal = self.deals[which % len(self.deals)]
        self.learn(deal)
        side = DV if crm else PC
        if len(deal.keys) == 2 and self.is_editable(deal, side):
            shown = self.sides[side.other].records[deal.keys[side.other]].values.get(name)
            kept = self.sides[side].edit(deal.keys[side], name, shown)
            deal.edited.setdefault(name, set()).add(side)
            deal.last[side, name] = kept

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3))
    def mend_country(self, which: int) -> None:
        """Somebody enters the country that was missing."""
        deal = self.deals[which % len(self.deals)]
        if DV in deal.keys and self.sides[DV].records[deal.keys[DV]].values.get("customer_country") is None:
            self.sides[DV].edit(deal.keys[DV], "customer_country", "DE")

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), flag=st.booleans())
    def flag(self, which: int, flag: bool) -> None:
        """Let the seller stop or resume the sync of a deal."""
        deal = self.deals[which % len(self.deals)]
        self.learn(deal)
        if DV in deal.keys and self.sides[DV].records[deal.keys[DV]].values.get("flag") is not flag:
            self.sides[DV].edit(deal.keys[DV], "flag", flag)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans())
    def noise(self, which: int, crm: bool) -> None:
        """Let a service move an etag without a change."""
        deal = self.deals[which % len(self.deals)]
        self.learn(deal)
        side = DV if crm else PC
        if side in deal.keys:
            self.sides[side].etag_noise(deal.keys[side])

    @rule(minutes=st.sampled_from([1, 20, 90, 3000]))
    def wait(self, minutes: int) -> None:
        """Time passes: leases expire, unsettled records come due."""
        self.clock.tick(minutes * 60)
