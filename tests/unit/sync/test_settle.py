"""What one answered write changes in memory (laws 1, 2 and 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import Create, FieldNote, PairPlan, Said, Update
from cosell.core.record import Binding, Half, InFlight, Ref, Row, Side, Snapshot
from cosell.sync.lines import PlanLine
from cosell.sync.ports import (
    Gone,
    HalfChange,
    HistoryEntry,
    NoAnswer,
    Rejected,
    Remark,
    Settlement,
    Stale,
    Unsettled,
    Written,
)
from cosell.sync.settle import Settler, Write
from sync_examples import DV, HOUR, MINUTE, NOW, PC, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.sync.ports import Outcome

REF, ROW = Ref(PC, "ref-1"), Ref(DV, "row-1")
BINDING = Binding("ref-1", "row-1")
HELD: dict[Side, dict[str, Value]] = {
    PC: {"deal_name": "Move", "notes": "longer", "status": "open", "crm_id": None},
    DV: {"deal_name": "Move", "notes": "old", "status": "open", "crm_id": "row-1", "flag": True},
}
SNAPSHOTS = {side: Snapshot(side, BINDING.key(side), "1", HELD[side]) for side in Side}


def note(part: Create | Update, operation: str) -> InFlight:
    """Give the note that was left for a write."""
    source = SNAPSHOTS[part.side.other].ref
    key = BINDING.key(part.side) if operation == "update" else None
    return InFlight(part.side, source, operation, "run-1", NOW, key, part.values, part.sent_from)  # type: ignore[arg-type]


def an_edit(plan: PairPlan | None = None) -> Write:
    """Give the write of the referral's notes to the CRM, which keeps four letters."""
    part = Update(DV, {"notes": "long"}, {"notes": "longer"})
    plan = plan or PairPlan(snapshots=SNAPSHOTS, binding=BINDING, updates={DV: part})
    return Write(PlanLine(plan, 1), part, note(part, "update"))


def a_create(side: Side, *, sent_from: Mapping[str, Value], values: Mapping[str, Value]) -> Write:
    """Give the write of a record that the side did not know."""
    part = Create(side, values, sent_from)
    plan = PairPlan(snapshots={side.other: SNAPSHOTS[side.other]}, create=part)
    return Write(PlanLine(plan, 1), part, note(part, "create"))


def given(side: Side, **values: Value) -> Row:
    """Give what the side gave back."""
    return Row(side, BINDING.key(side), "2", {**HELD[side], **values})


def settled(
    write: Write, outcome: Outcome, *, prior: Unsettled | None = None, known: Mapping[str, Value] | None = None
) -> Settlement:
    """Give what the outcome changes in memory."""
    half = {ROW: Half(ROW, "1", known)} if known is not None else {}
    settler = Settler(small_world(), a_run(), halves=half, prior={prior.ref: prior} if prior else {})
    (settlement,) = settler.settlements([write], [outcome])
    return settlement


OLD = {"deal_name": "Move", "notes": "old", "status": "open"}


def test_an_edit_that_landed_is_remembered_on_both_sides() -> None:
    """Law 1: each side's own value; the note goes with the baseline, and the history says what changed."""
    write = an_edit()
    assert settled(write, Written(given(DV, notes="long")), known=OLD) == Settlement(
        halves=(
            HalfChange(ROW, "2", {"notes": "long", "crm_id": "row-1", "flag": True}, stale=False),
            HalfChange(REF, values={"notes": "longer"}, stale=False),
        ),
        clear=(write.note,),
        history=(HistoryEntry(NOW, "run-1", REF, "updated", "row-1", "notes", "old", "long", "dataverse"),),
    )


def test_only_what_the_mapping_names_is_remembered() -> None:
    """A value that no line of the mapping speaks of is nobody's."""
    target, _ = settled(an_edit(), Written(given(DV, notes="long", odd="x")), known=OLD).halves
    assert "odd" not in target.values


def test_what_the_side_made_of_a_value_is_remembered() -> None:
    """Law 2: the side recased what was sent; that is what it will show, so that is the baseline."""
    target, _ = settled(an_edit(), Written(given(DV, notes="LONG")), known=OLD).halves
    assert target.values["notes"] == "LONG"
    assert target.stale is False


