"""The life of a bound pair: every two states, who moved, and what follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import FieldNote, Update
from cosell.core.decide import decide_pair
from cosell.core.life import AGREE, APART, CONFLICT, KEEP, Stand, Step, next_step
from cosell.core.lifecycle import CLOSED, Gestures
from cosell.core.record import InFlight, Ref
from examples import DV, NOW, PC, fit, half, pair, terms

if TYPE_CHECKING:
    from cosell.core.actions import PairPlan
    from cosell.core.record import Value

Values = dict[str, "Value"]
BUDGET = "Budget not adequate"
PLAIN = Gestures()


def stand(was: tuple[Value, Value], now: tuple[Value, Value], *, found: bool = False, made: bool = False) -> Stand:
    """Give two states as Partner Center and the CRM held and hold them; None: nothing is remembered there."""
    known = {side: word for side, word in zip((PC, DV), was, strict=True) if word is not None}
    return Stand(dict(zip((PC, DV), now, strict=True)), known, found=found, made=made)


def step(was: tuple[Value, Value], now: tuple[Value, Value], *, gestures: Gestures = PLAIN) -> Step:
    """Give what follows."""
    return next_step(stand(was, now), gestures, fit=fit)


NEW, OPEN, HELD = ("new", "on_hold"), ("open", "open"), ("open", "on_hold")
TABLE: list[tuple[str, tuple[Value, Value], tuple[Value, Value], Step]] = [
    ("nothing moved", NEW, NEW, KEEP),
    ("accepted here", NEW, ("new", "open"), Step("carry", PC, "open")),
    ("declined here", NEW, ("new", "lost"), Step("carry", PC, "declined")),
    ("won before the answer", NEW, ("new", "won"), Step("carry", PC, "open", later=True)),
    ("qualified before the answer", NEW, ("new", "qualified"), Step("carry", PC, "open")),
    ("accepted there", NEW, ("open", "on_hold"), Step("carry", DV, "open")),
    ("accepted on both", NEW, OPEN, AGREE),
    ("declined there", NEW, ("declined", "on_hold"), Step("carry", DV, "lost")),
    ("declined on both", NEW, ("declined", "lost"), AGREE),
    ("accepted there, declined here", NEW, ("open", "lost"), CONFLICT),
    ("accepted there, won here", NEW, ("open", "won"), Step("carry", PC, "won")),
    ("not answered in time", NEW, ("expired", "on_hold"), Step("hold", PC, code="EXPIRED-1")),
    ("accepted too late", NEW, ("expired", "open"), Step("hold", PC, code="EXPIRED-1")),
    ("expired, and given up here", NEW, ("expired", "lost"), AGREE),
    ("closed as an error there", OPEN, ("error", "open"), Step("hold", PC, code="ERROR-1")),
    ("parked", OPEN, HELD, AGREE),
    ("taken up again", HELD, OPEN, AGREE),
    ("won here", OPEN, ("open", "won"), Step("carry", PC, "won")),
    ("lost here", HELD, ("open", "lost"), Step("carry", PC, "lost")),
    ("a status reason that says declined", OPEN, ("open", "declined"), Step("carry", PC, "lost")),
    ("an error here", OPEN, ("open", "error"), Step("carry", PC, "error")),
    ("a deal cannot be made to expire", OPEN, ("open", "expired"), APART),
    ("won there", OPEN, ("won", "open"), Step("carry", DV, "won")),
    ("lost there", HELD, ("lost", "on_hold"), Step("carry", DV, "lost")),
    ("won on both", OPEN, ("won", "won"), AGREE),
    ("closed differently", OPEN, ("won", "lost"), Step("hold", DV, code="CLOSED-2")),
    ("reopened", ("won", "won"), ("won", "open"), Step("hold", DV, code="REOPENED-1")),
    ("reopened after a decline", ("declined", "lost"), ("declined", "open"), Step("hold", DV, code="REOPENED-1")),
    ("reopened after both closed differently", OPEN, ("won", "open"), Step("carry", DV, "won")),
    ("closed again", ("won", "won"), ("won", "lost"), Step("hold", DV, code="CLOSED-2")),
    ("a state nobody knows there", OPEN, ("other:Odd", "won"), Step("hold", PC, code="UNKNOWN-1")),
    ("a state nobody knows here", OPEN, ("won", "other:0/9"), Step("hold", DV, code="UNKNOWN-1")),
    ("what the seller left is no gesture", ("other:Odd", "open"), ("new", "open"), AGREE),
    ("no state", OPEN, (None, "won"), KEEP),
]


@pytest.mark.parametrize(("was", "now", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_follows(was: tuple[Value, Value], now: tuple[Value, Value], expected: Step) -> None:
    """Each pair of states, by who moved."""
    assert step(was, now) == expected


def test_gestures_are_a_setting() -> None:
    """What accepts elsewhere may mean nothing here, and what means nothing there may decline here."""
    ours = Gestures(accepts=frozenset(), declines=frozenset({"open"}))
    assert step(NEW, ("new", "open"), gestures=ours) == Step("carry", PC, "declined")
    assert step(NEW, ("new", "lost"), gestures=ours) == AGREE
    assert step(NEW, ("new", "won"), gestures=ours) == Step("carry", PC, "open", later=True)


@pytest.mark.parametrize("word", ["open", "lost", "won"])
def test_a_state_that_was_there_before_both_were_bound_is_no_gesture(word: str) -> None:
    """Old opportunities of an unanswered referral neither accept nor decline it."""
    assert step((None, None), ("new", word)) == APART
    assert step(("new", word), ("new", word)) == KEEP


@pytest.mark.parametrize(("here", "there"), [("won", "open"), ("open", "won"), ("declined", "open")])
def test_records_found_to_be_one_deal_close_nothing(here: str, there: str) -> None:
    """What was closed before both were bound is said, not carried; news after that is."""
    assert next_step(stand((None, None), (here, there), found=True), PLAIN, fit=fit) == APART
    assert step((here, None), (here, there)) == APART
    assert step((here, None), (there, there)) == AGREE


def test_a_deal_that_we_made_before_a_crash_is_closed() -> None:
    """It was open when we made it: that it is won since is news."""
    made = stand((None, None), ("open", "won"), made=True)
    assert next_step(made, PLAIN, fit=fit) == Step("carry", PC, "won")
    assert step((None, None), ("won", "open")) == Step("carry", DV, "won")


WORDS = ("new", "open", "won", "lost", "declined", "expired", "error")
CRM_WORDS = ("open", "on_hold", "won", "lost")


@pytest.mark.parametrize(
    ("was", "now"), list(product(product(WORDS, CRM_WORDS), product(WORDS, CRM_WORDS))), ids="/".join
)
def test_no_step_leaves_what_the_services_allow(was: tuple[str, str], now: tuple[str, str]) -> None:
    """Whatever was and is: closed is never left, expired never sent, an end of the referral closes by win or lose."""
    after = step(was, now)
    if after.kind != "carry":
        return
    here, there = now
    if after.to is PC:
        legal = {"new": {"open", "declined"}, "open": {"won", "lost", "error"}}
        assert after.word in legal.get(here, set())
    else:
        assert there not in CLOSED
        assert (here, after.word) in {("open", "open"), ("won", "won"), ("lost", "lost"), ("declined", "lost")}


# ---------------------------------------------------------------- the whole pair


def unanswered(
    here: Values | None = None, there: Values | None = None, *, told: str = "", **terms_changed: object
) -> PairPlan:
    """Give the plan of a pair whose referral waits for an answer, with these edits, and what its seller was told."""
    halves = {PC: half(PC, status="new"), DV: half(DV, status="on_hold")}
    edited = pair({"status": "new", **(here or {})}, {"status": "on_hold", **(there or {})}, halves=halves)
    return decide_pair(replace(edited, told=frozenset({told})), terms(**terms_changed))


def codes(plan: PairPlan) -> list[tuple[str, str | None]]:
    """Give the ids of what is said, with their fields."""
    return [(each.code, each.field) for each in plan.said]


def test_value_and_notes_go_with_the_acceptance_and_the_rest_comes_back() -> None:
    """One patch holds the state and what is taken with it; the next run carries the stage, and nothing is said."""
    edit: Values = {"deal_value": Decimal("3.5"), "notes": "ours", "stage": "50", "status": "open"}
    plan = unanswered({}, edit)
    sent = {"status": "open", "deal_value": Decimal("3.5"), "notes": "ours"}
    assert plan.updates == {PC: Update(PC, sent, sent)}
    assert (plan.said, plan.reason, plan.stale) == ((), "notified", {PC: False, DV: True})
    assert plan.notes == (FieldNote("waiting", "stage", "25", "50"),)


def test_a_decline_takes_its_reason_and_nothing_else() -> None:
    """Status and reason in one patch; an edit beside it can never travel, and that is said."""
    plan = unanswered({}, {"status": "lost", "close_reason": BUDGET, "notes": "ours"})
    assert plan.updates == {
        PC: Update(PC, {"status": "declined", "close_reason": BUDGET}, {"status": "lost", "close_reason": BUDGET})
    }
    assert codes(plan) == [("CLOSED-1", "notes")]


def test_a_decline_without_a_reason_is_refused() -> None:
    """BR-31: nothing is sent; as a warning the rule lets it go."""
    plan = unanswered({}, {"status": "lost"})
    assert not plan.writes
    assert (codes(plan), plan.reason, plan.rules) == (
        [("REASON-1", "close_reason")],
        "refused",
        {"REASON-1": "refused", "WIN-1": "passed"},
    )
    warned = unanswered({}, {"status": "lost"}, severities={"REASON-1": "warn"})
    assert dict(warned.updates[PC].values) == {"status": "declined"}


@pytest.mark.parametrize("told", ["REASON-1", "ANSWER-1"])
def test_what_is_reopened_for_its_reason_is_not_accepted(told: str) -> None:
    """Reopening is what REASON-1 asks for: it answers nothing, and says how to answer; every later look says it too."""
    plan = unanswered({}, {"status": "open"}, told=told)
    assert not plan.writes
    assert (codes(plan), plan.reason, plan.stale[DV]) == ([("ANSWER-1", "status")], "remarked", True)
    assert "status" not in plan.remember[DV]


def test_after_a_close_without_a_reason_the_other_gestures_answer() -> None:
    """A reason given declines, On Hold begins anew, a win accepts."""
    lost: Values = {"status": "lost", "close_reason": BUDGET}
    assert dict(unanswered({}, lost, told="ANSWER-1").updates[PC].values)["status"] == "declined"
    assert (unanswered(told="ANSWER-1").reason, unanswered(told="ANSWER-1").said) == (None, ())
    assert dict(unanswered({}, {"status": "won"}, told="REASON-1").updates[PC].values) == {"status": "open"}


def test_what_is_won_unanswered_is_accepted_first() -> None:
    """The CRM's own state stays unremembered, so that the next run sees it and wins."""
    plan = unanswered({}, {"status": "won"})
    assert plan.updates == {PC: Update(PC, {"status": "open"}, {"status": "on_hold"})}
    assert (plan.reason, plan.stale[DV]) == ("notified", True)
    halves = {PC: half(PC, status="open"), DV: half(DV, status="on_hold")}
    after = decide_pair(pair({"status": "open"}, {"status": "won"}, halves=halves), terms())
    assert after.updates == {PC: Update(PC, {"status": "won"}, {"status": "won"})}


