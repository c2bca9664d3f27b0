"""What follows for a bound pair: edits carried, held, refused, put off or only remarked on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import FieldNote, PairPlan, Said, Update
from cosell.core.decide import decide_orphan, decide_pair
from cosell.core.record import InFlight, Ref, Side, Snapshot, SolutionLine
from examples import BINDING, COMPLETE, DV, FIELDS, NOW, PC, half, opportunity, pair, referral, terms

if TYPE_CHECKING:
    from cosell.core.pair import Pair
    from cosell.core.record import Value

EDITABLE = ("deal_name", "deal_value", "currency", "close_date", "notes", "stage", "customer_name", "solutions")
COMPARED = len((*EDITABLE, "status", "close_reason", "visibility"))


def decided(bound: Pair) -> PairPlan:
    """Give the plan of the pair under the example terms."""
    return decide_pair(bound, terms())


def said(plan: PairPlan) -> list[tuple[str, str | None, bool]]:
    """Give what the plan says: id, field, and whether that is the last word."""
    return [(each.code, each.field, each.final) for each in plan.said]


def test_a_pair_in_step_needs_nothing() -> None:
    """A second run is quiet: nothing is written, said or remembered, and every field counts as kept."""
    plan = decided(pair())
    assert not plan.writes
    assert (plan.reason, plan.said, plan.notes, plan.kept) == (None, (), (), COMPARED)
    assert plan.remember == {PC: {}, DV: {}}
    assert plan.stale == {PC: False, DV: False}
    assert (plan.binding, plan.adopted, plan.ref) == (BINDING, False, Ref(PC, "ref-1"))


def test_edits_of_different_fields_on_both_sides_both_travel() -> None:
    """Each side gets the other's edit, and nothing else."""
    plan = decided(pair({"notes": "new"}, {"deal_value": Decimal("12.5")}))
    assert plan.updates == {
        DV: Update(DV, {"notes": "new"}, {"notes": "new"}),
        PC: Update(PC, {"deal_value": Decimal("12.5")}, {"deal_value": Decimal("12.5")}),
    }
    assert plan.writes
    assert (plan.reason, plan.said, plan.kept) == (None, (), COMPARED - 2)


def test_what_is_sent_is_fitted_and_its_source_is_remembered_as_it_is() -> None:
    """Laws 1 and 3: the target's value is cut to what it can hold, the source keeps its own."""
    plan = decided(pair({"notes": "longer"}))
    assert plan.updates[DV] == Update(DV, {"notes": "long"}, {"notes": "longer"})


def test_what_both_sides_hold_is_remembered_without_writing() -> None:
    """The same edit on both sides is agreed on: each side's own value becomes its baseline."""
    plan = decided(pair({"notes": "longer"}, {"notes": "long"}))
    assert not plan.writes
    assert plan.remember == {PC: {"notes": "longer"}, DV: {"notes": "long"}}


def test_a_conflict_holds_its_field_and_lets_the_others_go() -> None:
    """Nobody's edit of the field is written, both halves are stale, a person is told; other fields go on."""
    plan = decided(pair({"notes": "one", "currency": "USD"}, {"notes": "two"}))
    assert list(plan.updates) == [DV]
    assert dict(plan.updates[DV].values) == {"currency": "USD"}
    sentence = "Notes: changed in Partner Center and in the CRM since both last agreed. Set it the same on both."
    assert plan.said == (Said("CONFLICT-1", sentence, "notes"),)
    assert plan.reason == "conflict"
    assert plan.notes == (FieldNote("conflict", "notes", "one", "two", sentence),)
    assert plan.stale == {PC: True, DV: True}


def test_the_loser_of_a_named_winner_is_reported() -> None:
    """Both edited, the CRM wins: its value is written and the lost one stands in the history."""
    plan = decided(pair({"currency": "USD"}, {"currency": "CHF"}))
    assert plan.updates == {PC: Update(PC, {"currency": "CHF"}, {"currency": "CHF"})}
    assert plan.notes == (FieldNote("lost", "currency", "USD", "CHF"),)
    assert plan.reason is None


