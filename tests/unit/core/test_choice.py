"""A person's choice between two values: what it does, and when it has lost its force."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.choice import Choice, may_choose
from cosell.core.decide import decide_orphan, decide_pair
from cosell.core.record import Side
from examples import DV, FIELDS, PC, half, pair, terms

if TYPE_CHECKING:
    from cosell.core.actions import PairPlan
    from cosell.core.record import Value


def choice(name: str, take: Side, seen: tuple[Value, Value], agreed: tuple[Any, Any] = ("hi", "hi")) -> Choice:
    """Give a choice made while both sides held `seen` and had agreed on `agreed`."""
    known = {side: value for side, value in zip((PC, DV), agreed, strict=True) if value is not ...}
    return Choice(name, take, dict(zip((PC, DV), seen, strict=True)), known)


def decided(here: dict[str, Value], there: dict[str, Value], *choices: Choice, **more: Any) -> PairPlan:  # noqa: ANN401 - what `pair` takes
    """Give the plan of a pair on which somebody decided."""
    return decide_pair(replace(pair(here, there, **more), choices=choices), terms())


@pytest.mark.parametrize("take", list(Side))
def test_the_value_taken_is_written_to_the_other_side(take: Side) -> None:
    """The conflict is over, either way, and the value that lost is told."""
    held: dict[Side, Value] = {PC: "a", DV: "b"}
    plan = decided({"notes": "a"}, {"notes": "b"}, chosen := choice("notes", take, ("a", "b")))
    (update,) = plan.updates.values()
    assert (update.side, dict(update.values), dict(update.sent_from)) == (
        take.other,
        {"notes": held[take]},
        {"notes": held[take]},
    )
    assert (plan.reason, plan.said, plan.choices) == (None, (), (chosen,))
    assert [(n.action, n.old, n.new) for n in plan.notes] == [("lost", held[take.other], held[take])]


@pytest.mark.parametrize(
    ("here", "there", "was"),
    [("a2", "b", "hi"), ("a", "b2", "hi"), ("b", "a", "hi"), ("a", "b", "ho")],
    ids=["edited there", "edited here", "swapped", "agreed on since"],
)
def test_an_edit_ends_the_choice(here: str, there: str, was: str) -> None:
    """Nobody decided between these two values, so the conflict stands and neither is lost."""
    known = {side: half(side, notes=was) for side in Side}
    plan = decided({"notes": here}, {"notes": there}, choice("notes", PC, ("a", "b")), halves=known)
    assert (plan.reason, plan.updates, plan.choices) == ("conflict", {}, ())


def test_a_choice_beats_the_named_winner() -> None:
    """Where the mapping lets the CRM win, a person may still take the other value."""
    was, now = ("EUR", "EUR"), ("SEK", "NOK")
    plan = decided({"currency": "SEK"}, {"currency": "NOK"}, choice("currency", PC, now, was))
    assert dict(plan.updates[DV].values) == {"currency": "SEK"}
    assert PC not in plan.updates


def test_a_cut_copy_may_be_taken_by_a_person_only() -> None:
    """By itself no edit of the short copy overwrites the longer original; a person can say that it shall."""
    known = {PC: half(PC, notes="longer"), DV: half(DV, notes="long")}
    edit = ({"notes": "longer"}, {"notes": "else"})
    assert PC not in decided(*edit, halves=known).updates
    taken = choice("notes", DV, ("longer", "else"), ("longer", "long"))
    assert dict(decided(*edit, taken, halves=known).updates[PC].values) == {"notes": "else"}


def test_a_value_goes_as_the_other_side_would_store_it() -> None:
    """Fitted, with the whole value remembered on the side that it came from."""
    plan = decided({"notes": "aaaaaa"}, {"notes": "b"}, choice("notes", PC, ("aaaaaa", "b")))
    assert dict(plan.updates[DV].values) == {"notes": "aaaa"}
    assert dict(plan.updates[DV].sent_from) == {"notes": "aaaaaa"}


def test_a_choice_does_not_open_a_gate() -> None:
    """What a side does not take it does not take from a person's choice either, and that is said."""
    name = choice("deal_name", DV, ("Here", "There"), ("Move", "Move"))
    plan = decided({"deal_name": "Here"}, {"deal_name": "There"}, name)
    assert (plan.updates, [said.code for said in plan.said]) == ({}, ["FINAL-1"])