def test_a_deal_accepted_in_the_portal_is_in_progress_here() -> None:
    """The acceptance travels to the CRM, unless the seller parked it since."""
    plan = unanswered({"status": "open"})
    assert plan.updates == {DV: Update(DV, {"status": "open"}, {"status": "open"})}


def test_a_parked_deal_goes_on() -> None:
    """On Hold after the acceptance is the seller's own affair: remembered, and edits travel both ways."""
    plan = decide_pair(pair({"notes": "new"}, {"status": "on_hold", "currency": "USD"}), terms())
    assert {side: dict(update.values) for side, update in plan.updates.items()} == {
        PC: {"currency": "USD"},
        DV: {"notes": "new"},
    }
    assert (plan.remember[PC]["status"], plan.remember[DV]["status"]) == ("open", "on_hold")


def test_a_loss_travels_with_its_reason_and_the_other_edits() -> None:
    """One patch: closed is final, so nothing may be left for a second one."""
    edit: Values = {"status": "lost", "close_reason": BUDGET, "deal_value": Decimal(9)}
    plan = decide_pair(pair({}, edit), terms())
    assert plan.updates == {PC: Update(PC, edit, edit)}


def test_a_win_takes_no_reason_along() -> None:
    """What was chosen while the deal was lost for a time, or prepared, stays in the CRM: it says why deals are lost."""
    plan = decide_pair(pair({}, {"status": "won", "close_reason": BUDGET}), terms())
    assert plan.updates == {PC: Update(PC, {"status": "won"}, {"status": "won"})}
    assert (plan.said, plan.remember[DV]["close_reason"], plan.remember[PC]["close_reason"]) == ((), BUDGET, None)


