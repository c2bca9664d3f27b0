"""`airflow cosell remove-marks`: the check marks and crosses that the sync wrote go off the names in the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.hooks.environment import Environment
    from cosell.sync.unmark import Unmarked

_SHOWN = 20


def remove_marks(args: Namespace) -> None:
    """Count the marks, or with --yes take them off; exit code 1 where some could not be taken off."""
    told = done(_unmarked(environment_of(args), write=args.yes))
    out = console()
    for table, each in told.items():
        out.print(f"{table}: {each.looked_at} names looked at, {each.marked} with a mark, {each.removed} removed.")
        for key, reason in each.kept[:_SHOWN]:
            out.print(f"  {key} keeps its mark: {reason}")
        if len(each.kept) > _SHOWN:
            out.print(f"  ... and {len(each.kept) - _SHOWN} more keep theirs")
    if not args.yes:
        out.print("Nothing was written. Say --yes to take the marks off.")
    if any(each.kept for each in told.values()):
        raise SystemExit(1)


async def _unmarked(environment: Environment, *, write: bool) -> dict[str, Unmarked]:
    from cosell.hooks.neighbours import refuse_contradictions
    from cosell.hooks.settings import read_wishes
    from cosell.hooks.world import open_replicas
    from cosell.sync.unmark import unmark

    refuse_contradictions(environment)
    if write and read_wishes(environment).marks:
        raise ConfigurationError(
            "The setting marks is on, so the next run would write the marks again. Set it to false in the Variable "
            f"{environment.own('cosell_settings')}, wait until no run is at work, and repeat this."
        )
    async with open_replicas(environment) as replicas:
        kept = {table: replica for table, replica in replicas.items() if not await replica.lacking()}
        return {table: await unmark(await replica.names(), write=write) for table, replica in kept.items()}
