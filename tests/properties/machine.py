"""The stage of the random histories: two fake systems, the real core, steps and state, deals as an oracle sees them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cosell.adapters.state import open_state
from cosell.core.record import Ref, Side
from cosell.core.rules import RULES, Severity
from cosell.sync.steps import PlanOptions, RunFacts, Settings, World, advance, open_run, plan, pull, push, write_back
from fake_engagements import FakeEngagements
from fakes import CLOSED, DV, PC, Crash, FakeMapper, FakeReplica, Faults, MemoryStaging, Ticking
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.core.record import Value
    from cosell.sync.ports import SyncState

PEOPLE = ("notes", "deal_value", "stage", "deal_name")
CARRIED = (*PEOPLE, "solutions")
TASKS = ("pull_pc", "pull_dv", "plan", "push_dv", "push_pc", "write_back", "advance")
ASKED = {"COUNTRY-1", "REASON-1"}
"""The rules that the histories break; the deals lack what the others want."""
SEVERITIES: dict[str, Severity] = {each.id: "off" for each in RULES if each.id not in ASKED}
RUNNER = asyncio.Runner()


@dataclass
class Chosen:
    """A side's value that a person took, and how often the field had been edited by then on either side."""

    take: Side
    value: Any
    edits: list[int]


@dataclass
class Deal:
    """One deal as the oracle follows it: its record on each side, and what people did since both last agreed."""

    keys: dict[Side, str]
    edited: dict[str, set[Side]] = field(default_factory=dict)
    last: dict[tuple[Side, str], Any] = field(default_factory=dict)
    originals: dict[str, tuple[Side, Any]] = field(default_factory=dict)
    """Texts of which the other side can hold a cut only, and who holds them whole."""
    closed_here: bool = False
    """Whether a person ever closed the opportunity."""
    gone: Side | None = None
    """The side whose record somebody deleted."""
    standing: set[str] = field(default_factory=set)
    """Fields of which an edit could not be carried when all was last quiet: it counts when the other side moves."""
    chosen: dict[str, Chosen] = field(default_factory=dict)
    """Fields of which a person took one side's value."""
    added: set[str] = field(default_factory=set)
    """What people wrote into the journal, and what of it somebody deleted or rewrote."""
    taken: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    """Addresses of people whom somebody put on the team, and of whom somebody took off."""
    left: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    """Of those who were taken off: whom the memory held on both sides."""


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


class Machine(RuleBasedStateMachine):
    """What every act and every law works with; acts live in mixins of their own files (acts*.py)."""

    @initialize(refused=st.booleans())
    def begin(self, refused: bool) -> None:
        """Begin with two empty systems; Partner Center may refuse the undocumented filter."""
        self.clock, self.faults = Ticking(), Faults()
        self.sides = {
            side: FakeReplica(side, self.clock, self.faults, filter_refused=refused and side is PC) for side in Side
        }
        self.engagements = FakeEngagements(self.sides[PC])
        self.state = open_state("sqlite://")
        self.deals: list[Deal] = []
        self.vanished: list[Deal] = []
        self.runs = 0
        self.stagings: dict[str, MemoryStaging] = {}
        self.facts: dict[str, RunFacts] = {}
        self.counter = 0
        self.paused: dict[Side, int] = {}
        """Sides that nothing may be written to, with the number of writes that were made there before."""

    # ------------------------------------------------------------ people

    def fresh(self, name: str, length: int) -> Decimal | str:
        """Give a value that nobody used before."""
        self.counter += 1
        if name == "deal_value":
            return Decimal(self.counter) + Decimal("0.25")
        text = f"{name[0]}{self.counter:03}"
        return text + "x" * max(0, length - len(text))

    def change(self, which: int, name: str, *, crm: bool, length: int) -> None:
        """Let somebody change a value on one side, and note it for the oracle."""
        deal = self.deals[which % len(self.deals)]
        side = DV if crm else PC
        self.learn(deal)
        if not self.is_editable(deal, side):
            return
        kept = self.sides[side].edit(deal.keys[side], name, self.fresh(name, length))
        deal.edited.setdefault(name, set()).add(side)
        deal.last[side, name] = kept

    def learn(self, deal: Deal) -> None:
        """Find the record that the sync made for a deal on the other side."""
        if len(deal.keys) == 2 or not deal.keys:
            return
        (side,) = deal.keys
        name = "referral_identifier" if side is PC else "crm_id"
        for record in self.sides[side.other].records.values():
            if record.values.get(name) == deal.keys[side]:
                deal.keys[side.other] = record.key

    def is_editable(self, deal: Deal, side: Side) -> bool:
        """Tell whether a person can edit the deal on that side: Partner Center lets nobody change a closed one."""
        state = self.held(deal, side).get("status")
        return side in deal.keys and not (side is PC and state in CLOSED)

    def codes(self, deal: Deal) -> set[str]:
        """Give the ids of what the memory says of a carried deal."""
        entry = self.state.unsettled([Ref(PC, deal.keys[PC])]).get(Ref(PC, deal.keys[PC]))
        return {remark.code for remark in entry.remarks} if entry else set()

    def held(self, deal: Deal, side: Side) -> dict[str, Value]:
        """Give what a side holds of a deal; nothing where it has no record there."""
        self.learn(deal)
        return self.sides[side].records[deal.keys[side]].values if side in deal.keys else {}

    def before_check(self, deal: Deal) -> None:
        """Let an act's own file tell the oracle what it knows of a deal, at a quiet moment (and call super)."""

    def check_more(self, deal: Deal) -> None:
        """Hold a carried deal, at a quiet moment, to the laws that an act's own file adds (and call super)."""

    # ------------------------------------------------------------ runs

    def world(self, run_id: str) -> World:
        """Give the world of one task."""
        state = DyingState(self.state, self.faults)
        staging = self.stagings.setdefault(run_id, MemoryStaging())
        options = Settings(
            start="everything",
            overlap=timedelta(seconds=3),
            severities=SEVERITIES,
            brake_floor=99,
            chunk=3,
            paused_sides=frozenset(self.paused),
        )
        world = World(self.sides, FakeMapper(), state, staging, self.clock, options)  # type: ignore[arg-type]
        return replace(world, engagements=self.engagements)

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

    def begin_run(self, kind: str) -> RunFacts:
        """Give the facts of a new run."""
        self.runs += 1
        now = self.clock.tick(2)
        start = now - timedelta(days=400) if kind == "backfill" else None
        facts = RunFacts(f"run-{self.runs}", "cosell_sync", kind, start, now)  # type: ignore[arg-type]
        self.facts[facts.run_id] = facts
        return facts

    def carry_out(self, facts: RunFacts, tasks: tuple[str, ...] = TASKS, *, retries: int = 0) -> bool:
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

    def carry_out_together(self, runs: Iterable[RunFacts]) -> None:
        """Do the tasks of several runs, each run's in order, all runs at the same time."""

        async def carry_out(facts: RunFacts) -> None:
            for task in TASKS:
                await self._task(self.world(facts.run_id), facts, task)

        async def together() -> None:
            await asyncio.gather(*map(carry_out, runs))

        RUNNER.run(together())