def test_an_edit_where_another_side_has_the_say_is_set_back() -> None:
    """The stage is the CRM's: an edit of it in Partner Center is overwritten and reported."""
    plan = decided(pair({"stage": "75"}))
    assert plan.updates == {PC: Update(PC, {"stage": "25"}, {"stage": "25"})}
    assert plan.notes == (FieldNote("lost", "stage", "75", "25"),)


def test_an_edit_of_a_short_copy_is_not_carried() -> None:
    """Law 5: the seller reads where to change it, and the record is settled all the same."""
    halves = {PC: half(PC, notes="longer"), DV: half(DV, notes="long")}
    plan = decided(pair({"notes": "longer"}, {"notes": "mine"}, halves=halves))
    assert not plan.writes
    assert said(plan) == [("CUT-1", "notes", True)]
    assert plan.said[0].sentence == (
        "Notes: Partner Center holds more than the CRM can, so this change is not carried. Change it in Partner Center."
    )
    assert plan.reason == "remarked"
    assert plan.stale == {PC: False, DV: True}
    assert plan.notes[0].action == "refused"


def test_what_a_side_takes_at_creation_only_is_remarked_once_and_for_all() -> None:
    """A name cannot be changed in Partner Center: one line, settled, and the CRM's baseline stays as it was."""
    plan = decided(pair({}, {"deal_name": "Migrate"}))
    assert not plan.writes
    sentence = (
        "Deal name: carried to Partner Center only when the deal is created there. This change stays in the CRM. "
        "If it can be changed in Partner Center, do that by hand."
    )
    assert plan.said == (Said("FINAL-1", sentence, "deal_name", final=True),)
    assert plan.reason == "remarked"
    assert plan.remember == {PC: {}, DV: {}}
    assert plan.stale == {PC: False, DV: True}


def test_a_later_change_across_an_edit_that_stayed_is_a_conflict() -> None:
    """What could not travel is not overwritten by the other side's next change."""
    plan = decided(pair({"deal_name": "Modernise"}, {"deal_name": "Migrate"}))
    assert not plan.writes
    assert said(plan) == [("CONFLICT-1", "deal_name", False)]


def test_what_stays_on_either_side_is_kept_in_mind_on_both() -> None:
    """Two edits that stay, one on each side: both halves hold more than was agreed."""
    plan = decided(pair({"customer_name": "Contoso"}, {"deal_name": "Migrate"}))
    assert [each.code for each in plan.said] == ["FINAL-1", "FINAL-1"]
    assert plan.stale == {PC: True, DV: True}


def test_what_neither_side_takes_stays_where_it_was_made() -> None:
    """The customer is written on neither side after creation, whoever changed it."""
    assert said(decided(pair({"customer_name": "Contoso"}))) == [("FINAL-1", "customer_name", True)]
    both = decided(pair({"customer_name": "Contoso"}, {"customer_name": "Fabrikam"}))
    assert said(both) == [("FINAL-1", "customer_name", True)]
    assert not both.writes


def test_a_difference_found_at_adoption_in_what_neither_side_takes_is_reported_once() -> None:
    """Without a baseline both values are remembered, so that the next run is quiet."""
    plan = decided(pair({}, {"customer_name": "Tailspin Ltd"}, halves={}, adopted=True))
    assert plan.remember[PC]["customer_name"] == "Tailspin"
    assert plan.remember[DV]["customer_name"] == "Tailspin Ltd"
    assert plan.notes == (FieldNote("differs", "customer_name", "Tailspin", "Tailspin Ltd"),)
    assert (plan.said, plan.reason) == ((), None)