def test_a_refused_value_holds_the_closing_back() -> None:
    """What a rule refuses could never be mended once the deal is closed."""
    plan = decide_pair(pair({}, {"status": "won", "deal_value": Decimal(-1), "notes": "ok"}), terms())
    assert dict(plan.updates[PC].values) == {"notes": "ok"}
    assert codes(plan) == [("VALUE-2", "deal_value")]
    assert {note.field for note in plan.notes if note.action == "refused"} == {"deal_value", "status"}


@pytest.mark.parametrize(("hours", "verdict"), [(71, "warned"), (73, "passed")])
def test_a_win_within_72_hours_is_warned_of(hours: int, verdict: str) -> None:
    """BR-19: it goes, with a note."""
    made: Values = {"created_at": NOW - timedelta(hours=hours), "visibility": True}
    halves = {PC: half(PC, **made), DV: half(DV, visibility=True)}
    plan = decide_pair(pair(made, {"status": "won", "visibility": True}, halves=halves), terms())
    assert dict(plan.updates[PC].values) == {"status": "won"}
    assert plan.rules["WIN-1"] == verdict


@pytest.mark.parametrize(("here", "how"), [("won", "won"), ("lost", "lost"), ("declined", "lost")])
def test_an_end_in_partner_center_closes_the_opportunity(here: str, how: str) -> None:
    """With its reason and the other edits, by the CRM's own action."""
    edit: Values = {"status": here, "close_reason": "because", "notes": "last"}
    plan = decide_pair(pair(edit), terms())
    values = {"status": how, "close_reason": "because", "notes": "last"}
    assert plan.updates == {DV: Update(DV, values, edit, close_as=how)}


