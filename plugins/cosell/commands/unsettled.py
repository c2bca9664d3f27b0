"""`airflow cosell unsettled`: the records that are not in step, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from cosell.commands.opened import console, opened_state
from cosell.core.sentences import SIDE_NAMES

if TYPE_CHECKING:
    from argparse import Namespace


def show_unsettled(args: Namespace) -> None:
    """Print every unsettled record, the longest so first."""
    with opened_state() as state:
        records = state.all_unsettled(limit=args.limit)
    if not records:
        console().print("Every record is settled.")
        return
    table = Table("since", "where", "record", "why", "looked at again", "what a seller reads")
    for one in records:
        again = f"{one.due:%Y-%m-%d %H:%M}" if one.due else "when it changes"
        sentences = "\n".join(f"{remark.code}: {remark.sentence}" for remark in one.remarks)
        why = one.reason.replace("_", " ")
        table.add_row(f"{one.since:%Y-%m-%d %H:%M}", SIDE_NAMES[one.ref.side], one.ref.key, why, again, sentences)
    console().print(table)
