"""What happens to leads: sent, answered, edited, qualified with an opportunity or without, in the midst of bad runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acts_runs import FAULTS
from cosell.core.record import Ref
from cosell.sync.pull import pull_tables
from cosell.sync.steps import PlanOptions, advance, open_run, plan, push, write_back
from cosell.sync.tables import for_each, with_leads
from fakes import CLOSED, DV, FIELDS, PC, REQUIRED, FakeMapper, FakeReplica, stored
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from machine import PEOPLE, TASKS, Deal, Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Side, Value
    from cosell.sync.ports import Change
    from cosell.sync.steps import RunFacts, World

WHICH = st.integers(0, 1)
THERE = ("open", "declined", "expired", "won", "lost")
POSSIBLE = {"new": {"open", "declined", "expired"}, "open": {"won", "lost"}}
HELD_APART = {"CONFLICT-1", "CUT-1", "FINAL-1", "CLOSED-1", "WAIT-1", "QUALIFIED-1"}


class LeadMapper(FakeMapper):
    """Leads hold canonical values too; there is no way to say won."""

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as the side keeps it."""
        return None if side is DV and name == "status" and value == "won" else super().fit(side, name, value)


class LeadReplica(FakeReplica):
    """The CRM's leads."""

    def _illegal(self, record: Any, change: Change) -> str | None:  # noqa: ANN401 - a record of the fakes
        """Refuse what a qualified lead does not take, too."""
        ours = all(FIELDS[name].bookkeeping for name in change.columns)
        if record.values.get("status") == "qualified" and (change.close_as or not ours):
            return "a qualified lead was written"
        return super()._illegal(record, change)


@dataclass
class Lead:
    """One lead as the oracle follows it, until an opportunity takes its place."""

    referral: str
    row: str | None = None
    opportunity: str | None = None


