"""A lead only comes from Partner Center, and one that is qualified hands its referral over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import PairPlan
from cosell.core.decide import decide_pair
from cosell.core.leads import decide_lead, in_words_of_leads
from cosell.core.newcomers import decide_new_referral, skip_reason
from cosell.core.record import Binding
from examples import BINDING, DV, PC, half, pair, referral, terms

if TYPE_CHECKING:
    from cosell.core.record import Value

HEIR = Binding("ref-1", "deal-1")
MARKETPLACE: dict[str, Value] = {"type": "Independent", "qualification": "Direct", "invited_by": "msft"}
INHERITED = {PC: half(PC), DV: replace(half(DV, flag=None), stale=True)}


def test_an_open_lead_is_decided_like_any_pair() -> None:
    """Edits travel by the same laws."""
    known = pair(there={"deal_value": None})
    assert decide_lead(known, terms(), heir=None) == decide_pair(known, terms())


@pytest.mark.parametrize("flag", [True, False])
def test_a_qualified_lead_hands_its_referral_over(*, flag: bool) -> None:
    """Nothing is written on the lead any more; what the seller said of sharing goes along."""
    plan = decide_lead(pair(there={"status": "qualified", "flag": flag}), terms(), heir=HEIR)
    assert (plan.binding, plan.heir) == (BINDING, replace(HEIR, paused=not flag))
    assert (plan.writes, plan.reason, plan.said) == (False, None, ())


def test_a_qualified_lead_waits_for_its_opportunity() -> None:
    """It says so and takes no edit; what Partner Center holds besides is read again."""
    seen = {PC: half(PC), DV: half(DV, status="qualified")}
    known = pair(here={"deal_value": None}, there={"status": "qualified"}, halves=seen)
    plan = decide_lead(known, terms(), heir=None)
    assert (plan.reason, [said.code for said in plan.said]) == ("wait", ["QUALIFIED-1"])
    assert (DV in plan.updates, plan.stale[PC]) == (False, True)


def test_a_lead_whose_referral_is_closed_waits_in_silence() -> None:
    """Nothing is carried for it before the opportunity is known."""
    plan = decide_lead(pair(here={"status": "lost"}, there={"status": "qualified"}), terms(), heir=None)
    assert (plan.updates, plan.reason) == ({}, "wait")


def test_a_paused_lead_rests() -> None:
    """Qualified or not, the flag says No."""
    plan = decide_lead(pair(there={"status": "qualified", "flag": False}), terms(), heir=None)
    assert (plan.reason, [said.code for said in plan.said]) == ("paused", ["PAUSED-1"])


def test_an_opportunity_that_took_over_is_flagged() -> None:
    """The flag is ours to set, once: it is known only when it was written, and never told to Partner Center."""
    plan = decide_pair(pair(there={"flag": False}, halves=INHERITED), terms())
    assert plan.updates[DV].values == {"flag": True}
    assert plan.updates[DV].sent_from == {}
    assert "flag" not in plan.remember[DV]
    assert (PC in plan.updates, plan.reason) == (False, None)


def test_a_seller_who_said_no_is_not_overruled() -> None:
    """A flag that was ever seen, or a pair that is paused, is left as it is."""
    seen = {PC: half(PC), DV: half(DV, flag=True)}
    paused = replace(pair(there={"flag": False}, halves=INHERITED), binding=replace(BINDING, paused=True))
    for known in (pair(there={"flag": False}, halves=seen), paused):
        plan = decide_pair(known, terms())
        assert (plan.updates, plan.reason) == ({}, "paused")


@pytest.mark.parametrize(
    ("leads", "values", "reason"),
    [
        (True, MARKETPLACE, None),
        (False, MARKETPLACE, "marketplace lead"),
        (True, {"type": "Shared"}, "co-sell opportunity"),
        (False, {"type": "Shared"}, None),
        (True, {**MARKETPLACE, "status": "won"}, "closed at first sight (won)"),
        (False, {"type": "Shared", "status": "won"}, None),
    ],
)
def test_each_table_takes_its_own_newcomers(leads: bool, values: dict[str, Value], reason: str | None) -> None:
    """Leads and deals are told apart; a lead that is over is not begun."""
    assert skip_reason(values, terms(leads=leads)) == reason


@pytest.mark.parametrize(
    ("here", "there", "was", "told", "expected"),
    [
        (
            "lost",
            "open",
            ("lost", "lost"),
            "",
            (
                "The lead was reopened. In Partner Center the deal stays closed as lost; nothing more is carried. "
                "Close it again, or go on with a new deal."
            ),
        ),
        (
            "expired",
            "open",
            ("new", "on_hold"),
            "",
            (
                "Nobody answered in time, so the referral has expired in Partner Center. The lead stays open; nothing "
                "more is carried. Go on without it, or close the lead."
            ),
        ),
        (
            "new",
            "open",
            ("new", "on_hold"),
            "ANSWER-1",
            (
                "The deal was closed without a reason and reopened, which does not accept the referral. To decline "
                "it, close it with a reason. To accept it, set it New, wait until this text is gone, then set it to "
                "Contacted."
            ),
        ),
        (
            "new",
            "lost",
            ("new", "on_hold"),
            "",
            "A deal that is lost or declined needs a close reason. Reopen the lead, choose one, and close it again.",
        ),
    ],
)
def test_a_lead_s_seller_reads_of_a_lead(here: str, there: str, was: tuple[str, str], told: str, expected: str) -> None:
    """The same sentences, with the word and the states that the seller's form has; the history holds them once."""
    halves = {PC: half(PC, status=was[0]), DV: half(DV, status=was[1])}
    known = replace(pair({"status": here}, {"status": there}, halves=halves), told=frozenset({told}))
    plan = in_words_of_leads(decide_lead(known, terms(leads=True), heir=None))
    assert [said.sentence for said in plan.said] == [expected]
    assert {note.detail for note in plan.notes if note.detail} <= {expected}


def test_a_referral_that_cannot_be_made_a_lead_says_lead() -> None:
    """An article goes with its noun."""
    plan = decide_new_referral(referral(**MARKETPLACE, deal_name=""), terms(leads=True))
    assert isinstance(plan, PairPlan)
    (said,) = in_words_of_leads(plan).said
    assert said.sentence == "The referral has no deal name, so no lead can be made of it. Enter one in Partner Center."


def test_what_speaks_of_the_opportunity_to_come_stays() -> None:
    """A qualified lead waits for an opportunity, not for a lead."""
    plan = decide_lead(pair(there={"status": "qualified"}), terms(leads=True), heir=None)
    assert in_words_of_leads(plan).said == plan.said
