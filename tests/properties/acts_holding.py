"""What operators do: decide between two values, let held deals be tried again, pause a side and go on."""

from __future__ import annotations

from acts import DealActs
from cosell.core.errors import CannotResolveError
from cosell.core.record import Side
from cosell.sync import holding
from fakes import CLOSED, DV, PC, stored
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from machine import PEOPLE, RUNNER, Chosen, Deal

STATUS = "status"
WHICH = st.integers(0, 3)
FAULTS = ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after")


class HoldingActs(DealActs):
    """Acts of operators; no edit that anybody makes afterwards is lost."""

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, name=st.sampled_from((*PEOPLE, STATUS)), take=st.sampled_from(list(Side)))
    def resolve(self, which: int, name: str, take: Side) -> None:
        """Somebody takes one side's value of a held deal, where there is a choice."""
        self._resolve(self.deals[which % len(self.deals)], name, take)

    @rule(
        which=WHICH,
        choice=st.tuples(st.sampled_from(("notes", "deal_value")), st.sampled_from(list(Side))),
        kind=st.sampled_from(FAULTS),
        after=st.integers(0, 3),
        editing=st.one_of(st.none(), st.booleans()),
    )
    def dispute_and_resolve(
        self, which: int, choice: tuple[str, Side], kind: str, after: int, editing: bool | None
    ) -> None:
        """Both sides change a value, somebody decides, and the run that carries it goes wrong, perhaps with an edit."""
        if not any(self._is_open(deal) for deal in self.deals):
            self.new_deal(country=True, length=4, crm_first=False, empty=False)
        self.carry_out(self.begin_run("scheduled"))
        if not self.deals:
            return
        (name, take), which = choice, self._open_one(which)
        deal = self.deals[which]
        for crm in (False, True):
            self.change(which, name, crm=crm, length=4)
        self.carry_out(self.begin_run("scheduled"))
        self._resolve(deal, name, take)

        def meanwhile() -> None:
            if editing is not None:
                self.change(which, name, crm=editing, length=4)

        self.faults.arm(kind, after, meanwhile)
        self.carry_out(self.begin_run("scheduled"), retries=after % 2)
        self.faults.disarm()
        if not self.paused and len(deal.keys) == len(Side) and self.held(deal, DV).get("flag"):
            self.clock.tick(3600)
            self.carry_out(self.begin_run("scheduled"))
            self._check_chosen(deal)

    def _open_one(self, which: int) -> int:
        """Give the place of a deal that is carried and open on both sides, if there is one, else of any."""
        places = [(which + step) % len(self.deals) for step in range(len(self.deals))]
        return next((place for place in places if self._is_open(self.deals[place])), places[0])

    def _is_open(self, deal: Deal) -> bool:
        states = [self.held(deal, side).get("status") for side in (PC, DV)]
        return states[0] == "open" and states[1] not in {None, *CLOSED}

    @precondition(lambda self: self.deals)
    @rule(which=WHICH, all_of_them=st.booleans())
    def retry(self, which: int, all_of_them: bool) -> None:
        """Let one held deal, or all, be tried again."""
        deal = self.deals[which % len(self.deals)]
        record = None if all_of_them else next(iter(deal.keys.values()))
        try:
            holding.retry(self.state, record, reason=None, now=self.clock())
        except CannotResolveError:
            assert record is not None

    @rule(side=st.sampled_from(list(Side)))
    def pause_a_side(self, side: Side) -> None:
        """Let an operator keep all writes from a side, or let them through again."""
        if self.paused.pop(side, None) is None:
            self.paused[side] = self._written(side)

    @invariant()
    def a_paused_side_is_left_alone(self) -> None:
        """Whatever runs do meanwhile, also those that began before."""
        for side, before in getattr(self, "paused", {}).items():
            assert self._written(side) == before, f"{side} was written to although it is paused"

    def _written(self, side: Side) -> int:
        return len(self.sides[side].writes)

    def _resolve(self, deal: Deal, name: str, take: Side) -> None:
        if len(deal.keys) < len(Side) and not self.held(deal, DV):
            return
        try:
            RUNNER.run(holding.resolve([self.world("resolve")], deal.keys[PC], field=name, take=take))
        except (CannotResolveError, KeyError):
            return
        if name == STATUS:
            deal.closed_here = True
        else:
            deal.chosen[name] = Chosen(take, self.held(deal, take).get(name), self._edits(deal, name))

    def _edits(self, deal: Deal, name: str) -> list[int]:
        return [self.sides[side].edits[deal.keys[side], name] for side in Side]

    def before_check(self, deal: Deal) -> None:
        """Count a value that was taken, and that nobody touched since, as the one edit there was."""
        super().before_check(deal)
        self._check_chosen(deal)
        for name, chosen in self._untouched(deal).items():
            deal.edited[name], deal.last[chosen.take, name] = {chosen.take}, chosen.value
            deal.originals.pop(name, None)
        deal.chosen.clear()

    def _check_chosen(self, deal: Deal) -> None:
        """Find what was taken on the other side too, where both are open and nobody touched it since."""
        if not self._is_open(deal):
            return
        for name, chosen in self._untouched(deal).items():
            there = self.held(deal, chosen.take.other).get(name)
            carried = stored(chosen.take.other, name, chosen.value)
            assert there == carried, f"{name} was taken from {chosen.take} and is not carried"

    def _untouched(self, deal: Deal) -> dict[str, Chosen]:
        return {name: chosen for name, chosen in deal.chosen.items() if chosen.edits == self._edits(deal, name)}
