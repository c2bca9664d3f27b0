"""Notes: what somebody adds on one side is appended on the other, once; nothing is taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import Update
from cosell.core.decide import decide_pair
from cosell.core.merging import Merged, merge
from cosell.core.notes import carried, edit
from cosell.core.record import Field, InFlight, Ref
from examples import BOTH, DV, FIELDS, NOW, PC, fit, half, pair, terms, view

if TYPE_CHECKING:
    from cosell.core.actions import PairPlan
    from cosell.core.pair import Pair
    from cosell.core.record import Value

NOTES = Field("notes", BOTH, merge="append")
LONG = Field("remarks", BOTH, merge="append")


def merged(was: tuple[Value, Value], now: tuple[Value, Value], field: Field = LONG) -> Merged:
    """Give what follows for notes that were and are now so (Partner Center's first)."""
    return merge(view(field, was=was, now=now), fit=fit)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("a", "a\nb", "a\nb"),
        ("a", "b\na", "a\nb"),
        ("a\nc", "a\nb\nc", "a\nc\nb"),
        ("call Bob", "call Bob on Monday", "call Bob\non Monday"),
        ("call Bob", "Urgent: call Bob", "call Bob\nUrgent:"),
        (None, "a\n\nb", "a\n\nb"),
        ("a\r\nb", "a\nb\nc", "a\r\nb\r\nc"),
        ("budget 50", "budget 60\nMet the CFO", "budget 50\nMet the CFO"),
        ("call Bob", "Met the CFO", "call Bob\nMet the CFO"),
        ("a\nb", "b\na", None),
        ("a\nb", "a", None),
        ("budget 50", "budget 60", None),
        ("a", "a\n\n", None),
    ],
)
def test_only_what_was_added_is_carried(before: str | None, now: str, expected: str | None) -> None:
    """New lines, and what came before or behind a line, are added; a line rewritten, moved or gone is not carried."""
    assert carried(edit(before, now), before, source=now) == expected


@pytest.mark.parametrize(
    ("before", "now", "took"),
    [("a\nb", "a", True), ("budget 50", "budget 60", True), ("a\nb", "b\na", False), ("a", "a b", False)],
)
def test_what_went_is_told(before: str, now: str, took: bool) -> None:
    """A line that is gone or says something else is told; one that only moved or grew is not."""
    assert edit(before, now).took_away is took


def test_texts_in_step_stay_in_step() -> None:
    """Where the other side was not touched it becomes what this one is: the place of an addition is kept."""
    assert merged(("a\nc", "a\nc"), ("a\nb\nc", "a\nc")).writes == {DV: "a\nb\nc"}


def test_additions_of_both_sides_cross_over() -> None:
    """Each side gets what the other added; a write teaches only what it carried."""
    both = merged(("a", "a"), ("a\np", "a\nd"))
    assert both.writes == {PC: "a\np\nd", DV: "a\nd\np"}
    assert both.baselines == {PC: "a\nd", DV: "a\np"}


def test_the_same_line_added_on_both_sides_is_one() -> None:
    """Nothing is appended that stands there already."""
    assert merged(("a", "a"), ("a\nx", "a\nx")) == Merged("agree")
    assert merged(("a", "b"), ("a\nx", "b\nx")) == Merged("agree")


def test_a_line_said_twice_is_carried_twice() -> None:
    """A line like one that stands already is an addition all the same."""
    assert merged(("called", "called\nown"), ("called\ncalled", "called\nown")).writes == {DV: "called\nown\ncalled"}


def test_line_ends_are_no_edit() -> None:
    """The sides may end lines in their own way; what is appended follows the target."""
    assert merged(("a\nb", "a\nb"), ("a\r\nb", "a\nb")) == Merged("agree")
    assert merged(("a", "x\r\ny"), ("a\nb", "x\r\ny")).writes == {DV: "x\r\ny\r\nb"}


def test_what_would_overflow_is_not_cut() -> None:
    """Law 5 for appends: the addition is refused whole, the other direction goes on."""
    told = merged(("abcd", "abcd"), ("abcd\nmore", "abcd"), NOTES)
    assert (dict(told.writes), told.overflowing) == ({}, (DV,))
    crossing = merged(("abcd", "a"), ("abcd\nmore", "a\nb"), NOTES)
    assert (dict(crossing.writes), crossing.overflowing) == ({PC: "abcd\nmore\nb"}, (DV,))
    assert crossing.baselines == {PC: "abcd\nb"}


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("a\nb", "b", Merged("agree")),
        ("Q4 project", "Q4", Merged("agree")),
        ("a", "b", Merged("conflict")),
        ("a", None, Merged("carry", {DV: "a"})),
        ("", "b", Merged("carry", {PC: "b"})),
    ],
)
def test_without_a_baseline_nothing_is_doubled(here: str, there: str | None, expected: Merged) -> None:
    """One text within the other: nothing is written; an empty one is filled; else a person decides."""
    assert merge(view(LONG, was=(..., ...), now=(here, there)), fit=fit) == expected  # type: ignore[arg-type]


