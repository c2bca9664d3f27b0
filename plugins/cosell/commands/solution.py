"""`airflow cosell solution export FILE` and `import FILE`: what setup made, from one environment to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.adapters.dataverse.setup.package import Package
    from cosell.adapters.dataverse.setup.steps import SetupPlan
    from cosell.hooks.environment import Environment


def export_file(args: Namespace) -> None:
    """Write the solution of an environment into a file."""
    path = Path(args.file).expanduser()
    if not path.parent.is_dir():
        raise SystemExit(f"there is no folder {path.parent}: make it, or name another file")
    content = done(_taken_out(environment_of(args), args.connection, managed=args.managed))
    path.write_bytes(content)
    kind = "managed" if args.managed else "unmanaged"
    console().print(f"{path}: the {kind} solution, {len(content):,} bytes.")


async def _taken_out(environment: Environment, connection: str | None, *, managed: bool) -> bytes:
    from cosell.hooks.setup import open_promotion

    async with open_promotion(connection, environment) as (promotion, _):
        return await promotion.take_out(managed=managed)


def import_file(args: Namespace) -> None:
    """Put a file into an environment, and say what that leaves for setup to do."""
    path = Path(args.file).expanduser()
    if not path.is_file():
        raise SystemExit(f"there is no file {path}: export it first where the solution was tried")
    package, plan = done(_put_in(environment_of(args), args.connection, path.read_bytes()))
    kind = "managed" if package.managed else "unmanaged"
    console().print(f"imported {package.name} {package.version}, {kind}.")
    for sentence in (*(step.sentence for step in plan.steps), *plan.obstacles):
        console().print(f"left for setup: {sentence}")
    console().print(f"setup would make {plan.changes} changes.")
    if plan.changes or plan.obstacles:
        raise SystemExit(1)


async def _put_in(environment: Environment, connection: str | None, content: bytes) -> tuple[Package, SetupPlan]:
    from cosell.hooks.setup import needed, open_promotion

    async with open_promotion(connection, environment) as (promotion, setup):
        package = await promotion.put_in(content, needed=needed(environment))
        return package, await setup.plan()
