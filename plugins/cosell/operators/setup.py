"""A setup of the CRM as a task; its log tells every step."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from cosell.core.checkup.finding import Finding, Verdict
from cosell.core.errors import NotReadyError, SetupStoppedError
from cosell.operators.base import CosellOperator
from cosell.operators.outcome import told_to_airflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from airflow.sdk import Context

    from cosell.adapters.dataverse.setup.setup import Setup
    from cosell.adapters.dataverse.setup.steps import Step
    from cosell.hooks.checkup.checks import Check

SET_UP, CHECK = "set up", "check"
_LEVELS = {
    Verdict.OK: logging.INFO,
    Verdict.WARNING: logging.WARNING,
    Verdict.WRONG: logging.ERROR,
    Verdict.NOT_CHECKED: logging.WARNING,
}


class SetupOperator(CosellOperator):
    """Brings tables, columns, choices and keys into the CRM, or (dry run) lists what lacks; or checks everything."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do it; give how many changes were made, or would be; of a check, how many lines have each verdict."""
        params = dict(context["params"])
        with told_to_airflow():
            if params["what"] == CHECK:
                return asyncio.run(self._check())
            changes = asyncio.run(self._set_up(params["connection"], dry_run=bool(params["dry_run"])))
        return {"changes": changes, "dry_run": bool(params["dry_run"])}

    async def _check(self) -> dict[str, int]:
        from cosell.hooks.checkup.examine import examine

        found = {check.name: finding async for check, finding in self._told(examine(self.environment))}
        bad = [name for name, finding in found.items() if finding.verdict is Verdict.WRONG]
        if bad:
            raise NotReadyError(f"the doctor finds this wrong: {', '.join(bad)}; the log says what to do about each")
        return dict(Counter(str(finding.verdict) for finding in found.values()))

    async def _told(self, lines: AsyncIterator[tuple[Check, Finding]]) -> AsyncIterator[tuple[Check, Finding]]:
        """Log each line as it comes."""
        async for check, finding in lines:
            fix = f" {finding.fix} [{check.anchor}]" if finding.fix else ""
            self.log.log(_LEVELS[finding.verdict], "%s: %s: %s.%s", check.name, finding.verdict, finding.seen, fix)
            yield check, finding

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
