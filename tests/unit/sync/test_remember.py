"""What a plan teaches the memory before anything is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import FieldNote, PairPlan, Said, Update
from cosell.core.pair import Pair
from cosell.core.record import Binding, Half, InFlight, Ref, Side, Snapshot, Unmapped
from cosell.sync.gathered import Gathered
from cosell.sync.ports import HalfChange, HistoryEntry, Remark, Settlement, Unsettled
from cosell.sync.remember import bookkeeping_of, needs_line, settle_plans
from sync_examples import DAY, DV, FIELDS, HOUR, MINUTE, NOW, PC, a_run, small_world

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.sync.world import World

REF, ROW = Ref(PC, "ref-1"), Ref(DV, "row-1")
BINDING = Binding("ref-1", "row-1")
IN_STEP = "In step with Partner Center."
HELD: dict[Side, dict[str, Value]] = {
    PC: {"deal_name": "Move", "notes": "a", "status": "open", "crm_id": "row-1"},
    DV: {"deal_name": "Move", "notes": "a", "status": "open", "crm_id": "row-1", "flag": True, "mark": "check"},
}
SNAPSHOTS = {side: Snapshot(side, BINDING.key(side), "1", HELD[side]) for side in Side}
HALVES = {side: Half(SNAPSHOTS[side].ref, "1", HELD[side]) for side in Side}
QUIET = PairPlan(SNAPSHOTS, BINDING, remember={PC: {}, DV: {}}, stale={PC: False, DV: False})
SAID = Said("RULE-1", "Do this.", "notes")
REFUSED = replace(QUIET, reason="refused", said=(SAID,), notes=(FieldNote("refused", "notes", "a", "b", "Do this."),))


def bound_world() -> World:
    """Give a world that remembers the pair."""
    world = small_world()
    changes = tuple(HalfChange(half.ref, half.etag, half.values, stale=False) for half in HALVES.values())
    world.state.settle([Settlement(bind=BINDING, halves=changes)])
    return world


def gathered(world: World, *, notes: tuple[InFlight, ...] = (), adopted: bool = False) -> Gathered:
    """Give the pair as it was gathered, with what stands unsettled of it."""
    pair = Pair(BINDING, SNAPSHOTS, world.state.halves([REF, ROW]) and HALVES, notes, adopted)
    return Gathered(pairs=[pair], unsettled=world.state.unsettled([REF, ROW]))


def remembered(world: World, plan: PairPlan, *, notes: tuple[InFlight, ...] = ()) -> int:
    """Write down what the plan teaches; give the revision."""
    return settle_plans(world, a_run(), [plan], gathered(world, notes=notes))


def told(world: World) -> list[tuple[str, str | None, str]]:
    """Give the history: action, field, words."""
    return [(each.action, each.field, each.detail) for each in reversed(world.state.history())]


def test_a_pair_in_step_teaches_nothing() -> None:
    """A second run writes nothing down, not even an unchanged half."""
    world = bound_world()
    before = world.state.revision()
    assert remembered(world, QUIET) == before
    assert told(world) == []


def test_a_dry_run_teaches_nothing() -> None:
    """Nothing is written, whatever the plan says."""
    world = bound_world()
    before = world.state.revision()
    assert settle_plans(world, a_run(dry_run=True), [REFUSED], gathered(world)) == before
    assert world.state.unsettled([REF]) == {}


def test_agreed_values_become_the_baseline() -> None:
    """Each half keeps the rest of what it knew."""
    world = bound_world()
    remembered(world, replace(QUIET, remember={PC: {"notes": "longer"}, DV: {"notes": "long"}}))
    halves = world.state.halves([REF, ROW])
    assert halves[REF].values == {**HELD[PC], "notes": "longer"}
    assert halves[ROW].values == {**HELD[DV], "notes": "long"}


@pytest.mark.parametrize("side", list(Side))
def test_a_half_that_holds_more_than_was_agreed_is_stale(side: Side) -> None:
    """What was held, refused or paused is read again before it is used, and only there."""
    world = bound_world()
    remembered(world, replace(QUIET, stale={side: True, side.other: False}))
    halves = world.state.halves([REF, ROW])
    assert (halves[SNAPSHOTS[side].ref].stale, halves[SNAPSHOTS[side.other].ref].stale) == (True, False)
    remembered(world, replace(QUIET, stale={side: True, side.other: False}))


@pytest.mark.parametrize("side", list(Side))
def test_the_source_of_an_update_is_stale_until_it_has_landed(side: Side) -> None:
    """Its edit is not in any baseline yet: a crash before the write must not forget it."""
    world = bound_world()
    remembered(world, replace(QUIET, updates={side: Update(side, {"notes": "b"}, {"notes": "b"})}))
    halves = world.state.halves([REF, ROW])
    assert (halves[SNAPSHOTS[side.other].ref].stale, halves[SNAPSHOTS[side].ref].stale) == (True, False)


def test_a_newer_etag_is_kept_and_a_recalled_one_is_not_news() -> None:
    """Noise moves the etag and nothing else; what came from memory says nothing."""
    world = bound_world()
    noisy = {PC: replace(SNAPSHOTS[PC], etag="2"), DV: replace(SNAPSHOTS[DV], etag="9", remembered=True)}
    remembered(world, replace(QUIET, snapshots=noisy))
    halves = world.state.halves([REF, ROW])
    assert (halves[REF].etag, halves[ROW].etag) == ("2", "1")


def test_an_adopted_pair_is_bound_and_told() -> None:
    """What the row waited for alone falls away: the referral's name stands for both now."""
    world = small_world()
    alone = Unsettled(ROW, "refused", NOW, NOW)
    world.state.settle([Settlement(unsettled=alone)])
    plan = replace(QUIET, adopted=True, remember={PC: {"notes": "a"}, DV: {"notes": "a"}})
    both = Gathered(pairs=[Pair(BINDING, SNAPSHOTS, {}, adopted=True)], unsettled={ROW: alone})
    settle_plans(world, a_run(), [plan], both)
    assert world.state.bindings([ROW]) == {ROW: BINDING}
    assert world.state.unsettled([REF, ROW]) == {}
    assert world.state.halves([REF])[REF] == Half(REF, "1", {"notes": "a"})
    assert world.state.history() == [HistoryEntry(NOW, "run-1", REF, "adopted", "row-1")]