class LeadActs(Machine):
    """Acts on leads, and what must hold of them."""

    @property
    def leads(self) -> list[Lead]:
        """Give the leads that no opportunity has taken the place of."""
        return self.__dict__.setdefault("_leads", [])

    @property
    def lead_rows(self) -> LeadReplica:
        """Give the CRM's leads."""
        if "_lead_rows" not in self.__dict__:
            self.__dict__["_lead_rows"] = LeadReplica(DV, self.clock, self.faults, _numbers=500)
        return self.__dict__["_lead_rows"]

    # ------------------------------------------------------------ people

    @rule(length=st.sampled_from([4, 12]))
    def lead_is_sent(self, length: int) -> None:
        """Let the marketplace send a lead."""
        if len(self.leads) < 2 and len(self.deals) < 4:
            values = {**REQUIRED, "customer_country": "DE", "status": "new", "type": "Independent"}
            values |= {"qualification": "Direct", **{name: self.fresh(name, length) for name in PEOPLE}}
            self.leads.append(Lead(self.sides[PC].add(values)))

    @precondition(lambda self: self.leads)
    @rule(which=WHICH, name=st.sampled_from(PEOPLE), crm=st.booleans(), length=st.sampled_from([4, 12]))
    def edit_lead(self, which: int, name: str, crm: bool, length: int) -> None:
        """Somebody changes a value of a lead on one side."""
        lead = self._lead(which)
        if crm and lead.row and self._state(lead) not in {"qualified", *CLOSED}:
            self.lead_rows.edit(lead.row, name, self.fresh(name, length))
        elif not crm and self.sides[PC].records[lead.referral].values["status"] not in CLOSED:
            self.sides[PC].edit(lead.referral, name, self.fresh(name, length))

    @precondition(lambda self: self.leads)
    @rule(which=WHICH, word=st.sampled_from(["open", "on_hold", "lost"]), reason=st.sampled_from(["too dear", None]))
    def answer_lead(self, which: int, word: str, reason: str | None) -> None:
        """Let a seller contact the customer, put the lead back, or disqualify it, with a reason or without."""
        lead = self._lead(which)
        if lead.row and self._state(lead) not in {"qualified", "lost", word}:
            if reason and word == "lost":
                self.lead_rows.edit(lead.row, "close_reason", reason)
            self.lead_rows.edit(lead.row, "status", word)

    @precondition(lambda self: self.leads)
    @rule(which=WHICH, word=st.sampled_from(THERE))
    def answer_there(self, which: int, word: str) -> None:
        """Somebody in the portal answers or closes the lead, or its time is over."""
        lead = self._lead(which)
        if lead.row and word in POSSIBLE.get(str(self.sides[PC].records[lead.referral].values["status"]), ()):
            self.sides[PC].edit(lead.referral, "status", word)

    @precondition(lambda self: self.leads)
    @rule(which=WHICH, opportunity=st.booleans(), flagged=st.booleans(), kind=st.sampled_from(FAULTS), after=WHICH)
    def qualify(self, which: int, opportunity: bool, flagged: bool, kind: str, after: int) -> None:
        """Let a seller qualify a lead; the run that sees it may be struck."""
        lead = self._lead(which)
        if lead.row and self._state(lead) in {"on_hold", "open"}:
            self.lead_rows.edit(lead.row, "status", "qualified")
            if opportunity and not lead.opportunity:
                self._make_opportunity(lead, flagged=flagged)
        self.faults.arm(kind, after)
        self.carry_out(self.begin_run("scheduled"), retries=after)
        self.faults.disarm()

    @precondition(lambda self: any(not lead.opportunity for lead in self.leads))
    @rule(which=WHICH, flagged=st.booleans())
    def make_opportunity(self, which: int, flagged: bool) -> None:
        """Let a seller make an opportunity of a lead, before or after it is qualified."""
        lead = self._lead(which)
        if lead.row and not lead.opportunity:
            self._make_opportunity(lead, flagged=flagged)

    def _make_opportunity(self, lead: Lead, *, flagged: bool) -> None:
        held = self.lead_rows.records[str(lead.row)].values
        values = {name: held.get(name) for name in (*PEOPLE, "customer_country")}
        lead.opportunity = self.sides[DV].add(
            {**REQUIRED, **values, "status": "open", "flag": flagged, "originating_lead": lead.row}
        )
        # it begins in the state that the lead was agreed to be in
        self.sides[DV].ever[lead.opportunity, "status"] |= self.lead_rows.ever[str(lead.row), "status"]

    def _lead(self, which: int) -> Lead:
        lead = self.leads[which % len(self.leads)]
        rows = self.lead_rows.records.values()
        lead.row = next((r.key for r in rows if r.values.get("referral_identifier") == lead.referral), None)
        return lead

    def _state(self, lead: Lead) -> object:
        return self.lead_rows.records[str(lead.row)].values["status"]

    # ------------------------------------------------------------ runs

    async def _task(self, world: World, facts: RunFacts, task: str) -> None:
        if not self.leads and "_lead_rows" not in self.__dict__:
            await super()._task(world, facts, task)
            return
        run = open_run(world, facts)
        worlds = with_leads(world, replica=self.lead_rows, mapper=LeadMapper())  # type: ignore[arg-type]
        if task.startswith("pull"):
            await pull_tables(worlds, PC if task == "pull_pc" else DV, run)
        elif task == "plan":
            await for_each(worlds, lambda each: plan(each, run, PlanOptions()))
        elif task.startswith("push"):
            await for_each(worlds, lambda each: push(each, PC if task == "push_pc" else DV, run))
        else:
            await (
                for_each(worlds, lambda each: write_back(each, run)) if task == "write_back" else advance(world, run)
            )

    def carry_out(self, facts: RunFacts, tasks: tuple[str, ...] = TASKS, *, retries: int = 0) -> bool:
        """Do the tasks; a lead whose place an opportunity has taken is a deal like any other from then on."""
        done = super().carry_out(facts, tasks, retries=retries)
        bindings = self.state.bindings([Ref(PC, lead.referral) for lead in self.leads])
        for lead in list(self.leads):
            binding = bindings.get(Ref(PC, lead.referral))
            if binding is not None and binding.table == "opportunity":
                assert binding.row_id == lead.opportunity, "a lead's referral went to a stranger"
                self.leads.remove(lead)
                self.deals.append(Deal({PC: lead.referral, DV: binding.row_id}))
        return done

    # ------------------------------------------------------------ the laws

    @precondition(lambda self: self.leads)
    @rule()
    def leads_are_quiet(self) -> None:
        """After undisturbed runs every lead is carried, answered and agreed on, and another run writes nothing."""
        self._quiesce()
        sides = (*self.sides.values(), self.lead_rows)
        written = [list(side.writes) for side in sides]
        self.carry_out(self.begin_run("scheduled"))
        assert [side.writes for side in sides] == written, "a second run must be quiet"
        for lead in self.leads:
            self._check_lead(self._lead(self.leads.index(lead)))

    def _check_lead(self, lead: Lead) -> None:
        referral = self.sides[PC].records[lead.referral].values
        if lead.row is None:
            assert referral["status"] in CLOSED, "a lead is not carried"
            return
        row, codes = self.lead_rows.records[lead.row].values, self._codes(lead)
        here, there = str(referral["status"]), str(row["status"])
        assert not (there == "qualified" and lead.opportunity), "no opportunity took the place of a qualified lead"
        assert there != "qualified" or (here != "new" and "QUALIFIED-1" in codes)
        assert here != "new" or there == "on_hold" or codes & {"REASON-1", "ANSWER-1"}, f"unanswered, but {there}"
        assert here != "open" or there not in CLOSED or codes & {"REASON-1", "CONFLICT-1"}, f"open, but {there}"
        assert here not in {"lost", "declined"} or there in {"lost", "qualified"} or "REOPENED-1" in codes
        for name in PEOPLE:
            self._check_agreed(name, {PC: referral, DV: row}, codes)

    def _check_agreed(self, name: str, held: Mapping[Side, Mapping[str, Value]], codes: set[str]) -> None:
        values = {side: held[side].get(name) for side in held}
        agree = any(stored(side.other, name, values[side]) == values[side.other] for side in values)
        assert agree or codes & HELD_APART or held[PC]["status"] in CLOSED, f"{name} of a lead differs unsaid"

    def _codes(self, lead: Lead) -> set[str]:
        entry = self.state.unsettled([Ref(PC, lead.referral)]).get(Ref(PC, lead.referral))
        return {remark.code for remark in entry.remarks} if entry else set()

    @invariant()
    def no_lead_stands_twice(self) -> None:
        """Hold that a referral is one lead and later one opportunity, never two; nothing illegal is asked of a lead."""
        if not hasattr(self, "deals") or "_lead_rows" not in self.__dict__:
            return
        links = [r.values.get("referral_identifier") for r in self.lead_rows.records.values()]
        assert len(links) == len(set(links)), "a lead stands twice"
        assert not self.lead_rows.complaints, self.lead_rows.complaints
        rows = [Ref(DV, key) for key in self.lead_rows.records]
        for ref, half in self.state.halves(rows).items():
            for name, value in half.values.items():
                assert value in self.lead_rows.ever[ref.key, name] | {None}, f"memory of {name} is none of the lead's"
