"""Runs, good and bad: faults, crashes, cleared tasks, two at once."""

from __future__ import annotations

from fakes import DV, PC, REQUIRED
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import PEOPLE, TASKS, Deal, Machine

FAULTS = ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after", "none")
UNCONFIRMED = ("crash_after", "lost_answer", "state_before")
PAUSES = st.lists(st.integers(0, 5), max_size=60)
EDITS = st.tuples(st.integers(0, 3), st.sampled_from(PEOPLE), st.booleans(), st.sampled_from([4, 12]))


class RunActs(Machine):
    """Acts of the scheduler, of operators and of bad luck."""

    @rule(kind=st.sampled_from(["scheduled", "scheduled", "backfill"]), pc_first=st.booleans())
    def run(self, kind: str, pc_first: bool) -> None:
        """Let a run go well."""
        order = list(TASKS)
        if pc_first:
            order[3], order[4] = order[4], order[3]
        self.carry_out(self.begin_run(kind), tuple(order))

    @precondition(lambda self: self.deals)
    @rule(
        kind=st.sampled_from(FAULTS),
        after=st.integers(0, 5),
        retries=st.integers(0, 1),
        editing=st.one_of(st.none(), EDITS),
    )
    def faulty_run(self, kind: str, after: int, retries: int, editing: tuple[int, str, bool, int] | None) -> None:
        """Let a fault strike a run, together with an edit by somebody at that very moment."""
        meanwhile = None
        if editing is not None:
            which, name, crm, length = editing

            def meanwhile() -> None:
                self.change(which, name, crm=crm, length=length)

        self.faults.arm(kind, after, meanwhile)
        self.carry_out(self.begin_run("scheduled"), retries=retries)
        self.faults.disarm()

    @precondition(lambda self: self.deals)
    @rule(first=EDITS, kind=st.sampled_from(UNCONFIRMED), after=st.integers(0, 2), again=st.booleans())
    def unconfirmed_edit(self, first: tuple[int, str, bool, int], kind: str, after: int, again: bool) -> None:
        """Let an edit be carried by a run that dies before it is confirmed, and perhaps the same person edit again."""
        which, name, crm, length = first
        self.change(which, name, crm=crm, length=length)
        self.faults.arm(kind, after)
        self.carry_out(self.begin_run("scheduled"))
        self.faults.disarm()
        if again:
            self.change(which, name, crm=crm, length=length)

    @precondition(lambda self: self.facts)
    @rule(which=st.integers(0, 20), task=st.sampled_from(TASKS), staged=st.booleans())
    def rerun(self, which: int, task: str, staged: bool) -> None:
        """Somebody clears one task of an old run, with or without its staged files."""
        facts = list(self.facts.values())[which % len(self.facts)]
        if not staged:
            self.stagings.pop(facts.run_id, None)
        self.carry_out(facts, (task,))

    @rule(cut=st.integers(1, 6), other=st.integers(1, 6))
    def two_runs(self, cut: int, other: int) -> None:
        """Two runs at once, interleaved between their tasks."""
        first, second = self.begin_run("scheduled"), self.begin_run("backfill")
        self.carry_out(first, TASKS[:cut])
        self.carry_out(second, TASKS[:other])
        self.carry_out(first, TASKS[cut:])
        self.carry_out(second, TASKS[other:])

    @rule(other=st.sampled_from(["backfill", "reconcile"]), pauses=PAUSES)
    def named_deal(self, other: str, pauses: list[int]) -> None:
        """Two runs find a deal of which both halves stand, and only the referral names the other."""
        if len(self.deals) >= 4:
            return
        told = {**REQUIRED, "status": "open"} | {name: self.fresh(name, 4) for name in PEOPLE}
        row = self.sides[DV].add({**told, "flag": True})
        self.deals.append(Deal({DV: row, PC: self.sides[PC].add({**told, "crm_id": row})}))
        self._side_by_side(other, pauses)

    @rule(other=st.sampled_from(["backfill", "reconcile"]), pauses=PAUSES)
    def side_by_side(self, other: str, pauses: list[int]) -> None:
        """Two runs at once, interleaved between any of their requests."""
        self._side_by_side(other, pauses)

    def _side_by_side(self, other: str, pauses: list[int]) -> None:
        runs = [self.begin_run("scheduled"), self.begin_run(other)]
        self.faults.pauses = iter(pauses)
        self.carry_out_together(runs)
        self.faults.pauses = iter(())
