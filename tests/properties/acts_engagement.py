"""What happens between us and Microsoft in one engagement: help asked for, answers."""

from __future__ import annotations

from fakes import CLOSED, DV, PC, REQUIRED
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from machine import Deal, Machine

WHICH = st.integers(0, 3)
KINDS = ("ProofOfConceptOrDemo", "QuotesOrLicensing")
ANSWERS = {
    "Pending": ("Accepted", "Declined", "Expired", "Pondering"),
    "Pondering": ("Accepted", "Declined"),
    "Accepted": ("Won",),
}
"""What Microsoft may answer, and after what; one word of it is new to everybody."""
AT_THE_ASKING = ("invite_crash_before", "invite_crash_after", "invite_lost", "lost_answer", "state_before", "none")
EXPLAINED = {"Declined": "HELP-4", "Expired": "HELP-5"}


class EngagementActs(Machine):
    """Acts on Microsoft's part of a deal, and its laws."""

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, kind=st.sampled_from([*KINDS, None]))
    def ask_for_help(self, which: int, kind: str | None) -> None:
        """Let a seller choose how Microsoft can help, change the choice, or clear it."""
        self._ask(self.deals[which % len(self.deals)], kind)

    @rule(which=WHICH, fault=st.sampled_from(AT_THE_ASKING), later=st.booleans(), cleared=st.booleans())
    def ask_and_die(self, which: int, fault: str, later: bool, cleared: bool) -> None:
        """Let a fault strike at the very asking: on a new deal or one carried before; the run may be cleared."""
        deal = self._deal_to_ask_for(which, later=later)
        if deal is None:
            return
        self._ask(deal, KINDS[which % 2])
        facts = self.begin_run("scheduled")
        self.faults.arm(fault, 0)
        self.carry_out(facts)
        self.faults.disarm()
        if cleared:
            self.carry_out(facts)

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, kind=st.sampled_from(KINDS))
    def ask_in_the_portal(self, which: int, kind: str) -> None:
        """Let a seller ask Microsoft in the portal, where nobody has yet."""
        deal = self.deals[which % len(self.deals)]
        if self.held(deal, PC).get("status") == "open" and self.engagements.part_of(deal.keys[PC]) is None:
            self.engagements.take_part(deal.keys[PC], help_code=kind)
            self.sides[PC].edit(deal.keys[PC], "type", "Shared")

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, answer=st.sampled_from(["Accepted", "Declined", "Expired", "Pondering", "Won"]))
    def microsoft_answers(self, which: int, answer: str) -> None:
        """Let Microsoft accept with a seller and its CRM id, decline, let its time pass, win, or say something new."""
        deal = self.deals[which % len(self.deals)]
        self.learn(deal)
        part = self.engagements.part_of(deal.keys[PC]) if PC in deal.keys else None
        if part is None or answer not in ANSWERS.get(str(part["microsoft_status"]), ()):
            return
        shown = {"microsoft_contacts": "Megan", "microsoft_crm_id": f"7-{deal.keys[PC][-3:]}"}
        self.engagements.move(deal.keys[PC], microsoft_status=answer, **(shown if answer == "Accepted" else {}))

    @precondition(lambda self: self.deals)
    @rule(which=WHICH)
    def write_for_microsoft(self, which: int) -> None:
        """Let somebody type into a column that shows what Microsoft says."""
        deal = self.deals[which % len(self.deals)]
        if "microsoft_status" in self.held(deal, DV):
            self.sides[DV].edit(deal.keys[DV], "microsoft_status", "typed")

    def _deal_to_ask_for(self, which: int, *, later: bool) -> Deal | None:
        """Give a deal on which a seller may ask now: a new one of the CRM's, carried before or not."""
        if len(self.deals) >= 4:
            return self.deals[which]
        values = {**REQUIRED, "customer_country": "DE", "status": "open", "flag": True, "visibility": which > 1}
        deal = Deal({DV: self.sides[DV].add(values)})
        self.deals.append(deal)
        return deal if not later or self.carry_out(self.begin_run("scheduled")) else None

    def _ask(self, deal: Deal, kind: str | None) -> None:
        if self.held(deal, DV):
            self.sides[DV].edit(deal.keys[DV], "help", kind)

    # ------------------------------------------------------------ the laws

    @invariant()
    def one_part_per_engagement(self) -> None:
        """Microsoft has one referral in an engagement, and every deal has one engagement."""
        if hasattr(self, "engagements"):
            assert all(len(parts) == 1 for parts in self.engagements.parts.values()), "Microsoft was asked twice"

    def check_more(self, deal: Deal) -> None:
        """At a quiet moment who asked has been heard, and the CRM shows what Microsoft says."""
        super().check_more(deal)
        ours, row = self.held(deal, PC), self.held(deal, DV)
        part = self.engagements.part_of(deal.keys[PC])
        if ours["status"] in CLOSED or ours["status"] == "new":
            return
        wanted = row.get("help") is not None and row["status"] not in CLOSED
        assert part is not None or not wanted, "help was chosen, and Microsoft was not asked"
        if part is None:
            return
        assert ours["visibility"] is True
        for name in ("microsoft_status", "microsoft_contacts", "microsoft_crm_id"):
            assert row.get(name) == part[name], f"the CRM shows another {name} than Microsoft says"
        if row["status"] in CLOSED:
            return
        codes = self.codes(deal)
        assert ("HELP-2" in codes) == (row.get("help") != part["microsoft_help"])
        word = EXPLAINED.get(str(part["microsoft_status"]))
        assert word is None or word in codes, "Microsoft said no, and nobody was told"
