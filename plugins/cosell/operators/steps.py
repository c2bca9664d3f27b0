"""One operator per step: it opens the world that the step needs, runs the step, and passes on its counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from cosell.core.record import Side
from cosell.operators.counts import counts_of
from cosell.operators.facts import facts_of
from cosell.operators.outcome import ObeyRetryAfter, told_to_airflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


class StepOperator(BaseOperator):  # type: ignore[misc]  # Airflow's annotations are not read
    """A step of the way; what it returns is counts and references, never rows."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        settings.setdefault("retry_policy", ObeyRetryAfter())
        super().__init__(**settings)

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the step in this task's process."""
        with told_to_airflow():
            report = asyncio.run(self._in_world(context))
        counts = counts_of(report)
        self.log.info("%s: %s", self.task_id, counts)
        return counts

    async def _in_world(self, context: Context) -> Any:  # noqa: ANN401 - each step has a report of its own
        from cosell.hooks.world import open_world
        from cosell.sync.windows import open_run

        facts, params = facts_of(context), dict(context["params"])
        async with open_world(run_id=facts.run_id, states=params.get("states")) as world:
            return await self.step(world, open_run(world, facts), params=params)

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Do this step's work."""
        raise NotImplementedError


class _SideOperator(StepOperator):
    """A step done for one side."""

    def __init__(self, *, side: str, **settings: Any) -> None:  # noqa: ANN401 - Airflow's own keywords
        super().__init__(**settings)
        self.side = side


class PullOperator(_SideOperator):
    """Read one side's changes of the run's window, and every unsettled record that is due."""

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Pull the side."""
        del params
        from cosell.sync.pull import pull

        return await pull(world, Side(self.side), run)


class PlanOperator(StepOperator):
    """Decide what the run will do, and hold it against the brakes."""

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Plan the run."""
        from cosell.sync.plan import PlanOptions, plan

        chosen = {name: bool(params[name]) for name in ("allow_brake", "accept_mapping")}
        return await plan(world, run, PlanOptions(**chosen))


class PushOperator(_SideOperator):
    """Carry out one side's part of the plan."""

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Push to the side."""
        del params
        from cosell.sync.push import push

        return await push(world, Side(self.side), run)


class WriteBackOperator(StepOperator):
    """Tell each side what the other side's push learned: ids, link, Audit, status, mark."""

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Write back."""
        del params
        from cosell.sync.write_back import write_back

        return await write_back(world, run)


class AdvanceOperator(StepOperator):
    """Move the watermark and close the run's report."""

    async def step(self, world: World, run: RunRecord, *, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a report
        """Advance, and warn where edits took longer to arrive than promised."""
        del params
        from cosell.sync.advance import advance

        done = await advance(world, run)
        for push, seconds in done.late.items():
            self.log.warning("%s: 95 in 100 edits arrived within %.0f s, which is later than promised", push, seconds)
        return done