def test_adopted_records_that_agree_are_remembered_whole() -> None:
    """Adopting writes nothing where both hold the same; each side's values become its baseline."""
    plan = decided(pair(halves={}, adopted=True))
    assert plan.adopted
    assert not plan.writes
    for side in Side:
        assert plan.remember[side].items() >= {name: COMPLETE[name] for name in EDITABLE}.items()
    assert plan.kept == 0


def test_adopting_fills_what_one_side_lacks() -> None:
    """Without a baseline an empty value never wins over a filled one, in either direction."""
    plan = decided(pair({"notes": None}, {"deal_value": None}, halves={}, adopted=True))
    assert dict(plan.updates[PC].values) == {"notes": "hi"}
    assert dict(plan.updates[DV].values) == {"deal_value": Decimal("10.0")}
    assert plan.notes == ()


def test_an_authority_that_is_empty_at_adoption_is_left_empty() -> None:
    """The stage is the CRM's alone: it is not filled from Partner Center, only reported."""
    plan = decided(pair({}, {"stage": None}, halves={}, adopted=True))
    assert not plan.writes
    assert plan.notes == (FieldNote("differs", "stage", "25", None),)


@pytest.mark.parametrize("name", ["notes", "deal_value"])
def test_an_unanswered_referral_takes_no_edit_yet(name: str) -> None:
    """A person's edit waits, without a cross, until the referral is accepted."""
    value: Value = "new" if name == "notes" else Decimal(3)
    new = {"status": "new"}
    halves = {PC: half(PC, status="new"), DV: half(DV, status="on_hold")}
    plan = decided(pair(new, {"status": "on_hold", name: value}, halves=halves))
    assert not plan.writes
    assert said(plan) == [("WAIT-1", name, False)]
    assert plan.reason == "wait"
    assert plan.notes[0].action == "waiting"
    assert plan.stale == {PC: False, DV: True}


def test_an_unanswered_referral_still_tells_the_crm() -> None:
    """What Microsoft changes before the answer arrives in the CRM."""
    halves = {PC: half(PC, status="new"), DV: half(DV, status="on_hold")}
    plan = decided(pair({"status": "new", "notes": "new"}, {"status": "on_hold"}, halves=halves))
    assert dict(plan.updates[DV].values) == {"notes": "new"}
    assert plan.reason is None


@pytest.mark.parametrize(("side", "system"), [(PC, "Partner Center"), (DV, "the CRM")])
def test_a_closed_record_takes_no_edit_any_more(side: Side, system: str) -> None:
    """The seller reads which side is closed, once; the record is settled."""
    closed, edit = {"status": "won"}, {"notes": "new"}
    halves = {each: half(each, status="won") for each in Side}
    here, there = ({}, edit) if side is PC else (edit, {})
    plan = decided(pair({**closed, **here}, {**closed, **there}, halves=halves))
    assert not plan.writes
    sentence = f"The deal is closed in {system}, so the change of Notes is not carried. There is nothing to do."
    assert plan.said == (Said("CLOSED-1", sentence, "notes", final=True),)
    assert plan.reason == "remarked"


@pytest.mark.parametrize("status", ["won", "lost"])
def test_a_deal_created_open_is_closed_in_a_second_step(status: str) -> None:
    """The creation of a closed deal is completed: no baseline of its status stands yet."""
    halves = {side: half(side) for side in Side}
    for remembered in halves.values():
        remembered.values.pop("status")  # type: ignore[attr-defined]  # an example's own dict
    plan = decided(pair({"status": status}, halves=halves))
    assert plan.updates == {DV: Update(DV, {"status": status}, {"status": status}, close_as=status)}
    assert plan.reason is None


def test_a_status_that_is_not_carried_closed_completes_nothing() -> None:
    """An expired referral does not close the seller's opportunity."""
    halves = {side: half(side) for side in Side}
    for remembered in halves.values():
        remembered.values.pop("status")  # type: ignore[attr-defined]  # an example's own dict
    plan = decided(pair({"status": "expired"}, halves=halves))
    assert not plan.writes
    assert said(plan) == [("EXPIRED-1", "status", True)]


