"""The steps of a run in this process, with the real adapters over TLS; each opens its own world, as a task does."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cosell.adapters.dataverse import DataverseReplica
from cosell.adapters.dataverse import Settings as CrmSettings
from cosell.adapters.partner_center import PartnerCenterReplica, open_transport
from cosell.adapters.staging import FileStaging
from cosell.adapters.state import open_state
from cosell.adapters.transport import Options, Transport
from cosell.core.record import Side
from cosell.mapping import MappingSettings, load_mapping
from cosell.sync import steps
from cosell.sync.garbage import look_less_often

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from cosell.sync.ports import RunRecord
    from cosell.sync.steps import World

    from bench.recorded import Recorder
    from bench.service import Service

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
TASKS: dict[str, Callable[[World, RunRecord], Awaitable[object]]] = {
    "pull_partner_center": lambda world, run: steps.pull(world, PC, run),
    "pull_dataverse": lambda world, run: steps.pull(world, DV, run),
    "plan": lambda world, run: steps.plan(world, run, steps.PlanOptions()),
    "push_to_dataverse": lambda world, run: steps.push(world, DV, run),
    "push_to_partner_center": lambda world, run: steps.push(world, PC, run),
    "write_back": steps.write_back,
    "advance": steps.advance,
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

    def later(self, seconds: float) -> None:
        """Let time pass on both sides and here."""
        self.service.later(seconds)
        self.ahead += seconds

    def run(self) -> dict[str, float]:
        """Do a scheduled run's tasks one after another; gives the seconds of each."""
        self.runs += 1
        now = self._now()
        facts = steps.RunFacts(f"run-{self.runs}", "cosell_sync", "scheduled", now, now + timedelta(seconds=1))
        return {task: asyncio.run(self._timed(task, facts)) for task in TASKS}

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

    async def _timed(self, task: str, facts: steps.RunFacts) -> float:
        began = time.perf_counter()
        async with AsyncExitStack() as stack:
            world = await self._world(stack, facts.run_id, task)
            await TASKS[task](world, steps.open_run(world, facts))
        return time.perf_counter() - began

    async def _world(self, stack: AsyncExitStack, run_id: str, task: str) -> World:
        state, mapping = open_state(self._state_url), load_mapping()
        stack.callback(state.close)
        pc, dv = await self._transport(stack, "partner_center", task), await self._transport(stack, "dataverse", task)
        referrals = PartnerCenterReplica(
            pc,
            recall=state.recall,
            remember=state.remember,
            partner_id=self.service.facts["partner_center"]["partner_id"],
            organization_id=self.service.facts["partner_center"]["organization_id"],
        )
        settings = CrmSettings(organisation=self.service.url("dataverse"))
        opportunities = DataverseReplica(dv, mapping.shape(), settings=settings, memory=state)
        return steps.World(
            replicas={PC: referrals, DV: opportunities},
            mapper=mapping.mapper(limits=await opportunities.limits(), settings=MappingSettings()),
            state=state,
            staging=FileStaging(self.folder / "staged", run_key=run_id),
            clock=self._now,
            settings=steps.Settings(start="everything", organization_id=referrals.organization_id),
        )

    async def _transport(self, stack: AsyncExitStack, app: str, task: str) -> Transport:
        url, token = self.service.url(app), self._tokens[app]
        wire = (
            self.recorder.wire(app, task, verify=ssl.create_default_context(cafile=self.service.ca))
            if self.recorder
            else None
        )
        if app == "partner_center":
            opened = open_transport(url, token, verify=self.service.ca, wire=wire)
        else:
            opened = Transport(url, token, options=Options(verify=self.service.ca, wire=wire))
        transport = await stack.enter_async_context(opened)
        stack.callback(lambda: self.width.update({app: max(transport.pace.width, self.width.get(app, 0))}))
        return transport

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)