def test_what_may_be_somebody_s_edit_is_not_remembered() -> None:
    """Law 2: where another may have written, the baseline is what was sent, and the half is known to hold more."""
    target, source = settled(an_edit(), Written(given(DV, notes="mine"), only_ours=False), known=OLD).halves
    assert target.values["notes"] == "long"
    assert target.stale is True
    assert source.values == {"notes": "longer"}


def test_an_equal_answer_needs_no_doubt() -> None:
    """What is as it was sent is remembered whoever wrote, and the half holds nothing else."""
    target, _ = settled(an_edit(), Written(given(DV, notes="long"), only_ours=False), known=OLD).halves
    assert (target.values["notes"], target.stale) == ("long", False)


def test_memory_holds_a_value_in_the_side_s_own_words() -> None:
    """Emptied is emptied: whether the side says null or an empty text, memory says it the same way."""
    part = Update(DV, {"notes": ""}, {"notes": ""})
    plan = PairPlan(snapshots=SNAPSHOTS, binding=BINDING, updates={DV: part})
    write = Write(PlanLine(plan, 1), part, note(part, "update"))
    target, _ = settled(write, Written(given(DV, notes=None), only_ours=False), known=OLD).halves
    assert target.values["notes"] is None


def test_an_answer_without_the_field_leaves_what_was_sent() -> None:
    """A side that does not give a value back is taken at its word."""
    row = given(DV)
    bare = replace(row, payload={name: value for name, value in row.payload.items() if name != "notes"})
    target, _ = settled(an_edit(), Written(bare), known=OLD).halves
    assert target.values["notes"] == "long"


@pytest.mark.parametrize(
    ("known", "edited"), [(OLD, {"deal_name": "Mine"}), ({"notes": "old", "status": "open"}, {}), (None, {})]
)
def test_a_half_that_shows_more_than_was_agreed_is_stale(
    known: dict[str, Value] | None, edited: dict[str, Value]
) -> None:
    """An edit seen in the answer, or a field never agreed on, is read again before it is used."""
    target, _ = settled(an_edit(), Written(given(DV, notes="long", **edited)), known=known).halves
    assert target.stale is True
    assert target.values.keys() == {"notes", "crm_id", "flag"}


@pytest.mark.parametrize("stale", [True, False])
def test_the_source_is_as_stale_as_the_plan_left_it(stale: bool) -> None:
    """A field that waits, or was refused, keeps the source known to hold more than was agreed."""
    write = an_edit()
    plan = replace(write.line.plan, stale={PC: stale, DV: False})
    _, source = settled(an_edit(plan), Written(given(DV, notes="long")), known=OLD).halves
    assert source.stale is stale


def test_a_pair_that_is_written_on_both_sides_leaves_the_source_to_its_own_write() -> None:
    """The source will be told by the answer of the write that goes there."""
    write = an_edit()
    back = Update(PC, {"deal_name": "New"}, {"deal_name": "New"})
    plan = replace(write.line.plan, updates={DV: write.part, PC: back}, stale={PC: True})
    _, source = settled(an_edit(plan), Written(given(DV, notes="long")), known=OLD).halves
    assert source.stale is None


def test_a_lost_edit_is_told_with_the_write_that_took_it() -> None:
    """It is lost when the winner has landed, not when it was planned; another field's loss is told by its own write."""
    lost = FieldNote("lost", "notes", "mine", "longer")
    notes = (lost, FieldNote("lost", "deal_name", "a", "b"), FieldNote("warned", "notes"))
    plan = replace(an_edit().line.plan, notes=notes)
    told = settled(an_edit(plan), Written(given(DV, notes="long")), known=OLD).history
    assert told[1:] == (HistoryEntry(NOW, "run-1", REF, "lost", "row-1", "notes", "mine", "longer"),)


