"""What was carried, as tables: per deal from the history, per run from its report, and the promises."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from cosell.adapters.state import open_state
from cosell.commands.words import change_in_words
from cosell.core.record import Side
from cosell.core.sentences import label
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cosell.sync.ports import HistoryEntry
    from rich.console import Console

    from local.scenario import Scenario

_COLOURS = {
    "created": "green",
    "updated": "green",
    "adopted": "cyan",
    "conflict": "red",
    "refused": "red",
    "set aside": "red",
    "lost": "magenta",
    "waiting": "yellow",
}
_WORDS = {"wait": "waiting", "set_aside": "set aside"}
_ARROWS = {Side.DATAVERSE.value: "→ Dynamics", Side.PARTNER_CENTER.value: "→ Partner Center"}
_QUIET = {"differs", "agreed"}
_WRITES = ("create_", "update_", "changed_")


def show_deals(console: Console, scenario: Scenario, *, state: Path) -> None:
    """Print what happened to each deal, in the order of time."""
    titles = {key: deal.title for deal in scenario.deals.values() for key in (deal.referral, deal.row) if key}
    table = Table("time", "deal", "what", "where", title="What was carried each way", title_justify="left")
    table.add_column("values, or the sentence that a seller reads", overflow="fold")
    for together in groupby(_history(state), key=_event):
        (time, keys, action, where), entries = together
        name = next((titles[key] for key in keys if key in titles), keys[0])
        colour = _COLOURS.get(action, "white")
        said = "\n".join(filter(None, map(_said, entries)))
        table.add_row(time, name, f"[{colour}]{action}[/{colour}]", where, said)
    console.print(table)


def show_runs(console: Console, run_ids: Sequence[str], *, state: Path) -> None:
    """Print what each run came to, in numbers."""
    table = Table(title="The scheduled runs, in numbers", title_justify="left")
    for heading in ("run", "records looked at", "→ Dynamics", "→ Partner Center", "edit to arrival (p95)"):
        table.add_column(heading, overflow="fold")
    memory = open_state(f"sqlite:///{state}")
    for run_id in run_ids:
        record = memory.runs(run_id)
        if record is not None:
            report: dict[str, Any] = dict(record.report)
            pushes = [report.get(f"push_{side.value}", {}) for side in (Side.DATAVERSE, Side.PARTNER_CENTER)]
            lag = max((part.get("lag_seconds", {}).get("p95", 0) for part in pushes), default=0)
            numbers = [_numbers(report.get("plan", {})), *(_numbers(part) for part in pushes)]
            table.add_row(run_id.partition("__")[2][11:16], *numbers, f"{lag:.0f} s" if lag else "")
    memory.close()
    console.print(table)


def show_expectations(console: Console, promises: Sequence[tuple[str, bool]]) -> bool:
    """Print each promise and whether it was kept; tell whether all were."""
    console.print()
    for text, kept in promises:
        console.print(f"  [green]✓[/green] {text}" if kept else f"  [red]✗ {text}[/red]")
    return all(kept for _, kept in promises)


def _history(state: Path) -> list[HistoryEntry]:
    memory = open_state(f"sqlite:///{state}")
    entries = [entry for entry in memory.history(limit=1000) if entry.action not in _QUIET]
    memory.close()
    return sorted(entries, key=_event)


def _event(entry: HistoryEntry) -> tuple[str, tuple[str, str], str, str]:
    """Give what one line of the table is about: fields of one write belong together."""
    action = _WORDS.get(entry.action, entry.action)
    keys = (entry.ref.key, entry.other_key or "")
    return f"{entry.at:%H:%M:%S}", keys, action, _ARROWS.get(entry.detail, "")


def _said(entry: HistoryEntry) -> str:
    if entry.detail and entry.detail not in _ARROWS:
        return entry.detail
    if entry.field is None:
        return ""
    return f"{label(entry.field)}: {change_in_words(entry.old, entry.new)}"


def _numbers(part: dict[str, Any]) -> str:
    """Give the counts of a step; what a plan will write is told by the pushes."""
    counts: dict[str, int] = part.get("counts", {})
    told = {name: count for name, count in counts.items() if count and not name.startswith(_WRITES)}
    return ", ".join(f"{_WORDS.get(name, name).replace('_', ' ')} {count}" for name, count in told.items())