def test_a_rule_takes_a_breaking_edit_out_and_lets_the_others_go() -> None:
    """The refused value is not sent, the seller is told, the CRM's half is stale; a good edit beside it is carried."""
    plan = decided(pair({}, {"deal_value": Decimal("-1.0"), "notes": "new"}))
    assert plan.updates == {PC: Update(PC, {"notes": "new"}, {"notes": "new"})}
    sentence = "The estimated value -1.0 is below zero. Enter zero or more."
    assert plan.said == (Said("VALUE-2", sentence, "deal_value"),)
    assert plan.notes == (FieldNote("refused", "deal_value", Decimal("10.0"), Decimal("-1.0"), sentence),)
    assert plan.reason == "refused"
    assert plan.stale == {PC: False, DV: True}
    assert plan.rules == {"VALUE-1": "passed", "VALUE-2": "refused"}


def test_a_refused_edit_leaves_no_empty_write() -> None:
    """Where the only edit is refused nothing at all is sent."""
    plan = decided(pair({}, {"currency": "Euro"}))
    assert not plan.writes
    assert said(plan) == [("CURRENCY-2", "currency", False)]


def test_a_warning_carries_the_edit() -> None:
    """What only the portal's forms demand is noted and sent."""
    past = date(2026, 11, 1)
    plan = decided(pair({}, {"close_date": past}))
    assert dict(plan.updates[PC].values) == {"close_date": past}
    sentence = "The estimated close date 2026-11-01 is in the past. Enter the date that you expect now."
    assert plan.notes == (FieldNote("warned", "close_date", detail=sentence),)
    assert (plan.said, plan.reason, plan.stale) == ((), None, {PC: False, DV: False})
    assert plan.rules["CLOSE-DATE-2"] == "warned"


def test_a_close_date_that_time_has_passed_is_counted_without_an_edit() -> None:
    """Nobody touched it, so nothing is refused or written; the run's report counts the deal."""
    late: dict[str, Value] = {"close_date": date(2026, 11, 1)}
    halves = {side: half(side, **late) for side in (PC, DV)}
    plan = decided(pair(late, late, halves=halves))
    assert (plan.rules, plan.said, plan.reason, plan.writes) == ({"CLOSE-DATE-2": "warned"}, (), None, False)
    off = decide_pair(pair(late, late, halves=halves), terms(severities={"CLOSE-DATE-2": "off"}))
    assert off.rules == {}


def test_rules_are_asked_of_what_goes_to_partner_center_only() -> None:
    """An edit that Partner Center itself made is not held against the rules, nor is a fault that nobody touched."""
    assert dict(decided(pair({"currency": ""})).updates[DV].values) == {"currency": ""}
    plan = decided(pair({"customer_name": ""}, {"customer_name": "", "notes": "new"}))
    assert plan.updates[PC].values == {"notes": "new"}
    assert plan.rules == {}


def test_severities_of_the_settings_count() -> None:
    """A rule that is off lets the edit go."""
    plan = decide_pair(pair({}, {"currency": "Euro"}), terms(severities={"CURRENCY-2": "off"}))
    assert plan.updates[PC].values == {"currency": "Euro"}
    assert plan.rules["CURRENCY-2"] == "off"


def test_a_deal_set_to_no_rests_in_both_directions() -> None:
    """Nothing is carried whatever moved; both halves must be read again, and it is said once, without a cross."""
    plan = decided(pair({"notes": "one"}, {"notes": "two", "flag": False}))
    assert not plan.writes
    assert plan.binding == replace(BINDING, paused=True)
    assert (plan.reason, said(plan)) == ("paused", [("PAUSED-1", None, True)])
    assert plan.stale == {PC: True, DV: True}
    assert plan.remember == {PC: {}, DV: {"flag": False}}


