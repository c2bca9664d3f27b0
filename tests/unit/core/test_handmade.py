"""What people change in columns that are the sync's own: told once, never mistaken for news."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cosell.core.actions import FieldNote
from cosell.core.decide import decide_pair
from cosell.core.handmade import hand_edits
from cosell.core.record import InFlight, Value
from examples import DV, NOW, PC, half, pair, terms

LEFT: dict[str, Any] = {"audit": "in step", "sync_status": "Synced"}


def edits(there: dict[str, Value], **known: Any) -> list[tuple[str, Value, Value]]:  # noqa: ANN401 - see pair
    """Give the columns that count as changed by hand on the CRM row, with what is told of their values."""
    given = {"halves": {PC: half(PC), DV: half(DV, **LEFT)}, **known}
    return [(each.field, each.old, each.new) for each in hand_edits(pair(there=LEFT | there, **given), terms())]


def test_what_nobody_touched_is_no_edit() -> None:
    """A row as it was left gives no word."""
    assert edits({}) == []


def test_an_id_changed_by_hand_is_told_with_what_belongs_there() -> None:
    """Old and new stand in the history; texts that may name people do not."""
    assert edits({"referral_identifier": "mine"}) == [("referral_identifier", "mine", "ref-1")]
    assert edits({"referral_identifier": None}) == [("referral_identifier", None, "ref-1")]
    assert edits({"audit": "call Ada"}) == [("audit", None, None)]


@pytest.mark.parametrize(
    "there", [{"mark": "cross"}, {"notes": "new"}, {"flag": True}], ids=["the mark", "a field", "the switch"]
)
def test_other_columns_are_not_ours_to_keep(there: dict[str, Value]) -> None:
    """The mark goes back without a word; a seller's columns are the seller's."""
    assert edits(there) == []


def test_what_we_wrote_ourselves_is_no_edit() -> None:
    """A write back whose answer was lost left its value, and a note of it."""
    note = InFlight(DV, pair().snapshots[DV].ref, "write_back", "run", NOW, "row-1", {"audit": "refused"})
    assert edits({"audit": "refused"}, notes=(note,)) == []
    assert edits({"audit": "other"}, notes=(note,)) == [("audit", None, None)]


def test_what_was_mended_by_hand_is_no_edit() -> None:
    """Somebody entered the very id that belongs there before we did."""
    known = {PC: half(PC), DV: half(DV, **LEFT, referral_identifier=None)}
    assert edits({}, halves=known) == []


def test_without_a_memory_nothing_is_an_edit() -> None:
    """A pair that was just found, and a half told from memory, were not left by us."""
    assert edits({"audit": "x"}, halves={}) == []
    held = pair(there={"audit": "x"}, halves={PC: half(PC), DV: half(DV, **LEFT)})
    remembered = replace(held, snapshots={**held.snapshots, DV: replace(held.snapshots[DV], remembered=True)})
    assert list(hand_edits(remembered, terms())) == []


def test_our_id_on_the_referral_is_kept_too() -> None:
    """Partner Center's own id is never ours to put back."""
    edited = pair(here={"crm_id": "row-9", "referral_identifier": "ref-1"})
    assert [(each.field, each.old, each.new) for each in hand_edits(edited, terms())] == [("crm_id", "row-9", "row-1")]


def test_it_is_said_to_the_seller_and_noted() -> None:
    """One sentence that settles the record all the same; while the switch is No only the note is left."""
    plan = decide_pair(pair(there={"referral_identifier": "mine"}), terms())
    assert plan.reason == "remarked"
    assert [(said.code, said.field, said.final) for said in plan.said] == [("OWN-1", "referral_identifier", True)]
    assert [note.action for note in plan.notes] == ["put_back"]
    paused = decide_pair(pair(there={"referral_identifier": "mine", "flag": False}), terms())
    assert (paused.reason, [said.code for said in paused.said]) == ("paused", ["PAUSED-1"])
    assert isinstance(paused.notes[0], FieldNote)


def test_a_found_deal_is_switched_on_where_that_is_asked() -> None:
    """Only a deal that was just found; a seller's own No stays."""
    found = pair(there={"flag": False}, halves={}, adopted=True)
    plan = decide_pair(found, terms(switch_on=True))
    assert plan.updates[DV].values == {"flag": True}
    assert plan.updates[DV].sent_from == {}
    assert plan.binding is not None
    assert not plan.binding.paused
    assert decide_pair(found, terms()).reason == "paused"
    closed = pair(here={"status": "won"}, there={"flag": False, "status": "won"}, halves={}, adopted=True)
    assert (decide_pair(closed, terms(switch_on=True)).reason, decide_pair(closed, terms()).reason) == (
        "paused",
        "paused",
    )
    assert decide_pair(pair(there={"flag": False}), terms(switch_on=True)).reason == "paused"
