"""`airflow cosell allow brake|mapping`: what stopped the sync is let through once, exactly as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.commands.opened import console, environment_of, opened_state
from cosell.sync.stops import allow

if TYPE_CHECKING:
    from argparse import Namespace


def let_through(args: Namespace) -> None:
    """Print what is let through by the next run."""
    environment = environment_of(args)
    with opened_state(environment) as state:
        stops = allow(state, args.what)
    if not stops:
        raise SystemExit(f"No run stands still by a {args.what} now, so there is nothing to allow.")
    out, dag = console(), environment.own("cosell_sync")
    for stop in stops:
        out.print(f"{stop.since:%Y-%m-%d %H:%M} {stop.table}: {stop.sentence}")
    out.print(f"The next run of {dag} passes this, once. Should there be more by then, it stops again.")
