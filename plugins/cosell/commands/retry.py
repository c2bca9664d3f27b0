"""`airflow cosell retry ID` or `--all`: held records are tried again by the next run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.commands.opened import console, environment_of, opened_state
from cosell.sync.holding import retry

if TYPE_CHECKING:
    from argparse import Namespace


def try_again(args: Namespace) -> None:
    """Let one record, or all of a reason, be looked at now, and print how many."""
    if (args.record is None) is not args.all:
        raise SystemExit("Say either the id of one record, or --all.")
    environment = environment_of(args)
    with opened_state(environment) as state:
        found = retry(state, args.record, reason=args.reason, now=datetime.now(UTC))
    records, dag = "record is" if found == 1 else "records are", environment.own("cosell_sync")
    console().print(f"{found} {records} tried again by the next run of {dag}.")