def test_an_adopted_row_that_is_not_flagged_is_bound_and_rests() -> None:
    """Found to be the same deal, but the seller has not said Yes."""
    plan = decided(pair({}, {"flag": None}, halves={}, adopted=True))
    assert plan.adopted
    assert plan.binding is not None
    assert plan.binding.paused
    assert plan.reason == "paused"


def test_yes_again_resumes_from_the_baseline() -> None:
    """Neither side's edits of the pause are lost: they travel as if they had been made now."""
    halves = {PC: half(PC), DV: half(DV, flag=False)}
    plan = decided(pair({"notes": "new"}, {"deal_value": Decimal("12.5")}, halves=halves))
    assert {side: list(update.values) for side, update in plan.updates.items()} == {PC: ["deal_value"], DV: ["notes"]}
    assert plan.remember[DV]["flag"] is True
    rested = replace(pair(), binding=replace(BINDING, paused=True))
    assert decided(rested).binding == BINDING


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ({"notes": "two", "currency": "Euro", "deal_name": "x"}, "conflict"),
        ({"currency": "Euro", "deal_name": "x"}, "refused"),
        ({"deal_name": "x"}, "remarked"),
    ],
)
def test_the_gravest_reason_names_the_record(there: dict[str, Value], reason: str) -> None:
    """Of several reasons the gravest is the record's, and every sentence is kept."""
    plan = decided(pair({"notes": "one"} if reason == "conflict" else {}, there))
    assert plan.reason == reason
    assert len(plan.said) == len(there)


@pytest.mark.parametrize(
    ("gone", "out_of_scope", "code", "sentence"),
    [
        (
            PC,
            False,
            "ORPHAN-1",
            (
                "This deal is gone from Partner Center. Nothing was deleted in the CRM; changes made there stay "
                "there. If that is a mistake, tell your operator."
            ),
        ),
        (
            DV,
            False,
            "ORPHAN-1",
            (
                "This deal is gone from the CRM. Nothing was deleted in Partner Center; changes made there stay "
                "there. If that is a mistake, tell your operator."
            ),
        ),
        (
            PC,
            True,
            "SCOPE-1",
            (
                "This deal is hidden from the account that the sync uses in Partner Center; "
                "changes made in the CRM stay there. Tell your operator."
            ),
        ),
    ],
)
def test_a_half_that_is_gone_is_reported_and_nothing_is_deleted(
    gone: Side, out_of_scope: bool, code: str, sentence: str
) -> None:
    """An orphan is kept and stopped; hidden is not gone."""
    plan = decide_orphan(pair(), gone=gone, out_of_scope=out_of_scope)
    assert not plan.writes
    assert (plan.reason, plan.said) == ("orphan", (Said(code, sentence),))
    assert plan.binding == BINDING


def test_what_is_only_looked_at_is_remembered_where_it_was_read() -> None:
    """One-sided fields and our own columns are facts: remembered when they changed, never compared or written."""
    plan = decided(pair({"type": "Independent"}, {"audit": "old text", "crm_id": "row-1"}))
    assert not plan.writes
    assert plan.remember == {PC: {"type": "Independent"}, DV: {"audit": "old text"}}


def test_a_fact_that_turns_empty_is_remembered_too() -> None:
    """Null is a fact; only what the side does not show at all is left alone."""
    plan = decided(pair({"type": None}, halves={PC: half(PC), DV: half(DV)}))
    assert plan.remember[PC] == {"type": None}
    bare = Snapshot(PC, "ref-1", "p1", {n: v for n, v in referral().values.items() if n != "type"})
    bound = replace(pair(), snapshots={PC: bare, DV: opportunity()})
    assert decided(bound).remember[PC] == {}


def test_a_half_told_from_memory_teaches_nothing() -> None:
    """What was not read in this run cannot be news."""
    recalled = Snapshot(PC, "ref-1", "p1", {**referral().values, "type": "Independent"}, remembered=True)
    plan = decided(replace(pair(), snapshots={PC: recalled, DV: opportunity()}))
    assert plan.remember[PC] == {}


