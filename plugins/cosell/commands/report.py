"""`airflow cosell report RUN_ID`: what a run did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from cosell.commands.opened import console, environment_of, opened_state
from cosell.commands.words import change_in_words
from cosell.core.sentences import SIDE_NAMES, label

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from cosell.sync.ports import HistoryEntry, RunRecord


def show_report(args: Namespace) -> None:
    """Print a run's numbers, and its lines of the history."""
    with opened_state(environment_of(args)) as state:
        run = state.runs(args.run_id)
        entries = state.history(run_id=args.run_id, limit=args.limit)
    if run is None:
        raise SystemExit(f"There is no run {args.run_id} in the state database.")
    out = console()
    for text in _numbers(run):
        out.print(text)
    table = Table("time", "record", "what", "field", "value or sentence")
    for entry in reversed(entries):
        table.add_row(*_line(entry))
    if entries:
        out.print(table)


def _numbers(run: RunRecord) -> Iterator[str]:
    ended = f"{run.finished:%Y-%m-%d %H:%M:%S}" if run.finished else "not finished"
    yield f"{run.dag_id} {run.run_id} ({run.kind}{', dry run' if run.dry_run else ''}), {ended}"
    for side, window in run.windows.items():
        if window is not None:
            since = f"{window.since:%Y-%m-%d %H:%M:%S}" if window.since else "the beginning"
            until = f"{window.until:%Y-%m-%d %H:%M:%S}" if window.until else "now"
            yield f"  {SIDE_NAMES[side]}: {window.by} from {since} to {until}"
    for name, part in run.report.items():
        if isinstance(part, Mapping):
            yield f"  {name}: " + "; ".join(f"{key} {_plain(value)}" for key, value in part.items() if value)


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, one.values())) if isinstance(one, Mapping) else str(one) for one in value)
    return str(value)


def _line(entry: HistoryEntry) -> tuple[str, ...]:
    field = label(entry.field) if entry.field else ""
    values = "" if entry.old is None and entry.new is None else change_in_words(entry.old, entry.new)
    said = "  ".join(filter(None, (values, entry.detail)))
    return (f"{entry.at:%H:%M:%S}", entry.ref.key, entry.action.replace("_", " "), field, said)
