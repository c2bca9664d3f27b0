"""What only a look at everything finds: records that vanish, edits that no window shows, our own columns changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acts_runs import EDITS, FAULTS
from cosell.core.record import Ref, Side
from fakes import DV, PC
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from machine import TASKS, Deal, Machine

if TYPE_CHECKING:
    from cosell.core.record import Binding

OURS = ("referral_identifier", "engagement_identifier", "audit", "sync_status")


class ReconcileActs(Machine):
    """Runs over the whole of both sides, and what they are for."""

    @rule(retries=st.integers(0, 1))
    def reconcile(self, retries: int) -> None:
        """Let a run over everything go well."""
        self.carry_out(self.begin_run("reconcile"), retries=retries)

    @precondition(lambda self: self.deals)
    @rule(kind=st.sampled_from(FAULTS), after=st.integers(0, 5), editing=st.one_of(st.none(), EDITS))
    def faulty_reconcile(self, kind: str, after: int, editing: tuple[int, str, bool, int] | None) -> None:
        """Let a fault strike a run over everything, together with an edit by somebody at that very moment."""

        def meanwhile() -> None:
            if editing is not None:
                which, name, crm, length = editing
                self.change(which, name, crm=crm, length=length)

        self.faults.arm(kind, after, meanwhile)
        self.carry_out(self.begin_run("reconcile"), retries=after % 2)
        self.faults.disarm()

    @rule(cut=st.integers(1, 6), other=st.integers(1, 6), first=st.booleans())
    def reconcile_beside_the_sync(self, cut: int, other: int, first: bool) -> None:
        """Let a run over everything and a regular one go at once, interleaved between their tasks."""
        kinds = ("reconcile", "scheduled") if first else ("scheduled", "reconcile")
        one, two = (self.begin_run(kind) for kind in kinds)
        self.carry_out(one, TASKS[:cut])
        self.carry_out(two, TASKS[:other])
        self.carry_out(one, TASKS[cut:])
        self.carry_out(two, TASKS[other:])

    @precondition(lambda self: self.deals)
    @rule(edit=EDITS)
    def unseen_edit(self, edit: tuple[int, str, bool, int]) -> None:
        """Somebody changes a value and no window shows it; the next run over everything carries it."""
        which, name, crm, length = edit
        deal = self.deals[which % len(self.deals)]
        self.learn(deal)
        side = DV if crm else PC
        if side in deal.keys and self.bound(deal):
            self.change(which, name, crm=crm, length=length)
            record = self.sides[side].records[deal.keys[side]]
            record.changed = record.created
            self.carry_out(self.begin_run("reconcile"))

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), name=st.sampled_from(OURS), empty=st.booleans())
    def change_our_column(self, which: int, name: str, empty: bool) -> None:
        """Somebody types into a column that is ours."""
        deal = self.deals[which % len(self.deals)]
        if self.bound(deal):
            self.counter += 1
            self.sides[DV].edit(deal.keys[DV], name, None if empty else f"typed {self.counter}")

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans())
    def vanish(self, which: int, crm: bool) -> None:
        """Somebody deletes one side's record of a deal."""
        deal = self.deals[which % len(self.deals)]
        side = DV if crm else PC
        if self.bound(deal) and len(self.sides[side].records) > 1:
            self.deals.remove(deal)
            self.vanished.append(deal)
            deal.gone = side
            del self.sides[side].records[deal.keys[side]]

    @precondition(lambda self: self.vanished)
    @rule()
    def missed(self) -> None:
        """See that a run over everything tells of each; the other half stays alone, not made anew and not deleted."""
        self.faults.disarm()
        self.clock.tick(3 * 86_400)
        for _ in range(2):
            assert self.carry_out(self.begin_run("reconcile"))
        for deal in self.vanished:
            entry = self.state.unsettled([Ref(PC, deal.keys[PC])]).get(Ref(PC, deal.keys[PC]))
            assert entry is not None, "a record vanished and nobody was told"
            assert (entry.reason, [remark.code for remark in entry.remarks]) == ("orphan", ["ORPHAN-1"])
            assert deal.gone is not None
            assert deal.keys[deal.gone.other] in self.sides[deal.gone.other].records, "the sync deleted the other half"
            assert self.bound(deal), "an orphan stays bound"
        for side in Side:
            links = [deal.keys[side.other] for deal in self.vanished if deal.gone is side]
            name = "referral_identifier" if side is DV else "crm_id"
            again = [r.key for r in self.sides[side].records.values() if r.values.get(name) in links]
            assert not again, f"a deal that vanished was made anew on {side}"

    def bound(self, deal: Deal) -> Binding | None:
        """Give the pair of a deal, where the sync knows it."""
        self.learn(deal)
        refs = [Ref(PC, deal.keys[PC])] if len(deal.keys) == len(Side) else []
        return next(iter(self.state.bindings(refs).values()), None)
