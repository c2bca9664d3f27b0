"""`make scenarios`: both scenarios of the guide on the simulated systems, through the hooks, run by run."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from local.home import ROOT, Home, as_environment, connections
from local.persons import SELLER, Persons
from local.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cosell.scenarios.deal import Setting
    from cosell.scenarios.people import People
    from rich.console import Console

    from local.progress import Progress
    from local.stage import Stage

_PATIENCE_SECONDS = 60.0
_STEPS = {
    "PullOperator": ("partner_center", "dataverse"),
    "PlanOperator": (None,),
    "PushOperator": ("dataverse", "partner_center"),
    "WriteBackOperator": (None,),
    "AdvanceOperator": (None,),
}
"""The tasks of a run in their order, by operator and side."""


def scenarios(progress: Progress) -> int:
    """Play both, print each step with its number and verdict; 0 when every step passed."""
    home = Home(folder=ROOT / ".run" / "scenarios")
    shutil.rmtree(home.folder, ignore_errors=True)
    with on_stage(home, progress) as stage:
        stage.start_sandbox()
        _become(stage)
        good = asyncio.run(_play_both(Persons(stage.facts), progress.console))
    progress.say("[green]Both scenarios passed[/green]" if good else "[red]A scenario failed[/red]")
    return 0 if good else 1


def _become(stage: Stage) -> None:
    """Let this process be what a task's process is: same home, keys, connections and Variables."""
    told = {
        "_AIRFLOW_PROCESS_CONTEXT": "server",
        "AIRFLOW_VAR_COSELL_START": "everything",
        "AIRFLOW_VAR_COSELL_SETTINGS": "{}",
        "AIRFLOW_CONN_COSELL_STATE_DEFAULT": f'{{"extra": {{"url": "sqlite:///{stage.home.folder}/state.db"}}}}',
    }
    os.environ.update(stage.environment | told | as_environment(connections(stage.facts)))


async def _play_both(persons: Persons, console: Console) -> bool:
    from cosell.commands.scenario import teller  # noqa: PLC0415 - Airflow is read when its home is known
    from cosell.scenarios.from_partner_center import FromPartnerCenter  # noqa: PLC0415 - same
    from cosell.scenarios.from_the_crm import FromTheCrm  # noqa: PLC0415 - same
    from cosell.scenarios.steps import play  # noqa: PLC0415 - same

    logging.disable(logging.INFO)  # one line per step, none per request
    good = True
    setting = _setting()
    async with _people() as people:
        ask = partial(_ask_microsoft, persons)
        for scenario in (FromTheCrm(people, setting), FromPartnerCenter(people, setting, ask_microsoft=ask)):
            console.rule(scenario.title)
            good = await play(scenario, tell=teller(console)) and good
    return good


def _setting() -> Setting:
    from cosell.core.record import SolutionLine  # noqa: PLC0415 - Airflow is read when its home is known
    from cosell.scenarios.deal import Setting  # noqa: PLC0415 - same

    solution = SolutionLine("SOL-12345-ABC", "Tailspin Connect", None, Decimal(1))
    return Setting(solution=solution, seller=SELLER, colleague="ana.garcia@contoso.example", private=False)


@asynccontextmanager
async def _people() -> AsyncIterator[People]:
    from cosell.hooks.world import open_worlds  # noqa: PLC0415 - Airflow is read when its home is known
    from cosell.scenarios.people import People, with_every_field_open  # noqa: PLC0415 - same
    from cosell.sync.tables import main_of  # noqa: PLC0415 - same

    async with open_worlds(run_id="people") as worlds:
        world = main_of(worlds)
        yield People(world, with_every_field_open(world.mapper), carry=_run, patience=_PATIENCE_SECONDS)


async def _run() -> None:
    """Do what one due run of cosell_sync does, task by task."""
    from cosell.hooks.world import open_worlds  # noqa: PLC0415 - Airflow is read when its home is known
    from cosell.operators import steps  # noqa: PLC0415 - same
    from cosell.sync.tables import main_of  # noqa: PLC0415 - same
    from cosell.sync.windows import RunFacts, open_run  # noqa: PLC0415 - same

    now = datetime.now(UTC)
    facts = RunFacts(f"run-{now:%H%M%S%f}", "cosell_sync", "scheduled", now, now + timedelta(seconds=1))
    for name, sides in _STEPS.items():
        for side in sides:
            operator = getattr(steps, name)(task_id=f"{name}-{side}", **({"side": side} if side else {}))
            async with open_worlds(run_id=facts.run_id) as worlds:
                run = open_run(main_of(worlds), facts)
                await operator.step(worlds, run, params={"allow_brake": False, "accept_mapping": False})


async def _ask_microsoft(persons: Persons, referral: str) -> None:
    await asyncio.to_thread(persons.do, "ask_microsoft", id=referral, code="ProofOfConceptOrDemo")
