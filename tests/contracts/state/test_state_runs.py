"""What every SyncState keeps of runs: records, reports, history, small things remembered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.record import Side, Window
from cosell.sync.ports import RunRecord, Settlement

if TYPE_CHECKING:
    from conftest import Example
    from cosell.adapters.state import SqlState


def a_run(example: Example, name: str = "scheduled__2026-11-22T12:00:00+00:00") -> RunRecord:
    """Give a run that read one side."""
    windows = {
        Side.DATAVERSE: Window(example.at(-10), example.now),
        Side.PARTNER_CENTER: None,
    }
    return RunRecord(name, "cosell_sync", "scheduled", example.now, windows, referral_ids=("r1", "r2"))


def test_run_comes_back_as_it_began(state: SqlState, example: Example) -> None:
    """A run is stored once; beginning it again gives what is stored, so that a repeat keeps its windows."""
    run = a_run(example)
    assert state.runs(run.run_id) is None
    assert state.begin_run(run) == run
    later = replace(run, started=example.at(60), dry_run=True, windows={Side.DATAVERSE: Window(None, None, "created")})
    assert state.begin_run(later) == run
    assert state.runs(run.run_id) == run


def test_window_by_creation_with_open_ends_survives(state: SqlState, example: Example) -> None:
    """Open ends and the kind of a window are part of the run."""
    windows = {Side.PARTNER_CENTER: Window(None, example.now, by="created")}
    run = replace(a_run(example), windows=windows, dry_run=True, kind="backfill")
    assert state.begin_run(run) == run


def test_report_parts_stand_side_by_side(state: SqlState, example: Example) -> None:
    """Each part replaces only itself; the end of the run is noted with the part that brings it."""
    run = a_run(example)
    state.begin_run(run)
    state.report(run.run_id, "plan", {"creates": 3, "words": ["é", None]})
    state.report(run.run_id, "push", [1, 2.5])
    state.report(run.run_id, "plan", {"creates": 4}, finished=example.at(3))
    stored = state.runs(run.run_id)
    assert stored == replace(run, report={"plan": {"creates": 4}, "push": [1, 2.5]}, finished=example.at(3))


def test_remembered_values_are_recalled(state: SqlState) -> None:
    """Plain JSON is remembered by name until it is replaced; null is no different from nothing."""
    assert state.recall("fingerprints") is None
    for content in ({"deal_value": "abc", "deep": [1, {"x": None}]}, False, 0, "text", None):
        state.remember("fingerprints", content)
        assert state.recall("fingerprints") == content
    assert state.recall("another") is None


def test_history_is_given_newest_first(state: SqlState, example: Example) -> None:
    """The newest entries come first, those of one moment the later written first, at most the limit."""
    entries = [example.entry(example.row(1), minutes=minutes, detail=str(minutes)) for minutes in (1, 3, 2)]
    twin = example.entry(example.row(1), minutes=3, detail="twin")
    state.settle([Settlement(history=(*entries, twin))])
    assert state.history() == [twin, entries[1], entries[2], entries[0]]
    assert state.history(limit=1) == [twin]


def test_history_is_narrowed_by_record_and_run(state: SqlState, example: Example) -> None:
    """History can be asked for by record, by run, or by both."""
    one = example.entry(example.row(1), run_id="a")
    two = example.entry(example.row(1), run_id="b")
    three = example.entry(example.row(2), run_id="b")
    state.settle([Settlement(history=(one, two)), Settlement(history=(three,))])
    assert state.history(ref=example.row(1)) == [two, one]
    assert state.history(run_id="b") == [three, two]
    assert state.history(ref=example.row(1), run_id="b") == [two]
    assert state.history(ref=example.referral(1)) == []


def test_history_keeps_values_of_every_kind(state: SqlState, example: Example) -> None:
    """Old and new values and the service's words come back as they were."""
    entry = example.entry(
        example.row(1), other_key="referral-1", field="deal_value", old=Decimal("1.10"), detail="NUL \u0000 in words"
    )
    state.settle([Settlement(history=(entry,))])
    assert state.history() == [entry]


def test_prune_drops_what_is_old_and_over(state: SqlState, example: Example) -> None:
    """Old history, finished runs and expired leases go and are counted; what is young, running or held stays."""
    for name, finished in {"old": -1, "young": 1, "running": None}.items():
        state.begin_run(replace(a_run(example, name), started=example.at(-60)))
        state.report(name, "plan", 1, finished=None if finished is None else example.at(finished))
    state.settle([Settlement(history=tuple(example.entry(example.row(1), minutes=at) for at in (-2, -1, 0)))])
    for name, until in {"old": -1, "young": 1}.items():
        state.take_leases([[name]], run_id=name, now=example.at(-60), until=example.at(until))
    assert state.prune(before=example.now) == 4
    assert [state.runs(name) is None for name in ("old", "young", "running")] == [True, False, False]
    assert len(state.history()) == 1
    assert state.held_leases(["young"], run_id="young", now=example.now) == {"young"}
    assert state.prune(before=example.now) == 0
