"""Who joins and leaves a deal's team, and which solutions come and go, on either side."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.people import addresses, members
from cosell.core.record import Member, Ref, Side, SolutionLine
from fakes import DV, PC, is_user
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import TASKS, Machine

if TYPE_CHECKING:
    from machine import Deal

TEAM, SOLUTIONS = "team", "solutions"
FAULTS = ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after")
HELD_BACK = {"CLOSED-1", "WAIT-1"}
WAYS = ("add", "remove", "change")
JOINING = st.tuples(st.integers(0, 3), st.booleans(), st.booleans())
"""Which deal, whether in the CRM, and whether it is nobody whom the CRM knows."""


class PeopleActs(Machine):
    """What happens to a deal's team and solutions."""

    @precondition(lambda self: self.deals)
    @rule(joining=JOINING)
    def join(self, joining: tuple[int, bool, bool]) -> None:
        """Somebody puts somebody on the team; only Partner Center takes people whom the CRM does not know."""
        self._join(joining)

    def _join(self, joining: tuple[int, bool, bool]) -> None:
        which, crm, stranger = joining
        deal, side = self.deals[which % len(self.deals)], DV if crm else PC
        held = self.held(deal, side)
        if not self.is_editable(deal, side):
            return
        self.counter += 1
        name = f"p{self.counter}"
        person = Member(name, "Moor", f"{name}@x.example" if stranger and not crm else f"{name}.u@x.example", "")
        self.sides[side].edit(deal.keys[side], TEAM, (*members(held.get(TEAM)), person))
        deal.joined.add(person.email)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans(), place=st.integers(0, 9))
    def leave(self, which: int, crm: bool, place: int) -> None:
        """Somebody takes somebody off the team."""
        deal, side = self.deals[which % len(self.deals)], DV if crm else PC
        team = list(members(self.held(deal, side).get(TEAM)))
        if not team or not self.is_editable(deal, side):
            return
        gone = team.pop(place % len(team)).email
        if self._is_agreed(deal, gone):
            deal.dropped.add(gone)
        self.sides[side].edit(deal.keys[side], TEAM, tuple(team))
        deal.left.add(gone)

    def _is_agreed(self, deal: Deal, address: str) -> bool:
        """Tell whether the memory holds somebody on both sides, and no write is under way."""
        refs = [Ref(side, key) for side, key in deal.keys.items()]
        halves = self.state.halves(refs)
        known = [ref for ref in refs if ref in halves and address in addresses(halves[ref].values.get(TEAM))]
        return len(known) == len(Side) and not self.state.in_flight(refs)

    @precondition(lambda self: self.deals)
    @rule(
        first=JOINING,
        second=st.one_of(st.none(), JOINING),
        kind=st.sampled_from(FAULTS),
        after=st.integers(0, 3),
        cut=st.integers(4, len(TASKS)),
    )
    def faulty_join(
        self, first: tuple[int, bool, bool], second: tuple[int, bool, bool] | None, kind: str, after: int, cut: int
    ) -> None:
        """Let a joining be carried by a run that goes wrong, together with another one at that very moment."""
        self._join(first)
        self.faults.arm(kind, after, (lambda: self._join(second)) if second else None)
        self.carry_out(self.begin_run("scheduled"), TASKS[:cut])
        self.faults.disarm()

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans(), way=st.sampled_from(WAYS), place=st.integers(0, 9))
    def change_solutions(self, which: int, crm: bool, way: str, place: int) -> None:
        """Somebody adds a solution, takes one off, or changes how many of one are sold."""
        deal, side = self.deals[which % len(self.deals)], DV if crm else PC
        held = self.held(deal, side).get(SOLUTIONS)
        lines = [each for each in held if isinstance(each, SolutionLine)] if isinstance(held, tuple) else []
        if not self.is_editable(deal, side) or (way != "add" and len(lines) < (2 if way == "remove" else 1)):
            return
        self.counter += 1
        if way == "add":
            lines.append(SolutionLine(f"SOL-{self.counter:04}", "More", None, None))
        else:
            line = lines.pop(place % len(lines))
            lines += [line._replace(quantity=Decimal(self.counter))] if way == "change" else []
        kept = self.sides[side].edit(deal.keys[side], SOLUTIONS, tuple(sorted(lines, key=lambda each: each.id)))
        deal.edited.setdefault(SOLUTIONS, set()).add(side)
        deal.last[side, SOLUTIONS] = kept

    def check_more(self, deal: Deal) -> None:
        """Who joined stands on both sides, once, whom the CRM does not know in Partner Center; who left is gone."""
        super().check_more(deal)
        held = {side: [each.email for each in members(self.held(deal, side).get(TEAM))] for side in Side}
        ref = Ref(PC, deal.keys[PC])
        entry = self.state.unsettled([ref]).get(ref)
        waits = HELD_BACK & ({remark.code for remark in entry.remarks} if entry else set())
        for side, team in held.items():
            assert len(team) == len(set(team)), f"somebody stands twice on {side}: {team}"
        for address in deal.joined - deal.left:
            wanted = list(Side) if is_user(address) else [PC]
            there = [side for side in wanted if address in held[side]]
            assert there, f"{address} is lost: {held}"
            assert waits or there == wanted, f"{address} is not on all sides that take them: {held}"
        for address in deal.dropped:
            there = [side for side in Side if address in held[side]]
            assert waits or not there, f"{address} was taken off and stands again: {held}"
