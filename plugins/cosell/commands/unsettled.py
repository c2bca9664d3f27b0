"""`airflow cosell unsettled`: what stopped the sync, the records that are not in step, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table

from cosell.commands.opened import console, environment_of, opened_state
from cosell.core.errors import ConfigurationError
from cosell.core.sentences import SIDE_NAMES, label
from cosell.core.sign_in import in_words
from cosell.hooks.sign_in import standing_sign_ins
from cosell.sync.stops import standing_stops

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cosell.adapters.state import SqlState
    from cosell.hooks.environment import Environment
    from cosell.sync.ports import Unsettled
    from cosell.sync.stops import Stop


def show_unsettled(args: Namespace) -> None:
    """Print what stands still, then every unsettled record, the longest so first."""
    environment = environment_of(args)
    with opened_state(environment) as state:
        records, stops = state.all_unsettled(limit=args.limit, reason=args.reason), standing_stops(state)
        ended = list(_ended(state, environment))
    out = console()
    for sentence in ended:
        out.print(f"STOPPED: {sentence}")
    for stop in stops:
        out.print(_stop(stop, environment))
    if not records:
        out.print("No record is held for that reason." if args.reason else "Every record is settled.")
        return
    table = Table("since", "where", "record", "why", "looked at again", "what a seller reads")
    for one in records:
        again = f"{one.due:%Y-%m-%d %H:%M}" if one.due else "when it changes"
        why = one.reason.replace("_", " ")
        said = "\n".join(_sentences(one))
        table.add_row(f"{one.since:%Y-%m-%d %H:%M}", SIDE_NAMES[one.ref.side], one.ref.key, why, again, said)
    out.print(table)


def _ended(state: SqlState, environment: Environment) -> Iterator[str]:
    """Give a sentence for each sign-in that is refused, or that a wrong connection stands in the way of."""
    try:
        standing = standing_sign_ins(state, environment)
    except ConfigurationError as error:
        yield str(error)
        return
    now = datetime.now(UTC)
    for one in standing:
        if one.health.error:
            yield f"connection {one.connection}: {in_words(one.health, now)}"


def _stop(stop: Stop, environment: Environment) -> str:
    dag = environment.own("cosell_sync")
    where = dag if stop.table == "opportunity" else f"{dag}, table {stop.table}"
    way = f"To let it through once: airflow cosell allow {stop.kind}{environment.option}"
    if stop.allowed:
        way = "The next run passes it."
    return f"STOPPED since {stop.since:%Y-%m-%d %H:%M} ({where}, run {stop.run_id}): {stop.sentence} {way}"


def _sentences(record: Unsettled) -> Iterator[str]:
    for remark in record.remarks:
        yield f"{remark.code} ({remark.since:%Y-%m-%d}): {remark.sentence}"
    for choice in record.choices:
        yield f"A person took {label(choice.field)} from {SIDE_NAMES[choice.take]}; the next run carries it."