def test_a_pause_and_its_end_are_kept_with_the_binding() -> None:
    """The pull must know which pairs rest."""
    world = bound_world()
    said = Said("PAUSED-1", "It rests.", final=True)
    resting = replace(BINDING, paused=True)
    remembered(world, replace(QUIET, binding=resting, reason="paused", said=(said,)))
    assert world.state.bindings([REF])[REF] == resting
    assert told(world) == [("paused", None, "It rests.")]


def test_a_refusal_stands_with_its_date_and_is_told_once() -> None:
    """The history has one line of it, the field's; the same refusal again is quiet but for when it comes back."""
    world = bound_world()
    remembered(world, REFUSED)
    first = Unsettled(REF, "refused", NOW, NOW + 10 * MINUTE, 0, (Remark("RULE-1", "Do this.", NOW),))
    assert world.state.unsettled([REF]) == {REF: first}
    assert told(world) == [("refused", "notes", "Do this.")]
    remembered(replace(world, clock=lambda: NOW + 10 * MINUTE), REFUSED)
    assert world.state.unsettled([REF])[REF] == replace(first, tries=1, due=NOW + 10 * MINUTE + HOUR)
    assert len(told(world)) == 1


def test_what_no_field_note_tells_is_told_by_its_sentence() -> None:
    """A sentence on the whole record stands in the history too, under its reason or as a remark."""
    world = bound_world()
    remembered(world, replace(REFUSED, said=(SAID, Said("HELP-1", "Not yet.", "help"))))
    assert told(world) == [("refused", "notes", "Do this."), ("refused", "help", "Not yet.")]
    alone = bound_world()
    remembered(alone, replace(QUIET, said=(SAID,), reason="remarked"))
    assert told(alone) == [("remarked", "notes", "Do this.")]


def test_losses_and_warnings_are_not_told_by_the_plan() -> None:
    """A lost edit is told when it is overwritten, a warning in the dry run only, a difference at once."""
    world = bound_world()
    notes = (FieldNote("lost", "notes"), FieldNote("warned", "notes"), FieldNote("differs", "deal_name", "a", "b"))
    remembered(world, replace(QUIET, notes=notes))
    assert told(world) == [("differs", "deal_name", "")]


def in_flight(world: World) -> InFlight:
    """Note a write whose answer nobody has."""
    note = InFlight(DV, REF, "update", "run-0", NOW, "row-1", {"notes": "b"}, {"notes": "b"})
    world.state.note([note])
    return note


def test_a_note_is_answered_once_the_pair_was_read_again() -> None:
    """Law 4: the note goes with the baseline that it led to."""
    world = bound_world()
    remembered(world, QUIET, notes=(in_flight(world),))
    assert world.state.all_in_flight() == []


@pytest.mark.parametrize("pushing", list(Side))
def test_a_push_leaves_the_notes_of_the_other_push(pushing: Side) -> None:
    """While one side is pushed to, a note of a write to the other may still be at work: only its own are answered."""
    world = bound_world()
    note = in_flight(world)
    settle_plans(world, a_run(), [QUIET], gathered(world, notes=(note,)), pushing=pushing)
    assert bool(world.state.all_in_flight()) is (note.target is not pushing)