def edit_in_flight(**changed: object) -> InFlight:
    """Give the note of an unconfirmed edit of the notes in the CRM."""
    note = InFlight(DV, Ref(PC, "ref-1"), "update", "run-0", NOW, "row-1", {"notes": "long"}, {"notes": "longer"})
    return replace(note, **changed)  # type: ignore[arg-type]


def test_a_write_that_landed_unconfirmed_is_remembered() -> None:
    """Law 4: the value meant is there, so the note becomes the baseline of both sides."""
    plan = decided(pair({"notes": "longer"}, {"notes": "long"}, notes=(edit_in_flight(),)))
    assert not plan.writes
    assert plan.remember == {PC: {"notes": "longer"}, DV: {"notes": "long"}}
    assert plan.kept == COMPARED


def test_an_edit_after_a_write_that_landed_is_one_sided() -> None:
    """The source went on after its write landed: only that is carried, no conflict."""
    plan = decided(pair({"notes": "next"}, {"notes": "long"}, notes=(edit_in_flight(),)))
    assert plan.updates == {DV: Update(DV, {"notes": "next"}, {"notes": "next"})}
    assert plan.reason is None


def test_a_write_that_never_landed_is_done_again() -> None:
    """Law 4: the old value is still there, so the edit is carried as if nothing had been tried."""
    plan = decided(pair({"notes": "longer"}, {}, notes=(edit_in_flight(),)))
    assert plan.updates == {DV: Update(DV, {"notes": "long"}, {"notes": "longer"})}


def test_a_stranger_s_value_after_an_unconfirmed_write_is_a_conflict() -> None:
    """Law 4: neither the old value nor the one meant: both sides count as moved."""
    plan = decided(pair({"notes": "longer"}, {"notes": "mine"}, notes=(edit_in_flight(),)))
    assert plan.reason == "conflict"


ONE, TWO = SolutionLine("SOL-1", "One", None, None), SolutionLine("SOL-2", "Two", None, None)


def create_in_flight(target: Side = DV, **meant: Value) -> InFlight:
    """Give the note of an unconfirmed creation with these values besides the examples'."""
    sent = {name: COMPLETE[name] for name in (*EDITABLE, "visibility")} | meant
    return InFlight(target, Ref(target.other, "x"), "create", "run-0", NOW, None, {**sent, "flag": True}, sent)


def test_a_create_that_is_found_has_landed_whole() -> None:
    """What differs from a create in flight is somebody's edit since, on one side only."""
    plan = decided(pair({}, {"notes": "mine"}, halves={}, notes=(create_in_flight(),), adopted=True))
    assert plan.updates == {PC: Update(PC, {"notes": "mine"}, {"notes": "mine"})}
    assert (plan.reason, plan.notes) == (None, ())
    assert plan.remember[DV]["notes"] == "hi"
    assert "flag" not in plan.remember[PC]


def test_a_text_emptied_since_its_creation_is_an_edit() -> None:
    """Only of rows beneath a record some may be missing: a text landed whole, so a person emptied it."""
    plan = decided(pair({}, {"notes": None}, halves={}, notes=(create_in_flight(),), adopted=True))
    assert plan.updates == {PC: Update(PC, {"notes": None}, {"notes": None})}


def test_a_state_that_is_found_with_a_create_is_an_edit_since() -> None:
    """The deal was open when it was made: that it is won since is a person's news, and travels."""
    plan = decided(pair({}, {"status": "won"}, halves={}, notes=(create_in_flight(),), adopted=True))
    assert dict(plan.updates[PC].values) == {"status": "won"}


def test_what_a_create_found_rather_than_made_is_no_edit() -> None:
    """An account that stood already shows its own values: both are remembered, nobody is told of an edit."""
    bound = pair({}, {"customer_name": "Tailspin Ltd"}, halves={}, notes=(create_in_flight(),), adopted=True)
    plan = decided(bound)
    assert plan.said == ()
    assert [(note.action, note.field) for note in plan.notes] == [("differs", "customer_name")]


