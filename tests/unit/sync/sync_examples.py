"""A small world for the tests of the steps: plain rows, a real state in memory, staged files in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cosell.adapters.state import open_state
from cosell.core.record import Field, Row, Side, Snapshot, Unmapped, Value, Window
from cosell.sync.ports import RunRecord
from cosell.sync.world import Settings, World

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cosell.sync.ports import RunKind

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
BOTH = frozenset(Side)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIELDS = {
    each.name: each
    for each in (
        Field("deal_name", BOTH),
        Field("notes", BOTH),
        Field("status", BOTH),
        Field("crm_id", BOTH, authority=DV, bookkeeping=True),
        Field("flag", frozenset({DV})),
        Field("mark", frozenset({DV}), bookkeeping=True),
    )
}


class PlainMapper:
    """Rows hold canonical values; the CRM keeps four letters of the notes; a row without a name is unreadable."""

    fields = FIELDS
    fingerprints: Mapping[str, str] = dict.fromkeys(FIELDS, "1")

    def snapshots(self, side: Side, rows: Sequence[Row]) -> list[Snapshot | Unmapped]:
        """Give each row's values."""
        return [
            Snapshot(side, row.key, row.etag, dict(row.payload), row.changed)  # type: ignore[arg-type]
            if "deal_name" in row.payload
            else Unmapped(Snapshot(side, row.key, row.etag, {}).ref, row.etag, "deal_name: not there")
            for row in rows
        ]

    def read(self, side: Side, rows: Sequence[Row], *, names: Collection[str]) -> list[dict[str, Value]]:
        """Give these fields only."""
        del side
        return [{name: row.payload[name] for name in names if name in row.payload} for row in rows]  # type: ignore[misc]

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give nothing."""
        return {}

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as the side would store it."""
        return value[:4] if side is DV and name == "notes" and isinstance(value, str) else value

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give the values as they are."""
        return dict(values)


@dataclass
class Files:
    """Staged files in memory."""

    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Keep a file."""
        self.kept[name] = [dict(line) for line in lines]
        return name

    def read(self, name: str) -> list[dict[str, Any]] | None:
        """Give a file, or None where it is gone."""
        return self.kept.get(name)

    def remove(self) -> None:
        """Forget every file."""
        self.kept.clear()


def small_world(**settings: Any) -> World:  # noqa: ANN401 - any setting
    """Give a world with no replicas; it is nine o'clock."""
    return World({}, PlainMapper(), open_state("sqlite://"), Files(), lambda: NOW, Settings(**settings))


def a_run(kind: RunKind = "scheduled", **changed: Any) -> RunRecord:  # noqa: ANN401 - any of a run's own
    """Give a run that reads the last hour."""
    windows = dict.fromkeys(Side, Window(NOW - HOUR, NOW))
    return RunRecord(
        **{"run_id": "run-1", "dag_id": "cosell_sync", "kind": kind, "started": NOW, "windows": windows, **changed}
    )
