"""`airflow cosell setup`: tables, columns, choices, keys and form are brought into the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.adapters.dataverse.setup.setup import SetupReport
    from cosell.adapters.dataverse.setup.steps import SetupPlan, Step
    from cosell.hooks.environment import Environment


def set_up(args: Namespace) -> None:
    """Do what lacks, or (dry run) list it; ends with an error where a person must see to something."""
    environment = environment_of(args)
    if args.dry_run:
        _show(done(_planned(environment, args.connection)))
    else:
        _conclude(done(_run(environment, args.connection)))


async def _planned(environment: Environment, connection: str | None) -> SetupPlan:
    from cosell.hooks.setup import open_setup

    async with open_setup(connection, environment=environment) as setup:
        return await setup.plan()


async def _run(environment: Environment, connection: str | None) -> SetupReport:
    from cosell.hooks.setup import open_setup

    async with open_setup(connection, environment=environment) as setup:
        return await setup.run(_tell)


def _tell(step: Step) -> None:
    console().print(step.sentence)


def _show(plan: SetupPlan) -> None:
    for step in plan.steps:
        _tell(step)
    for obstacle in plan.obstacles:
        console().print(f"stands in the way: {obstacle}")
    console().print(f"{plan.changes} changes would be made; this was a dry run.")
    if plan.obstacles:
        raise SystemExit(1)


def _conclude(report: SetupReport) -> None:
    console().print(f"{len(report.done)} changes.")
    for sentence in report.left:
        console().print(f"left: {sentence}")
    if report.left:
        raise SystemExit(1)
