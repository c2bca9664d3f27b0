"""The laws of the sync under random histories: the real core, steps and state between two fake systems."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cosell.adapters.state import open_state
from cosell.core.record import Ref, Side
from cosell.core.rules import RULES, Severity
from cosell.core.sentences import label
from cosell.sync.steps import PlanOptions, RunFacts, Settings, World, advance, open_run, plan, pull, push, write_back
from fakes import DV, FIELDS, PC, REQUIRED, Crash, FakeMapper, FakeReplica, Faults, MemoryStaging, Ticking, stored
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.sync.ports import SyncState

PEOPLE = ("notes", "deal_value", "stage", "deal_name")
TASKS = ("pull_pc", "pull_dv", "plan", "push_dv", "push_pc", "write_back", "advance")
SEVERITIES: dict[str, Severity] = {each.id: "off" for each in RULES if each.id != "COUNTRY-1"}
FAULTS = ("crash_before", "crash_after", "lost_answer", "edit_before", "state_before", "state_after", "none")
UNCONFIRMED = ("crash_after", "lost_answer", "state_before")
EDITS = st.tuples(st.integers(0, 3), st.sampled_from(PEOPLE), st.booleans(), st.sampled_from([4, 12]))
RUNNER = asyncio.Runner()


@dataclass
class Deal:
    """One deal as the oracle follows it: its record on each side, and what people did since both last agreed."""

    keys: dict[Side, str]
    edited: dict[str, set[Side]] = field(default_factory=dict)
    last: dict[tuple[Side, str], Any] = field(default_factory=dict)
    originals: dict[str, tuple[Side, Any]] = field(default_factory=dict)
    """Texts of which the other side can hold a cut only, and who holds them whole."""
    disputed: set[str] = field(default_factory=set)
    """Fields in conflict when all was last quiet."""


class DyingState:
    """The real state, with a process that can die before or after any of its writing transactions."""

    def __init__(self, state: SyncState, faults: Faults) -> None:
        self._state, self._faults = state, faults

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for the state
        method = getattr(self._state, name)
        if name not in {"note", "settle"}:
            return method

        def guarded(things: Iterable[object]) -> object:
            if self._faults.strikes("state_before"):
                raise Crash
            answer = method(list(things))
            if self._faults.strikes("state_after"):
                raise Crash
            return answer

        return guarded


class Sync(RuleBasedStateMachine):
    """People, faults and runs in any order; at every quiet moment the laws must hold."""

    @initialize(refused=st.booleans())
    def begin(self, refused: bool) -> None:
        """Begin with two empty systems; Partner Center may refuse the undocumented filter."""
        self.clock, self.faults = Ticking(), Faults()
        self.sides = {
            side: FakeReplica(side, self.clock, self.faults, filter_refused=refused and side is PC) for side in Side
        }
        self.state = open_state("sqlite://")
        self.deals: list[Deal] = []
        self.runs = 0
        self.stagings: dict[str, MemoryStaging] = {}
        self.facts: dict[str, RunFacts] = {}
        self.counter = 0

    # ------------------------------------------------------------ people

    def fresh(self, name: str, length: int) -> Decimal | str:
        """Give a value that nobody used before."""
        self.counter += 1
        if name == "deal_value":
            return Decimal(self.counter) + Decimal("0.25")
        text = f"{name[0]}{self.counter:03}"
        return text + "x" * max(0, length - len(text))

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
        self._edit(which, name, crm=crm, length=length)

    def _edit(self, which: int, name: str, *, crm: bool, length: int) -> None:
        deal = self.deals[which % len(self.deals)]
        side = DV if crm else PC
        self._learn(deal)
        if side not in deal.keys:
            return
        kept = self.sides[side].edit(deal.keys[side], name, self.fresh(name, length))
        deal.edited.setdefault(name, set()).add(side)
        deal.last[side, name] = kept

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), name=st.sampled_from(PEOPLE), crm=st.booleans())
    def copy(self, which: int, name: str, crm: bool) -> None:
        """Somebody sets a value to what the other side shows, as the sentence of a conflict asks."""
        deal = self.deals[which % len(self.deals)]
        self._learn(deal)
        side = DV if crm else PC
        if len(deal.keys) == 2:
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
        self._learn(deal)
        if DV in deal.keys and self.sides[DV].records[deal.keys[DV]].values.get("flag") is not flag:
            self.sides[DV].edit(deal.keys[DV], "flag", flag)

    @precondition(lambda self: self.deals)
    @rule(which=st.integers(0, 3), crm=st.booleans())
    def noise(self, which: int, crm: bool) -> None:
        """Let a service move an etag without a change."""
        deal = self.deals[which % len(self.deals)]
        self._learn(deal)
        side = DV if crm else PC
        if side in deal.keys:
            self.sides[side].etag_noise(deal.keys[side])

    @rule(minutes=st.sampled_from([1, 20, 90, 3000]))
    def wait(self, minutes: int) -> None:
        """Time passes: leases expire, unsettled records come due."""
        self.clock.tick(minutes * 60)

    def _learn(self, deal: Deal) -> None:
        """Find the record that the sync made for a deal on the other side."""
        if len(deal.keys) == 2 or not deal.keys:
            return
        (side,) = deal.keys
        name = "referral_identifier" if side is PC else "crm_id"
        for record in self.sides[side.other].records.values():
            if record.values.get(name) == deal.keys[side]:
                deal.keys[side.other] = record.key

    # ------------------------------------------------------------ runs

    def world(self, run_id: str) -> World:
        """Give the world of one task."""
        state = DyingState(self.state, self.faults)
        staging = self.stagings.setdefault(run_id, MemoryStaging())
        options = Settings(
            start="everything", overlap=timedelta(seconds=3), severities=SEVERITIES, brake_floor=99, chunk=3
        )
        return World(self.sides, FakeMapper(), state, staging, self.clock, options)  # type: ignore[arg-type]

    async def _task(self, world: World, facts: RunFacts, task: str) -> None:
        run = open_run(world, facts)
        if task.startswith("pull"):
            await pull(world, PC if task == "pull_pc" else DV, run)
        elif task == "plan":
            await plan(world, run, PlanOptions())
        elif task.startswith("push"):
            await push(world, PC if task == "push_pc" else DV, run)
        else:
            await (write_back(world, run) if task == "write_back" else advance(world, run))

    def _facts(self, kind: str) -> RunFacts:
        self.runs += 1
        now = self.clock.tick(2)
        start = now - timedelta(days=400) if kind == "backfill" else None
        facts = RunFacts(f"run-{self.runs}", "cosell_sync", kind, start, now)  # type: ignore[arg-type]
        self.facts[facts.run_id] = facts
        return facts

    def _run(self, facts: RunFacts, tasks: tuple[str, ...] = TASKS, *, retries: int = 0) -> bool:
        """Do the tasks in order; after a crash either retry that task or leave the run dead."""
        for task in tasks:
            for attempt in range(retries + 1):
                try:
                    RUNNER.run(self._task(self.world(facts.run_id), facts, task))
                except Crash:
                    if attempt == retries:
                        return False
                else:
                    break
        return True

    @rule(kind=st.sampled_from(["scheduled", "scheduled", "backfill"]), pc_first=st.booleans())
    def run(self, kind: str, pc_first: bool) -> None:
        """Let a run go well."""
        order = list(TASKS)
        if pc_first:
            order[3], order[4] = order[4], order[3]
        self._run(self._facts(kind), tuple(order))

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
                self._edit(which, name, crm=crm, length=length)

        self.faults.arm(kind, after, meanwhile)
        self._run(self._facts("scheduled"), retries=retries)
        self.faults.disarm()

    @precondition(lambda self: self.deals)
    @rule(first=EDITS, kind=st.sampled_from(UNCONFIRMED), after=st.integers(0, 2), again=st.booleans())
    def unconfirmed_edit(self, first: tuple[int, str, bool, int], kind: str, after: int, again: bool) -> None:
        """Let an edit be carried by a run that dies before it is confirmed, and perhaps the same person edit again."""
        which, name, crm, length = first
        self._edit(which, name, crm=crm, length=length)
        self.faults.arm(kind, after)
        self._run(self._facts("scheduled"))
        self.faults.disarm()
        if again:
            self._edit(which, name, crm=crm, length=length)

    @precondition(lambda self: self.facts)
    @rule(which=st.integers(0, 20), task=st.sampled_from(TASKS), staged=st.booleans())
    def rerun(self, which: int, task: str, staged: bool) -> None:
        """Somebody clears one task of an old run, with or without its staged files."""
        facts = list(self.facts.values())[which % len(self.facts)]
        if not staged:
            self.stagings.pop(facts.run_id, None)
        self._run(facts, (task,))

    @rule(cut=st.integers(1, 6), other=st.integers(1, 6))
    def two_runs(self, cut: int, other: int) -> None:
        """Two runs at once, interleaved between their tasks."""
        first, second = self._facts("scheduled"), self._facts("backfill")
        self._run(first, TASKS[:cut])
        self._run(second, TASKS[:other])
        self._run(first, TASKS[cut:])
        self._run(second, TASKS[other:])

    # ------------------------------------------------------------ the laws

    def _quiesce(self) -> None:
        """Let everything come due and run until nothing more is to be done."""
        self.faults.disarm()
        for _ in range(3):
            self.clock.tick(3 * 86_400)
            assert self._run(self._facts("scheduled"))

    @precondition(lambda self: self.deals)
    @rule()
    def quiet(self) -> None:
        """After undisturbed runs both sides agree, nothing was lost or doubled, and another run writes nothing."""
        self._quiesce()
        written = [list(self.sides[side].writes) for side in Side]
        self._run(self._facts("scheduled"))
        assert [self.sides[side].writes for side in Side] == written, "a second run must be quiet"
        self._check_pairs()

    def _flagged(self, deal: Deal) -> bool:
        self._learn(deal)
        return DV in deal.keys and self.sides[DV].records[deal.keys[DV]].values.get("flag") is True

    def _check_pairs(self) -> None:
        for deal in self.deals:
            self._learn(deal)
            if DV in deal.keys and not self._flagged(deal):
                continue
            row = self.sides[DV].records.get(deal.keys.get(DV, ""))
            if PC not in deal.keys and row is not None and row.values.get("customer_country") is None:
                assert row.values.get("sync_status") == "Refused"
                assert "COUNTRY-1" in str(row.values.get("audit"))
                continue
            assert len(deal.keys) == 2, "every deal is carried"
            self._check_pair(deal)

    def _check_pair(self, deal: Deal) -> None:
        held = {side: self.sides[side].records[deal.keys[side]].values for side in Side}
        binding = self.state.bindings([Ref(PC, deal.keys[PC])])[Ref(PC, deal.keys[PC])]
        assert binding.row_id == deal.keys[DV]
        assert held[PC]["crm_id"] == deal.keys[DV]
        assert held[DV]["referral_identifier"] == deal.keys[PC]
        for name in PEOPLE:
            self._check_field(deal, name, {side: held[side].get(name) for side in Side})
            self._check_original(deal, name, {side: held[side].get(name) for side in Side})
        deal.edited.clear()
        deal.last.clear()

    def _check_original(self, deal: Deal, name: str, held: dict[Side, Any]) -> None:
        """Law 5: a text of which the other side holds a cut outlives every edit of the cut."""
        side, original = deal.originals.pop(name, (None, None))
        if side and deal.edited.get(name) == {side.other}:
            assert held[side] == original, f"an edit of the short copy of {name} took the longer original"
        for longer in Side:
            text = held[longer]
            short = held[longer.other]
            if isinstance(text, str) and text != short and stored(longer.other, name, text) == short:
                deal.originals[name] = (longer, text)

    def _check_field(self, deal: Deal, name: str, held: dict[Side, Any]) -> None:
        edited = deal.edited.get(name, set())
        agree = any(stored(s.other, name, held[s]) == held[s.other] for s in Side)
        for side in edited:
            if FIELDS[name].authority is not side.other and len(edited) == 1:
                assert held[side] == deal.last[side, name], f"an edit of {name} on {side} alone was lost"
        entry = self.state.unsettled([Ref(PC, deal.keys[PC])]).get(Ref(PC, deal.keys[PC]))
        codes = {r.code for r in entry.remarks if label(name) in r.sentence} if entry else set()
        if agree:
            assert "CONFLICT-1" not in codes, f"{name} agrees and is held in conflict all the same"
            deal.disputed.discard(name)
            return
        assert FIELDS[name].authority is None, f"{name} must follow its authority"
        assert codes & {"CONFLICT-1", "CUT-1", "FINAL-1"}, f"{name} differs and nobody was told"
        if "CONFLICT-1" in codes:
            both = len(edited) == len(Side) or name in deal.disputed
            assert both, f"a conflict of {name} without edits on both sides"
            deal.disputed.add(name)
            for side in edited:
                assert held[side] == deal.last[side, name], f"a conflict touched {name} on {side}"

    @invariant()
    def one_to_one(self) -> None:
        """Bindings are one-to-one; no deal stands twice on a side."""
        if not hasattr(self, "deals"):
            return
        for side, link in ((DV, "referral_identifier"), (PC, "crm_id")):
            links = [r.values[link] for r in self.sides[side].records.values() if r.values.get(link)]
            assert len(links) == len(set(links)), f"a deal stands twice on {side}"
        for side in Side:
            assert not self.sides[side].complaints, self.sides[side].complaints
            assert len(self.sides[side].records) <= len(self.deals), f"more records than deals on {side}"

    @invariant()
    def memory_is_true(self) -> None:
        """Memory never holds a value that its side never had."""
        if not hasattr(self, "deals"):
            return
        refs = [Ref(side, key) for side in Side for key in self.sides[side].records]
        for ref, half in self.state.halves(refs).items():
            for name, value in half.values.items():
                ever = self.sides[ref.side].ever[ref.key, name] | {None}
                assert value in ever, f"memory says {name}={value!r} on {ref.side}, which it never held"


Sync.TestCase.settings = settings(
    max_examples=int(os.environ.get("COSELL_HISTORIES", "1000")),
    stateful_step_count=int(os.environ.get("COSELL_STEPS", "20")),
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.shrink or os.environ.get("COSELL_SHRINK")],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
TestSync = Sync.TestCase
