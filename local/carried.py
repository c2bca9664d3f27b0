"""What was carried, as tables: per deal from the history, per run from its report, and the promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cosell.adapters.state import open_state
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
    "waiting": "yellow",
    "wait": "yellow",
}
_ARROWS = {Side.DATAVERSE.value: "→ Dynamics", Side.PARTNER_CENTER.value: "→ Partner Center"}
_SHORT = 60


def show_deals(console: Console, scenario: Scenario, *, state: Path) -> None:
    """Print what happened to each deal, in the order of time."""
    titles = {key: deal.title for deal in scenario.deals.values() for key in (deal.referral, deal.row) if key}
    table = Table(title="What was carried each way", title_justify="left", show_lines=False)
    for heading in ("time", "deal", "what", "where", "field", "value, or the sentence a seller reads"):
        table.add_column(heading, overflow="fold")
    for entry in _history(state):
        name = next((titles[key] for key in (entry.ref.key, entry.other_key) if key in titles), entry.ref.key)
        table.add_row(*_row(entry, name))
    console.print(table)


def show_runs(console: Console, run_ids: Sequence[str], *, state: Path) -> None:
    """Print what each run came to, in numbers."""
    table = Table(title="The scheduled runs, in numbers", title_justify="left")
    for heading in ("run", "pulled and planned", "→ Dynamics", "→ Partner Center", "longest lag"):
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
    entries = memory.history(limit=1000)
    memory.close()
    return sorted(entries, key=lambda entry: entry.at)


def _row(entry: HistoryEntry, name: str) -> tuple[str, ...]:
    colour = _COLOURS.get(entry.action, "white")
    where = _ARROWS.get(entry.detail, "")
    said = _value(entry) if where else entry.detail
    field = label(entry.field) if entry.field else ""
    return (f"{entry.at:%H:%M:%S}", name, f"[{colour}]{entry.action}[/{colour}]", where, field, said)


def _value(entry: HistoryEntry) -> str:
    if entry.field is None:
        return ""
    old, new = (str(value)[:_SHORT] for value in (entry.old, entry.new))
    return new if entry.old is None else f"{old} ⇒ {new}"


def _numbers(part: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in part.get("counts", {}).items() if count)
