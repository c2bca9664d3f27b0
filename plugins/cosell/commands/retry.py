"""`airflow cosell retry ID` or `--all`: held records are tried again by the next run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.commands.opened import console, opened_state
from cosell.sync.holding import retry

if TYPE_CHECKING:
    from argparse import Namespace


def try_again(args: Namespace) -> None:
    """Let one record, or all of a reason, be looked at now, and print how many."""
    if (args.record is None) is not args.all:
        raise SystemExit("Say either the id of one record, or --all.")
    with opened_state() as state:
        found = retry(state, args.record, reason=args.reason, now=datetime.now(UTC))
    console().print(
        f"{found} {'record is' if found == 1 else 'records are'} tried again by the next run of cosell_sync."
    )