@pytest.mark.parametrize(("here", "code"), [("expired", "EXPIRED-1"), ("error", "ERROR-1")])
def test_other_ends_leave_the_opportunity_open(here: str, code: str) -> None:
    """Said once, with the record settled; later edits are each explained once."""
    plan = decide_pair(pair({"status": here}, {"notes": "new"}), terms())
    assert not plan.writes
    assert codes(plan) == [(code, "status"), ("CLOSED-1", "notes")]
    assert plan.reason == "remarked"


def test_a_reason_given_while_the_deal_is_open_waits_for_the_closing() -> None:
    """It is a preparation: remembered, nothing is said."""
    plan = decide_pair(pair({}, {"close_reason": BUDGET}), terms())
    assert not plan.writes
    assert (plan.said, plan.remember[DV]) == ((), {"close_reason": BUDGET})
    assert plan.remember[PC] == {"close_reason": None}


def test_a_reason_given_after_the_closing_is_explained() -> None:
    """Closed is final, its reason too."""
    halves = {side: half(side, status="lost", close_reason="Other") for side in (PC, DV)}
    lost: Values = {"status": "lost", "close_reason": "Other"}
    plan = decide_pair(pair(lost, {**lost, "close_reason": BUDGET}, halves=halves), terms())
    assert (codes(plan), plan.writes) == ([("CLOSED-1", "close_reason")], False)


