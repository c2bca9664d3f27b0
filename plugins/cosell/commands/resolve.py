"""`airflow cosell resolve ID --field F --take SIDE`: a person decides between two values of a held deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, done, environment_of
from cosell.commands.words import field_in_words
from cosell.core.record import Side
from cosell.core.sentences import SIDE_NAMES, label

if TYPE_CHECKING:
    from argparse import Namespace

    from cosell.hooks.environment import Environment
    from cosell.sync.holding import Resolved


def keep_choice(args: Namespace) -> None:
    """Keep the choice and print what it will do."""
    environment = environment_of(args)
    kept = done(_resolved(environment, args.record, field=args.field, take=Side(args.take)))
    out, dag = console(), environment.own("cosell_sync")
    before, after = (field_in_words(kept.field, value) for value in (kept.before, kept.after))
    out.print(f"{label(kept.field)} in {SIDE_NAMES[kept.side]}: {before} ⇒ {after}")
    out.print(
        "Carried once the referral has been answered."
        if kept.waits
        else f"Carried by the next run of {dag}, unless one of the two values is edited before."
    )


async def _resolved(environment: Environment, record: str, *, field: str, take: Side) -> Resolved:
    from cosell.hooks.world import open_worlds
    from cosell.sync.holding import resolve

    async with open_worlds(environment, run_id="resolve") as worlds:
        return await resolve(worlds, record, field=field, take=take)
