"""The steps of a run in this process, with the real adapters over TLS; each opens its own world, as a task does."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cosell.adapters.dataverse import DataverseReplica, Organisation
from cosell.adapters.dataverse import Settings as CrmSettings
from cosell.adapters.partner_center import PartnerCenterReplica, open_transport
from cosell.adapters.staging import FileStaging
from cosell.adapters.state import open_state
from cosell.adapters.transport import Options, Transport
from cosell.core.record import Side
from cosell.mapping import LEAD_MAPPING, MappingSettings, load_mapping
from cosell.sync import steps
from cosell.sync.garbage import look_less_often
from cosell.sync.pull import pull_tables
from cosell.sync.tables import for_each, main_of, with_leads

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cosell.sync.ports import RunKind, RunRecord
    from cosell.sync.steps import World

    from bench.recorded import Recorder
    from bench.service import Service

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
TASKS: dict[str, Callable[[list[World], RunRecord], Awaitable[object]]] = {
    "pull_partner_center": lambda worlds, run: pull_tables(worlds, PC, run),
    "pull_dataverse": lambda worlds, run: pull_tables(worlds, DV, run),
    "plan": lambda worlds, run: for_each(worlds, lambda world: steps.plan(world, run, steps.PlanOptions())),
    "push_to_dataverse": lambda worlds, run: for_each(worlds, lambda world: steps.push(world, DV, run)),
    "push_to_partner_center": lambda worlds, run: for_each(worlds, lambda world: steps.push(world, PC, run)),
    "write_back": lambda worlds, run: for_each(worlds, lambda world: steps.write_back(world, run)),
    "advance": lambda worlds, run: steps.advance(main_of(worlds), run),
}


@dataclass(frozen=True)
class _Constant:
    """A token that lasts for the bench."""

    value: str

    async def token(self, *, refused: str | None = None) -> str:  # noqa: ARG002 - the port's signature
        """Give it."""
        return self.value


@dataclass
class Carrier:
    """Two systems behind one sandbox, and the memory of the sync between them."""

    service: Service
    folder: Path
    recorder: Recorder | None = None
    states: frozenset[str] | None = None
    """Deals that a backfill carries, by their state."""
    ahead: float = 0.0
    """Seconds that the sandbox's clock runs before ours."""
    runs: int = 0
    width: dict[str, int] = field(default_factory=dict)
    """Requests at a time, at the end of the last task that used the service."""

    def __post_init__(self) -> None:
        look_less_often()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._state_url = f"sqlite:///{self.folder / 'state.db'}"
        self._tokens = {app: _Constant(self.service.token(app)) for app in ("partner_center", "dataverse")}
        self._ports = {urlsplit(self.service.url(app)).port or 443: app for app in self._tokens}

    def later(self, seconds: float) -> None:
        """Let time pass on both sides and here."""
        self.service.later(seconds)
        self.ahead += seconds

    def run(self) -> dict[str, float]:
        """Do a scheduled run's tasks one after another; gives the seconds of each."""
        now = self._now()
        return self._run("cosell_sync", "scheduled", (now, now + timedelta(seconds=1)))

    def backfill(self, window: tuple[datetime, datetime]) -> dict[str, float]:
        """Do the tasks of a backfill's run over one window; gives the seconds of each."""
        return self._run("cosell_backfill", "backfill", window)

    def counts(self) -> dict[str, object]:
        """Give the last run's report and what stayed unsettled."""
        state = open_state(self._state_url)
        try:
            stored = state.runs(f"run-{self.runs}")
            unsettled = state.all_unsettled(limit=100_000)
            return {
                "report": dict(stored.report) if stored else {},
                "bound": state.binding_count(),
                "unsettled": len(unsettled),
            }
        finally:
            state.close()

    def _run(self, dag_id: str, kind: RunKind, interval: tuple[datetime, datetime]) -> dict[str, float]:
        self.runs += 1
        facts = steps.RunFacts(f"run-{self.runs}", dag_id, kind, *interval)
        return {task: asyncio.run(self._timed(task, facts)) for task in TASKS}

    async def _timed(self, task: str, facts: steps.RunFacts) -> float:
        began = time.perf_counter()
        async with AsyncExitStack() as stack:
            if self.recorder:
                stack.enter_context(self.recorder.listening(task, self._ports))
            worlds = await self._worlds(stack, facts.run_id)
            await TASKS[task](worlds, steps.open_run(main_of(worlds), facts))
        return time.perf_counter() - began

    async def _worlds(self, stack: AsyncExitStack, run_id: str) -> list[World]:
        state, mappings = open_state(self._state_url), [load_mapping(), load_mapping(LEAD_MAPPING)]
        stack.callback(state.close)
        pc, dv = await self._transport(stack, "partner_center"), await self._transport(stack, "dataverse")
        referrals = PartnerCenterReplica(
            pc,
            recall=state.recall,
            remember=state.remember,
            partner_id=self.service.facts["partner_center"]["partner_id"],
            organization_id=self.service.facts["partner_center"]["organization_id"],
        )
        settings = CrmSettings(organisation=self.service.url("dataverse"))
        shapes = [mapping.shape() for mapping in mappings]
        organisation = Organisation(dv, shapes, settings=settings, memory=state)
        replicas = [DataverseReplica(organisation, shape) for shape in shapes]
        told = MappingSettings()
        opportunities, leads = [
            mapping.mapper(limits=await replica.limits(), settings=told)
            for mapping, replica in zip(mappings, replicas, strict=True)
        ]
        world = steps.World(
            replicas={PC: referrals, DV: replicas[0]},
            mapper=opportunities,
            state=state,
            staging=FileStaging(self.folder / "staged", run_key=run_id),
            clock=self._now,
            settings=steps.Settings(start="everything", organization_id=referrals.organization_id, states=self.states),
            engagements=referrals.engagements,
        )
        return with_leads(world, replica=replicas[1], mapper=leads)

    async def _transport(self, stack: AsyncExitStack, app: str) -> Transport:
        url, token = self.service.url(app), self._tokens[app]
        if app == "partner_center":
            opened = open_transport(url, token, options=Options(verify=self.service.ca))
        else:
            opened = Transport(url, token, options=Options(verify=self.service.ca))
        transport = await stack.enter_async_context(opened)
        stack.callback(lambda: self.width.update({app: max(transport.pace.width, self.width.get(app, 0))}))
        return transport

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)