def test_an_answer_that_the_mapping_cannot_read_still_counts() -> None:
    """The write was done: what was sent is remembered at the new etag, and the half is read again."""
    unreadable = Row(DV, "row-1", "2", {"notes": "long"})
    target, source = settled(an_edit(), Written(unreadable), known=OLD).halves
    assert (target.etag, target.values, target.stale) == ("2", {"notes": "long"}, True)
    assert source.values == {"notes": "longer"}


SENT: dict[str, Value] = {"deal_name": "Move", "notes": "longer", "status": "open"}


def test_a_created_record_is_bound_with_both_baselines() -> None:
    """The moment the id is known the two are bound, each with its own values and etag."""
    write = a_create(DV, sent_from=SENT, values={**SENT, "notes": "long", "flag": True})
    assert settled(write, Written(given(DV, notes="long"))) == Settlement(
        bind=BINDING,
        halves=(
            HalfChange(
                ROW,
                "2",
                {"deal_name": "Move", "notes": "long", "status": "open", "crm_id": "row-1", "flag": True},
                stale=False,
            ),
            HalfChange(REF, "1", {**SENT, "crm_id": None}, stale=False),
        ),
        clear=(write.note,),
        history=(HistoryEntry(NOW, "run-1", REF, "created", "row-1", detail="dataverse"),),
    )


def test_a_created_referral_settles_its_opportunity() -> None:
    """What the unbound row waited for is done; from now on the referral's name stands for both."""
    sent = {"deal_name": "Move", "notes": "old", "status": "open"}
    write = a_create(PC, sent_from=sent, values={"deal_name": "Move", "notes": "old"})
    settlement = settled(write, Written(given(PC, notes="old")))
    assert settlement.bind == BINDING
    assert settlement.settled == (ROW,)
    assert [half.ref for half in settlement.halves] == [REF, ROW]
    assert settlement.history[0].ref == REF


def test_what_a_new_record_says_itself_is_agreed_where_it_agrees() -> None:
    """The status was not sent: equal, it is agreed; different, nobody's value is taken and the source is stale."""
    sent = {"deal_name": "Move", "notes": "old", "status": "open"}
    write = a_create(PC, sent_from=sent, values={"deal_name": "Move", "notes": "old"})
    target, source = settled(write, Written(given(PC, notes="old"))).halves
    assert (target.values["status"], source.values["status"], source.stale) == ("open", "open", False)
    target, source = settled(write, Written(given(PC, notes="old", status="new"))).halves
    assert "status" not in target.values
    assert "status" not in source.values
    assert (target.stale, source.stale) == (True, True)


def test_a_default_where_the_source_was_empty_is_nobody_s_edit() -> None:
    """The side filled in what was left out; only where another may have written it counts as an edit."""
    sent = {"deal_name": "Move", "notes": None, "status": "open"}
    write = a_create(DV, sent_from=sent, values={"deal_name": "Move", "status": "open"})
    target, source = settled(write, Written(given(DV, notes="dflt"))).halves
    assert (target.values["notes"], source.values["notes"]) == ("dflt", None)
    assert (target.stale, source.stale) == (False, False)
    target, source = settled(write, Written(given(DV, notes="mine"), only_ours=False)).halves
    assert "notes" not in target.values
    assert "notes" not in source.values
    assert (target.stale, source.stale) == (True, True)


def test_an_edit_seen_at_the_reading_of_a_new_record_is_kept() -> None:
    """Law 2: after a bulk create the row is read later; what differs is somebody's edit, not the baseline."""
    write = a_create(DV, sent_from=SENT, values={**SENT, "notes": "long"})
    target, source = settled(write, Written(given(DV, notes="mine"), only_ours=False)).halves
    assert (target.values["notes"], target.stale) == ("long", True)
    assert (source.values["notes"], source.stale) == ("longer", False)


def test_a_fact_is_what_was_seen_and_not_what_was_sent() -> None:
    """The flag is nobody's edit to carry: it is remembered as the row shows it, whoever wrote it."""
    write = a_create(DV, sent_from=SENT, values={**SENT, "notes": "long", "flag": True})
    target, _ = settled(write, Written(given(DV, notes="long", flag=False), only_ours=False)).halves
    assert target.values["flag"] is False