def test_states_that_never_agreed_are_told_as_long_as_they_differ() -> None:
    """Found to be one deal, one of them won: said in words, and again by the next look, with nothing written."""
    plan = decide_pair(pair({"status": "won"}, halves={}, adopted=True), terms())
    assert not plan.writes
    assert codes(plan) == [("STATE-1", "status")]
    assert "won in Partner Center" in plan.said[0].sentence
    assert plan.remember[PC]["status"] == "won"
    assert "status" not in plan.remember[DV]
    remembered = {PC: half(PC, status="won"), DV: half(DV)}
    del remembered[DV].values["status"]  # type: ignore[attr-defined]  # an example's own dict
    assert codes(decide_pair(pair({"status": "won"}, halves=remembered), terms())) == [("STATE-1", "status")]


def test_an_answer_whose_confirmation_got_lost_is_not_given_twice() -> None:
    """Law 4: the note says what was meant; where Partner Center shows it, both sides agree."""
    note = InFlight(PC, Ref(DV, "row-1"), "update", "run", NOW, "ref-1", {"status": "open"}, {"status": "open"})
    halves = {PC: half(PC, status="new"), DV: half(DV, status="on_hold")}
    plan = decide_pair(pair({}, {}, halves=halves, notes=(note,)), terms())
    assert not plan.writes
    assert (plan.remember[PC]["status"], plan.remember[DV]["status"]) == ("open", "open")


# ---------------------------------------------------------------- the latch


def visible(here: object, there: object, *, was: tuple[object, object] = (False, False), **state: Value) -> PairPlan:
    """Give the plan of a pair with these visibilities."""
    halves = {PC: half(PC, visibility=was[0], **state), DV: half(DV, visibility=was[1], **state)}  # type: ignore[arg-type]
    return decide_pair(pair({"visibility": here, **state}, {"visibility": there, **state}, halves=halves), terms())  # type: ignore[dict-item]


def test_yes_travels_both_ways() -> None:
    """Whoever shows the deal, shows it."""
    assert dict(visible(False, True).updates[PC].values) == {"visibility": True}
    assert dict(visible(True, False).updates[DV].values) == {"visibility": True}
    assert dict(visible(True, None, was=(True, None)).updates[DV].values) == {"visibility": True}
    assert not visible(False, None, was=(False, False)).writes


def test_a_lifted_latch_is_put_back_and_explained() -> None:
    """Visible cannot be undone: the CRM is set back, the seller reads why, Partner Center is left alone."""
    plan = visible(True, False, was=(True, True))
    assert plan.updates == {DV: Update(DV, {"visibility": True}, {"visibility": True})}
    assert codes(plan) == [("VISIBLE-1", "visibility")]
    assert FieldNote("lost", "visibility", False, True) in plan.notes


def test_what_partner_center_takes_no_more_is_said_once() -> None:
    """A closed deal is not shown any more, an unanswered one not yet."""
    assert codes(visible(False, True, status="won")) == [("CLOSED-1", "visibility")]
    assert not visible(False, True, was=(False, True), status="won").said
    assert not visible(True, False, was=(True, True), status="won").writes
    assert codes(unanswered({}, {"visibility": True})) == [("WAIT-1", "visibility")]
