"""One operator per step: it opens the world that the step needs, runs the step, and passes on its counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cosell.core.record import Side
from cosell.operators.base import CosellOperator
from cosell.operators.counts import counts_of, counts_of_tables
from cosell.operators.facts import facts_of
from cosell.operators.outcome import told_to_airflow
from cosell.operators.telling import alarming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


class StepOperator(CosellOperator):
    """A step of the way; what it returns is counts and references, never rows."""

    def __init__(self, *, whole: bool = False, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        """Make the task; `whole`: the run reads both sides whole."""
        super().__init__(**settings)
        self.whole = whole

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the step in this task's process."""
        with told_to_airflow(), alarming(self.environment):
            report = asyncio.run(self._in_world(context))
        counts = counts_of_tables(report) if isinstance(report, dict) else counts_of(report)
        self.log.info("%s: %s", self.task_id, counts)
        return counts

    async def _in_world(self, context: Context) -> Any:  # noqa: ANN401 - each step has a report of its own
        from cosell.hooks.world import open_worlds
        from cosell.sync.tables import main_of
        from cosell.sync.windows import open_run

        facts, params = facts_of(context, whole=self.whole), dict(context["params"])
        states, switch_on = params.get("states"), bool(params.get("switch_on"))
        opening = open_worlds(self.environment, run_id=facts.run_id, states=states, switch_on=switch_on)
        async with opening as worlds:
            return await self.step(worlds, open_run(main_of(worlds), facts), params=params)

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report, or one by table
        """Do this step's work for the run's tables."""
        raise NotImplementedError


class _SideOperator(StepOperator):
    """A step done for one side."""

    def __init__(self, *, side: str, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        super().__init__(**settings)
        self.side = side


class PullOperator(_SideOperator):
    """Read one side's changes of the run's window, and every unsettled record that is due."""

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - reports
        """Pull the side."""
        del params
        from cosell.sync.pull import pull_tables
        from cosell.sync.tables import main_of

        if self.side == Side.DATAVERSE and (left_out := main_of(worlds).left_out):
            self.log.warning(left_out)
        reports = await pull_tables(worlds, Side(self.side), run)
        for unknown in (report.unknown for report in reports.values() if report.unknown):
            self.log.warning("%s sent what its contract does not name; it is kept: %s", self.side, ", ".join(unknown))
        return reports


class PlanOperator(StepOperator):
    """Decide what the run will do, and hold it against the brakes."""

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - reports
        """Plan the run."""
        from cosell.sync.plan import PlanOptions, plan
        from cosell.sync.tables import for_each

        chosen = {name: bool(params.get(name)) for name in ("allow_brake", "accept_mapping")}
        return await for_each(worlds, lambda world: plan(world, run, PlanOptions(**chosen)))


class PushOperator(_SideOperator):
    """Carry out one side's part of the plan."""

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - reports
        """Push to the side."""
        del params
        from cosell.sync.push import push
        from cosell.sync.tables import for_each

        return await for_each(worlds, lambda world: push(world, Side(self.side), run))


class WriteBackOperator(StepOperator):
    """Tell each side what the other side's push learned: ids, link, Audit, status, mark."""

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - reports
        """Write back."""
        del params
        from cosell.sync.tables import for_each
        from cosell.sync.write_back import write_back

        return await for_each(worlds, lambda world: write_back(world, run))


class AdvanceOperator(StepOperator):
    """Move the watermark and close the run's report."""

    async def step(self, worlds: list[World], run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - reports
        """Advance, and warn of edits that took longer to arrive than promised and of what ends soon."""
        del params
        from airflow.sdk import get_current_context

        from cosell.hooks.settings import read_wishes
        from cosell.operators.telling import tell
        from cosell.sync.advance import advance
        from cosell.sync.tables import main_of

        world = main_of(worlds)
        done = await advance(world, run)
        for push, seconds in done.late.items():
            self.log.warning("%s: 95 in 100 edits arrived within %.0f s, which is later than promised", push, seconds)
        for ending in done.endings:
            clock = ending.clock
            self.log.warning("%s: the clock %s ends in %s days", clock.referral_id, clock.kind, ending.days_left)
        if done.endings:
            tell(done.endings, get_current_context(), callback=read_wishes(self.environment).clock_callback)
            world.state.tell_clocks(ending.clock for ending in done.endings)
        return done