def test_a_choice_waits_for_the_answer_of_an_unanswered_referral() -> None:
    """It is kept, since nothing happened to the values, and carried once the referral takes them."""
    known = {PC: half(PC, status="new", visibility=True), DV: half(DV, status="on_hold", visibility=True)}
    chosen = choice("currency", DV, ("SEK", "NOK"), ("EUR", "EUR"))
    states: tuple[dict[str, Value], dict[str, Value]] = (
        {"currency": "SEK", "status": "new", "visibility": True},
        {"currency": "NOK", "status": "on_hold", "visibility": True},
    )
    plan = decided(*states, chosen, halves=known)
    assert (plan.reason, plan.updates, plan.choices) == ("wait", {}, (chosen,))


def test_a_choice_does_not_touch_other_fields() -> None:
    """Each conflict is decided by itself."""
    both = ({"notes": "a", "deal_name": "Here"}, {"notes": "b", "deal_name": "There"})
    plan = decided(*both, choice("notes", PC, ("a", "b")))
    assert dict(plan.updates[DV].values) == {"notes": "a"}
    assert plan.reason == "conflict"


@pytest.mark.parametrize(
    ("take", "side", "word", "closed"),
    [(DV, PC, "lost", None), (PC, DV, "won", "won")],
)
def test_a_state_in_dispute_is_decided_by_a_legal_step(take: Side, side: Side, word: str, closed: str | None) -> None:
    """The side that is open is closed as the other is: in the CRM by its own action."""
    held = {DV: ("open", "lost"), PC: ("won", "open")}[take]
    known = {s: replace(half(s), values={n: v for n, v in half(s).values.items() if n != "status"}) for s in Side}
    chosen = choice("status", take, held, (..., ...))
    here: dict[str, Value] = {"status": held[0], "close_reason": "too dear"}
    there: dict[str, Value] = {"status": held[1], "close_reason": "too dear"}
    plan = decided(here, there, chosen, halves=known)
    assert (plan.updates[side].values["status"], plan.updates[side].close_as) == (word, closed)
    assert decided(here, there, halves=known, adopted=True).updates == {}


@pytest.mark.parametrize("held", [("open", "lost"), ("new", "lost")])
def test_a_state_that_no_step_leads_to_is_not_taken(held: tuple[str, str]) -> None:
    """The sync reopens nothing: taking the open referral over a lost opportunity leaves both as they are."""
    known = {PC: half(PC, status=held[0]), DV: half(DV)}
    plan = decided(
        {"status": held[0]}, {"status": held[1]}, choice("status", PC, held, (held[0], "open")), halves=known
    )
    assert DV not in plan.updates
    assert plan.choices == ()


def test_a_choice_outlives_a_pause_and_a_missing_half() -> None:
    """Nothing was decided meanwhile, so nothing ended it."""
    chosen = choice("notes", PC, ("a", "b"))
    assert decided({"notes": "a"}, {"notes": "b", "flag": False}, chosen).choices == (chosen,)
    assert decide_orphan(replace(pair(), choices=(chosen,)), gone=PC, out_of_scope=False).choices == (chosen,)


def test_what_may_be_chosen() -> None:
    """Values that both sides hold and people edit; the reason goes with the state, visibility is a latch."""
    assert {name for name, each in FIELDS.items() if may_choose(each)} == {
        "deal_name",
        "deal_value",
        "currency",
        "close_date",
        "notes",
        "stage",
        "customer_name",
        "solutions",
        "status",
    }
