"""A setup of the CRM as a task; its log tells every step."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cosell.core.errors import SetupStoppedError
from cosell.operators.base import CosellOperator
from cosell.operators.outcome import told_to_airflow

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cosell.adapters.dataverse.setup.setup import Setup
    from cosell.adapters.dataverse.setup.steps import Step


class SetupOperator(CosellOperator):
    """Brings tables, columns, choices and keys into the CRM, or (dry run) lists what lacks."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do it; give how many changes were made, or would be."""
        params = dict(context["params"])
        with told_to_airflow():
            changes = asyncio.run(self._set_up(params["connection"], dry_run=bool(params["dry_run"])))
        return {"changes": changes, "dry_run": bool(params["dry_run"])}

    async def _set_up(self, connection: str | None, *, dry_run: bool) -> int:
        from cosell.hooks.setup import open_setup

        async with open_setup(connection, environment=self.environment) as setup:
            return await (self._plan(setup) if dry_run else self._run(setup))

    async def _plan(self, setup: Setup) -> int:
        plan = await setup.plan()
        for step in plan.steps:
            self._tell(step)
        if plan.obstacles:
            raise SetupStoppedError(plan.obstacles)
        self.log.info("%s changes would be made; this was a dry run", plan.changes)
        return plan.changes

    async def _run(self, setup: Setup) -> int:
        report = await setup.run(self._tell)
        self.log.info("%s changes", len(report.done))
        if report.left:
            raise SetupStoppedError(report.left, done=len(report.done))
        return len(report.done)

    def _tell(self, step: Step) -> None:
        self.log.info("setup: %s", step.sentence)