@pytest.mark.parametrize(
    ("outcome", "code", "sentence"),
    [
        (
            Rejected("0x1", "Too long."),
            "REJECTED-1",
            "The CRM refused this. Correct what it says, or tell your operator: Too long.",
        ),
        (Rejected("0x1", "Two accounts.", hold=True), "HOLD-1", "A person must decide: Two accounts."),
    ],
)
def test_a_refusal_is_set_aside_in_the_system_s_own_words(outcome: Rejected, code: str, sentence: str) -> None:
    """Nothing landed: the note is cleared, the record comes back, the history says why."""
    write = an_edit()
    assert settled(write, outcome) == Settlement(
        clear=(write.note,),
        unsettled=Unsettled(REF, "set_aside", NOW, NOW + 10 * MINUTE, 0, (Remark(code, sentence, NOW),)),
        history=(HistoryEntry(NOW, "run-1", REF, "set_aside", detail=f"dataverse: {sentence}"),),
    )


def test_the_same_refusal_again_is_quiet() -> None:
    """It keeps its first date, comes back later, and is no news for the history."""
    sentence = "The CRM refused this. Correct what it says, or tell your operator: Too long."
    prior = Unsettled(REF, "set_aside", NOW - HOUR, NOW, 0, (Remark("REJECTED-1", sentence, NOW - HOUR),))
    settlement = settled(an_edit(), Rejected("0x1", "Too long."), prior=prior)
    assert settlement.unsettled == replace(prior, tries=1, due=NOW + HOUR)
    assert settlement.history == ()


def test_a_refused_create_is_told_of_the_record_there_is() -> None:
    """Without a binding the source's own name stands for the deal."""
    write = a_create(PC, sent_from={}, values={})
    settlement = settled(write, Rejected("400", "No."))
    assert settlement.unsettled is not None
    assert settlement.unsettled.ref == ROW
    assert (
        settlement.unsettled.remarks[0].sentence
        == "Partner Center refused this. Correct what it says, or tell your operator: No."
    )


def test_a_stale_etag_teaches_nothing() -> None:
    """Nothing was written: the note is cleared, and the record is read again in this run."""
    write = an_edit()
    assert settled(write, Stale()) == Settlement(clear=(write.note,))


def test_a_record_that_is_gone_is_looked_at_by_the_next_pull() -> None:
    """Gone for a write is not yet an orphan: the next pull asks for it by id."""
    write = an_edit()
    assert settled(write, Gone()) == Settlement(clear=(write.note,), unsettled=Unsettled(REF, "notified", NOW, NOW))


def test_a_write_without_an_answer_keeps_its_note() -> None:
    """Law 4: it may have landed; the note stands until the record has been read."""
    assert settled(an_edit(), NoAnswer("timeout")) == Settlement(unsettled=Unsettled(REF, "in_flight", NOW, NOW))


@pytest.mark.parametrize("outcome", [NoAnswer("timeout"), Gone(), Rejected("0x1", "Too long.")], ids=str)
def test_what_the_plan_said_of_the_record_stays_said(outcome: Outcome) -> None:
    """A later plan may build on what the seller was told, so a write that fails does not wipe it out."""
    write = an_edit()
    plan = replace(write.line.plan, said=(Said("REASON-1", "Choose a reason.", "close_reason"),))
    settlement = settled(replace(write, line=PlanLine(plan, 1)), outcome)
    assert settlement.unsettled is not None
    assert settlement.unsettled.remarks[0] == Remark("REASON-1", "Choose a reason.", NOW)


def test_each_write_of_a_request_has_its_own_outcome() -> None:
    """One refused record does not shift the answers of the others."""
    settler = Settler(small_world(), a_run(), halves={ROW: Half(ROW, "1", OLD)}, prior={})
    outcomes = [Stale(), Written(given(DV, notes="long")), NoAnswer("x"), Written(given(DV, notes="LONG"))]
    settlements = settler.settlements([an_edit() for _ in outcomes], outcomes)
    assert [[half.values.get("notes") for half in each.halves] for each in settlements] == [
        [],
        ["long", "longer"],
        [],
        ["LONG", "longer"],
    ]
