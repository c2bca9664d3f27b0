"""What happens to a deal's state: accept, decline, expire, win, lose, reopen; shown to Microsoft, and hidden again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from acts_runs import FAULTS
from fakes import CLOSED, DV, PC, REQUIRED
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import PEOPLE, Deal, Machine

if TYPE_CHECKING:
    from cosell.core.record import Side

WHICH = st.integers(0, 3)
REASONS = ("too dear", "no answer")
HERE = ("open", "on_hold", "won", "lost")
THERE = ("open", "declined", "expired", "won", "lost", "error")
MOVES = st.tuples(st.booleans(), st.sampled_from([*HERE, *THERE]), st.sampled_from([*REASONS, None]), st.booleans())
"""A move: in the CRM or there, the word, the reason, and whether a run follows."""
POSSIBLE = {"new": {"open", "declined", "expired"}, "open": {"won", "lost", "error"}}
"""What people in the portal, and the service, can do with a referral."""
SAID_OF = {"expired": "EXPIRED-1", "error": "ERROR-1"}


class LifeActs(Machine):
    """Acts on the state of a deal, on both sides, and the laws of its life."""

    @rule(length=st.sampled_from([4, 12]))
    def invited(self, length: int) -> None:
        """Microsoft invites us to a deal: it waits for an answer."""
        if len(self.deals) < 4:
            values = {**REQUIRED, "customer_country": "DE", "status": "new", "visibility": True}
            values |= {name: self.fresh(name, length) for name in PEOPLE}
            self.deals.append(Deal({PC: self.sides[PC].add(values)}))

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, word=st.sampled_from(HERE), reason=st.sampled_from([*REASONS, None]))
    def move_here(self, which: int, word: str, reason: str | None) -> None:
        """Let a seller accept, park, win, lose or reopen the opportunity, with a reason or without."""
        self._move_here(self.deals[which % len(self.deals)], word, reason)

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, word=st.sampled_from(THERE), reason=st.sampled_from([*REASONS, None]))
    def move_there(self, which: int, word: str, reason: str | None) -> None:
        """Somebody in the portal answers or closes the referral, or its time is over."""
        self._move_there(self.deals[which % len(self.deals)], word, reason)

    @rule(moves=st.lists(MOVES, min_size=1, max_size=4))
    def life(self, moves: list[tuple[bool, str, str | None, bool]]) -> None:
        """Let a deal live: it is carried, and then moved on either side, with or without a run in between."""
        self.invited(length=4)
        if not self.deals:
            return
        self.carry_out(self.begin_run("scheduled"))
        for here, word, reason, runs in moves:
            (self._move_here if here else self._move_there)(self.deals[-1], word, reason)
            if runs:
                self.carry_out(self.begin_run("scheduled"))

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, shown=st.booleans(), crm=st.booleans())
    def show(self, which: int, shown: bool, crm: bool) -> None:
        """Somebody shows the deal to Microsoft; in the CRM a seller may hide it again."""
        deal = self.deals[which % len(self.deals)]
        side = DV if crm else PC
        if self.is_editable(deal, side) and (crm or shown):
            self.sides[side].edit(deal.keys[side], "visibility", shown)

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, here=st.booleans(), word=st.sampled_from([*HERE, *THERE]), kind=st.sampled_from(FAULTS))
    def move_during_a_run(self, which: int, here: bool, word: str, kind: str) -> None:
        """Somebody moves the deal in the midst of a run that a fault strikes."""
        deal = self.deals[which % len(self.deals)]

        def meanwhile() -> None:
            (self._move_here if here else self._move_there)(deal, word, REASONS[0])

        self.faults.arm(kind, which, meanwhile)
        self.carry_out(self.begin_run("scheduled"), retries=which % 2)
        self.faults.disarm()

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, word=st.sampled_from(HERE), kind=st.sampled_from(["crash_after", "lost_answer", "state_before"]))
    def unconfirmed_move(self, which: int, word: str, kind: str) -> None:
        """Let a move of the seller's be carried by a run that dies before it is confirmed."""
        self._move_here(self.deals[which % len(self.deals)], word, REASONS[1])
        self.faults.arm(kind, which % 3)
        self.carry_out(self.begin_run("scheduled"))
        self.faults.disarm()

    def _move_here(self, deal: Deal, word: str, reason: str | None) -> None:
        state = self.held(deal, DV).get("status")
        if word not in HERE or len(deal.keys) < 2 or state == word or (state in CLOSED and word in CLOSED):
            return
        self._put(deal, DV, {"status": word, **({"close_reason": reason} if word in CLOSED and reason else {})})
        if word in CLOSED:
            deal.closed_here = True

    def _move_there(self, deal: Deal, word: str, reason: str | None) -> None:
        state = str(self.held(deal, PC).get("status"))
        unknown_yet = len(deal.keys) < 2 and word not in {"open", "won", "lost"}
        if word in POSSIBLE.get(state, ()) and not unknown_yet:
            self._put(deal, PC, {"status": word, **({"close_reason": reason} if word in CLOSED and reason else {})})

    def _put(self, deal: Deal, side: Side, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.sides[side].edit(deal.keys[side], name, value)

    # ------------------------------------------------------------ the laws

    def check_more(self, deal: Deal) -> None:
        """At a quiet moment both states follow from each other, or somebody was told why not; nothing hides a deal."""
        super().check_more(deal)
        here, there = (str(self.held(deal, side)["status"]) for side in (PC, DV))
        codes = self.codes(deal)
        no_reason = there == "lost" and "REASON-1" in codes
        if here == "new":
            assert there == "on_hold" or no_reason or "ANSWER-1" in codes, (
                f"unanswered, although the opportunity is {there}"
            )
        elif here == "open":
            assert there not in CLOSED or no_reason or "CONFLICT-1" in codes, f"open, although it is {there}"
        else:
            self._check_end(here, there, codes)
            assert here not in SAID_OF or there not in CLOSED or deal.closed_here, f"{here} closed the opportunity"
        self._check_latch(deal)

    def _check_end(self, here: str, there: str, codes: set[str]) -> None:
        kept = "lost" if here != "won" else "won"
        if there == kept:
            return
        if there in CLOSED:
            assert "CLOSED-2" in codes, f"{here} and {there}, and nobody was told"
        else:
            told = {"REOPENED-1", SAID_OF.get(here, "")}
            assert codes & told, f"{here} and {there}, and nobody was told"

    def _check_latch(self, deal: Deal) -> None:
        shown = {side: self.held(deal, side).get("visibility") is True for side in (PC, DV)}
        states = {side: self.held(deal, side)["status"] for side in (PC, DV)}
        if shown[PC] != shown[DV]:
            assert states[PC] in CLOSED | {"new"} or states[DV] in CLOSED, f"visible on one side only: {shown}"
