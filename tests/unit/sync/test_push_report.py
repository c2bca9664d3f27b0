"""How long edits were under way: what a push reports, and what it leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cosell.core.record import Side, Snapshot
from cosell.sync.push import PushReport

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _edited(moment: datetime | None, *, remembered: bool = False) -> Snapshot:
    return Snapshot(Side.DATAVERSE, "row", "1", {}, moment, remembered=remembered)


def test_the_lag_of_an_edit_is_counted_from_the_edit() -> None:
    """An edit made since the run before counts from when it was made to when it was written."""
    report = PushReport(Side.PARTNER_CENTER, edited_since=NOON - timedelta(minutes=5))
    report.arrived(_edited(NOON - timedelta(minutes=2)), now=NOON)
    assert report.as_json()["lag_seconds"] == {"p50": 120.0, "p95": 120.0}


def test_old_records_have_no_lag() -> None:
    """What was last changed before the run before, or is only remembered, or tells no time, is no late edit."""
    report = PushReport(Side.PARTNER_CENTER, edited_since=NOON)
    for source in (_edited(NOON - timedelta(days=900)), _edited(NOON, remembered=True), _edited(None)):
        report.arrived(source, now=NOON)
    assert report.as_json()["lag_seconds"] == {}


def test_a_first_load_has_no_lag() -> None:
    """A run that follows no other one carries history, not edits."""
    report = PushReport(Side.DATAVERSE)
    report.arrived(_edited(NOON), now=NOON)
    assert report.lags == []