def test_a_cut_copy_without_a_baseline_is_no_conflict() -> None:
    """The CRM's copy, cut to four signs, is within the longer original."""
    assert merge(view(NOTES, was=(..., ...), now=("longer", "long")), fit=fit) == Merged("agree")  # type: ignore[arg-type]


# ------------------------------------------------------------ in a plan


def _decided(bound: Pair, field: Field = LONG) -> PairPlan:
    return decide_pair(bound, terms(fields={**FIELDS, field.name: field}))


def _pair(was: tuple[str, str], now: tuple[str, str], *notes: InFlight, **more: Value) -> Pair:
    halves = {PC: half(PC, remarks=was[0]), DV: half(DV, remarks=was[1])}
    return pair({"remarks": now[0], **more}, {"remarks": now[1]}, halves=halves, notes=notes)


def _said(plan: PairPlan) -> list[tuple[str, str | None, bool]]:
    return [(each.code, each.field, each.final) for each in plan.said]


def test_what_was_taken_away_is_said_and_stays() -> None:
    """A deletion travels nowhere: one sentence, the baseline as it was, and the record is settled."""
    plan = _decided(_pair(("a\nb", "a\nb"), ("a\nb", "a")))
    assert not plan.writes
    assert _said(plan) == [("NOTES-1", "remarks", True)]
    assert (plan.reason, plan.remember[DV].get("remarks")) == ("remarked", None)


def test_an_addition_goes_on_beside_a_deletion() -> None:
    """Who took one line away and wrote another has the new one carried."""
    plan = _decided(_pair(("a\nb", "a\nb"), ("a\nb", "a\nMet the CFO")))
    assert plan.updates == {PC: Update(PC, {"remarks": "a\nb\nMet the CFO"}, {"remarks": "a\nMet the CFO"})}


def test_an_overflow_is_said_in_words() -> None:
    """The sentence names who has no room."""
    halves = {PC: half(PC, notes="abcd"), DV: half(DV, notes="abcd")}
    plan = _decided(pair({"notes": "abcd\nmore"}, {"notes": "abcd"}, halves=halves), NOTES)
    assert [each.sentence for each in plan.said] == [
        "Notes: the CRM has no room for the text that was added in Partner Center. Shorten it in the CRM."
    ]


def test_a_closed_side_takes_no_addition() -> None:
    """An append passes the same gates as any edit."""
    plan = _decided(_pair(("a", "a"), ("a", "a\nb"), status="won"))
    assert ("CLOSED-1", "remarks", True) in _said(plan)
    assert PC not in plan.updates


# ------------------------------------------------------------ after a crash


def _note(meant: str, sent_from: str) -> InFlight:
    return InFlight(DV, Ref(PC, "ref-1"), "update", "run", NOW, "row-1", {"remarks": meant}, {"remarks": sent_from})


@pytest.mark.parametrize("now", ["a\np", "a\np\nd", "d\na\np"])
def test_an_append_that_landed_is_not_done_again(now: str) -> None:
    """The answer was lost, and somebody may have added since: only that is carried."""
    plan = _decided(_pair(("a", "a"), ("a\np", now), _note("a\np", "a\np")))
    assert DV not in plan.updates
    if "d" in now:
        assert plan.updates[PC].values["remarks"] in {"a\np\nd", now}
    else:
        assert not plan.writes
        assert (plan.remember[PC]["remarks"], plan.remember[DV]["remarks"]) == ("a\np", "a\np")


def test_an_append_that_did_not_land_is_done() -> None:
    """The note of a write that never arrived changes nothing."""
    plan = _decided(_pair(("a", "a"), ("a\np", "a\nd"), _note("a\np", "a\np")))
    assert {side: each.values["remarks"] for side, each in plan.updates.items()} == {DV: "a\nd\np", PC: "a\np\nd"}


def test_a_crossing_append_that_landed_leaves_the_other_to_be_carried() -> None:
    """What the target held of its own when it was written to is still to go the other way."""
    plan = _decided(_pair(("a", "a"), ("a\np", "a\nd\np"), _note("a\nd\np", "a\np")))
    assert {side: each.values["remarks"] for side, each in plan.updates.items()} == {PC: "a\nd\np"}