def test_a_record_that_another_run_holds_keeps_what_was_said_of_it() -> None:
    """It is only looked at sooner: the sentence and its first date stay."""
    world = bound_world()
    remembered(world, REFUSED)
    said = world.state.unsettled([REF])[REF]
    later = replace(world, clock=lambda: NOW + MINUTE)
    settle_plans(later, a_run(), [], Gathered(held=[REF]))
    assert world.state.unsettled([REF])[REF] == replace(said, due=NOW + MINUTE)


def test_a_note_on_an_orphan_stays() -> None:
    """A half that is gone cannot tell whether the write landed."""
    world = bound_world()
    note = in_flight(world)
    remembered(world, replace(QUIET, reason="orphan", said=(SAID,)), notes=(note,))
    assert len(world.state.all_in_flight()) == 1


@pytest.mark.parametrize("writes", [True, False])
def test_what_is_mended_falls_away_when_it_is_done(writes: bool) -> None:
    """Without a write at once; with one, write back does it after the write."""
    world = bound_world()
    remembered(world, REFUSED)
    plan = replace(QUIET, updates={DV: Update(DV, {"notes": "b"}, {"notes": "b"})}) if writes else QUIET
    remembered(world, plan)
    assert bool(world.state.unsettled([REF])) is writes


def test_records_that_no_plan_was_made_for_are_settled_too() -> None:
    """Withdrawn: nothing is left. Held by another run: at once again, without a word. Unreadable: in words, once."""
    world, run = small_world(), a_run()
    withdrawn, held, odd = (
        Ref(DV, "gone"),
        Ref(PC, "busy"),
        Unmapped(Ref(PC, "odd"), "1", "deal_value: 'x' is no number"),
    )
    world.state.settle([Settlement(unsettled=Unsettled(withdrawn, "wait", NOW, NOW))])
    refs = [withdrawn, held, odd.ref]
    settle_plans(world, run, [], Gathered(withdrawn=[withdrawn], held=[held], unmapped=[odd]))
    entries = world.state.unsettled(refs)
    assert entries.keys() == {held, odd.ref}
    assert entries[held] == Unsettled(held, "held", NOW, NOW)
    sentence = "The record cannot be read. Correct the value, or tell your operator: deal_value: 'x' is no number"
    assert entries[odd.ref].reason == "set_aside"
    assert entries[odd.ref].remarks == (Remark("UNMAPPED-1", sentence, NOW),)
    later = replace(world, clock=lambda: NOW + HOUR)
    settle_plans(later, run, [], Gathered(unmapped=[odd], unsettled=entries))
    assert told(world) == [("set_aside", None, sentence)]
    assert world.state.unsettled([odd.ref])[odd.ref].tries == 1


def with_audit(world: World, **row: Value) -> tuple[World, PairPlan]:
    """Give a world whose CRM has our columns, and a plan over a row that shows this."""
    snapshots = {PC: SNAPSHOTS[PC], DV: replace(SNAPSHOTS[DV], values={**HELD[DV], **row})}
    return world, replace(QUIET, snapshots=snapshots)


@pytest.mark.parametrize(
    ("plan", "needed"),
    [
        (QUIET, False),
        (replace(QUIET, adopted=True), True),
        (replace(QUIET, updates={DV: Update(DV, {"notes": "b"}, {})}), True),
        (REFUSED, True),
        (replace(QUIET, reason="paused", said=(SAID,)), True),
        (replace(QUIET, reason="remarked", said=(SAID,)), False),
    ],
)
def test_only_what_something_follows_from_is_staged(plan: PairPlan, needed: bool) -> None:
    """A write, an adoption, or a column of ours that shows something else: a cross where the check was."""
    world = bound_world()
    assert needs_line(world, plan, gathered(world)) is needed


def test_what_was_unsettled_and_is_done_needs_a_line() -> None:
    """Write back clears its entry, and the cross."""
    world = bound_world()
    remembered(world, REFUSED)
    assert needs_line(world, QUIET, gathered(world))


def test_our_own_columns_are_judged_by_the_plan_s_snapshots() -> None:
    """Both sides' needs are told apart; a paused referral is not told our id, and a missing half needs nothing."""
    world, plan = with_audit(small_world(), mark=None)
    bare = {**HELD[PC], "crm_id": None}
    plan = replace(plan, snapshots={**plan.snapshots, PC: replace(SNAPSHOTS[PC], values=bare)})
    assert "audit" not in FIELDS
    assert bookkeeping_of(world, plan, None) == {DV: {"mark": "check"}, PC: {"crm_id": "row-1"}}
    paused = Unsettled(REF, "paused", NOW, None)
    assert bookkeeping_of(world, replace(plan, reason="paused"), paused) == {DV: {}}
    assert bookkeeping_of(world, replace(plan, snapshots={PC: SNAPSHOTS[PC]}), None) == {}
    crossed = Unsettled(ROW, "refused", NOW, NOW + DAY)
    assert bookkeeping_of(world, replace(plan, snapshots={DV: SNAPSHOTS[DV]}), crossed) == {DV: {"mark": "cross"}}