@pytest.mark.parametrize("there", [None, (), (ONE,), (TWO._replace(price=Decimal(1)),)])
def test_rows_of_a_create_that_was_cut_short_are_completed(there: Value) -> None:
    """Rows beneath a record are written after it: where only some are there, the source's are carried again."""
    both = (ONE, TWO)
    note = create_in_flight(solutions=both)
    plan = decided(pair({"solutions": both}, {"solutions": there}, halves={}, notes=(note,), adopted=True))
    assert plan.updates == {DV: Update(DV, {"solutions": both}, {"solutions": both})}
    assert (plan.reason, plan.notes) == (None, ())


def test_a_row_that_stands_once_of_two_is_part_of_what_was_meant() -> None:
    """The same solution may stand on a deal twice."""
    twice = (ONE, ONE)
    note = create_in_flight(solutions=twice)
    plan = decided(pair({"solutions": twice}, {"solutions": (ONE,)}, halves={}, notes=(note,), adopted=True))
    assert plan.updates == {DV: Update(DV, {"solutions": twice}, {"solutions": twice})}


@pytest.mark.parametrize("there", [(ONE, TWO._replace(name="2")), (ONE, TWO, TWO), (TWO._replace(id="SOL-3"),)])
def test_rows_that_were_not_sent_are_somebody_s(there: tuple[SolutionLine, ...]) -> None:
    """Whole, more or others: a person changed them since, and that is carried."""
    both = (ONE, TWO)
    note = create_in_flight(solutions=both)
    plan = decided(pair({"solutions": both}, {"solutions": there}, halves={}, notes=(note,), adopted=True))
    assert plan.updates == {PC: Update(PC, {"solutions": there}, {"solutions": there})}
    assert plan.notes == ()


def test_an_edit_of_rows_in_flight_lands_whole_or_not_at_all() -> None:
    """Only a creation is cut short: some of the rows of an edit are a stranger's doing."""
    sent = {"solutions": (ONE, TWO)}
    note = edit_in_flight(meant=sent, sent_from=sent)
    halves = {side: half(side, solutions=(TWO,)) for side in Side}
    plan = decided(pair(sent, {"solutions": (ONE,)}, halves=halves, notes=(note,)))
    assert [(each.action, each.field) for each in plan.notes] == [("lost", "solutions")]


def test_a_field_that_the_mapping_dropped_is_no_baseline() -> None:
    """A note of an older mapping may name what nobody compares any more."""
    note = edit_in_flight(meant={"former": "x", "notes": "new"}, sent_from={"former": "x", "notes": "new"})
    plan = decided(pair({}, {"former": "x", "notes": "new"}, notes=(note,)))
    assert plan.remember == {PC: {"notes": "new"}, DV: {"notes": "new"}}


def test_a_value_that_is_not_shown_has_not_landed() -> None:
    """Missing is not empty: an emptying in flight is seen where the field is, or not at all."""
    note = edit_in_flight(meant={"notes": ""}, sent_from={"notes": ""})
    bare = replace(opportunity(), values={n: v for n, v in opportunity().values.items() if n != "notes"})
    bound = pair(notes=(note,))
    assert replace(bound, snapshots={PC: referral(), DV: bare}).baseline(FIELDS)[DV]["notes"] == "hi"
    assert replace(bound, snapshots={PC: referral(), DV: opportunity(notes=None)}).baseline(FIELDS)[DV]["notes"] == ""


def test_our_own_columns_in_flight_are_no_baseline() -> None:
    """A write back tells nobody's edit: it leaves the baselines as they are."""
    note = edit_in_flight(operation="write_back", meant={"notes": "mine"}, sent_from={})
    plan = decided(pair({}, {"notes": "mine"}, notes=(note,)))
    assert plan.updates == {PC: Update(PC, {"notes": "mine"}, {"notes": "mine"})}
