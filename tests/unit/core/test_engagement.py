"""Asking Microsoft for help: what it takes, that it is asked once, and what its answers mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import Create, Invite
from cosell.core.decide import decide_pair
from cosell.core.engagement import asked_of_microsoft, is_watched, recalled
from cosell.core.newcomers import decide_new_opportunity, decide_new_referral
from cosell.core.record import Field, Member
from examples import BOTH, DV, FIELDS, ONLY_DV, ONLY_PC, PC, half, opportunity, pair, referral, terms

if TYPE_CHECKING:
    from cosell.core.actions import PairPlan
    from cosell.core.record import Value

ADA = Member("Ada", "Moor", "ada@example.org", "+49 1")
SILENT = ADA._replace(phone="")
HELP: dict[str, Value] = {"help": "QuotesOrLicensing", "customer_contacts": (ADA,)}
ASKED: dict[str, Value] = {
    "microsoft_referral": "theirs",
    "microsoft_status": "Pending",
    "microsoft_help": "QuotesOrLicensing",
    "invited_by": "us",
}
WITH_HELP = FIELDS | {
    each.name: each
    for each in (
        Field("customer_contacts", BOTH, written_on=frozenset()),
        Field("help_notes", ONLY_DV),
        *(Field(name, BOTH, written_on=ONLY_DV) for name in ("partner_role", "solution_area", "solution_play")),
        *(Field(name, ONLY_PC) for name in ASKED),
    )
}


def decided(here: dict[str, Value], there: dict[str, Value], *, was: Value = ...) -> PairPlan:  # type: ignore[assignment]
    """Give the plan of a pair that agrees but for what is said; `was`: the help that memory has of the CRM."""
    known = {"customer_contacts": (ADA,)}
    halves = {PC: half(PC, **known), DV: half(DV, **known, **({} if was is ... else {"help": was}))}
    return decide_pair(pair({**known, **here}, {**known, **there}, halves=halves), terms(fields=WITH_HELP))


def codes(plan: PairPlan) -> list[str]:
    """Give the ids of what is said."""
    return [each.code for each in plan.said]


def test_help_asked_later_makes_the_deal_visible_and_asks() -> None:
    """Both are one plan: the upgrade in the same edit as all else, the request after it."""
    plan = decided({}, {**HELP, "help_notes": "Call me", "notes": "new"})
    assert plan.invite == Invite("QuotesOrLicensing", {"help_notes": "Call me"})
    assert plan.updates[PC].values == {"notes": "new", "visibility": True}
    assert plan.updates[DV].values == {"visibility": True}
    assert (plan.reason, plan.said, plan.writes) == (None, (), True)


def test_a_visible_deal_is_only_asked_for() -> None:
    """From partner-led to co-sell nothing of our own referral changes."""
    plan = decided({"visibility": True}, {**HELP, "visibility": True})
    assert (plan.invite, dict(plan.updates), plan.writes) == (Invite("QuotesOrLicensing"), {}, True)


def test_a_new_deal_is_created_shared_and_visible() -> None:
    """Own referral first; the request belongs to the same plan."""
    plan = decide_new_opportunity(opportunity(**HELP), terms(fields=WITH_HELP))
    assert isinstance(plan.create, Create)
    assert (plan.create.values["type"], plan.create.values["visibility"]) == ("Shared", True)
    assert (plan.invite, plan.reason) == (Invite("QuotesOrLicensing"), None)
    without = decide_new_opportunity(opportunity(), terms(fields=WITH_HELP))
    assert without.create is not None
    assert "type" not in without.create.values
    assert without.invite is None


@pytest.mark.parametrize(
    ("here", "there", "code"),
    [
        ({"customer_contacts": (SILENT,)}, {"customer_contacts": (SILENT,)}, "CONTACT-1"),
        ({"solutions": ()}, {"solutions": ()}, "SOLUTION-1"),
        ({}, {"consent": False}, "CONSENT-1"),
        ({}, {"partner_role": "Solution design"}, "SERVICES-1"),
        ({}, {"help": "other:727000099"}, "HELP-1"),
    ],
)
def test_what_lacks_is_refused(here: dict[str, Value], there: dict[str, Value], code: str) -> None:
    """Nothing is asked of Microsoft, and the deal is not made visible, until the seller has mended it."""
    plan = decided(here, {**HELP, **there})
    assert code in codes(plan)
    assert (plan.invite, plan.reason, plan.rules[code]) == (None, "refused", "refused")
    assert not plan.updates


def test_the_crm_knows_the_contact_better() -> None:
    """A contact completed after the deal was created is told with the request; a whole one needs no telling."""
    plan = decided({"customer_contacts": (SILENT,)}, HELP)
    assert plan.invite == Invite("QuotesOrLicensing", {"customer_contacts": (ADA,)})


def test_services_words_go_with_the_request() -> None:
    """Our own referral takes no attributes after creation, Microsoft's begins with them."""
    said: dict[str, Value] = dict(zip(("partner_role", "solution_area", "solution_play"), "RAP", strict=True))
    plan = decided({}, {**HELP, **said})
    assert plan.invite is not None
    assert plan.invite.values == said


@pytest.mark.parametrize("state", ["won", "lost", "declined", "expired", "error"])
def test_a_closed_referral_is_not_asked_for(state: str) -> None:
    """It is said once, and settles the record."""
    plan = decided({"status": state}, HELP)
    assert plan.invite is None
    assert ("CLOSED-1", True) in [(each.code, each.final) for each in plan.said if each.field == "help"]


def test_an_unanswered_deal_waits() -> None:
    """Before we have accepted it ourselves nobody else is asked in."""
    plan = decided({"status": "new"}, {**HELP, "status": "on_hold"})
    assert (plan.invite, plan.reason) == (None, "wait")
    assert "WAIT-1" in codes(plan)


def test_an_opportunity_that_was_closed_is_not_asked_for() -> None:
    """A deal that is over needs no help."""
    plan = decided({}, {**HELP, "status": "won"})
    assert plan.invite is None
    assert "help" not in [each.field for each in plan.said]


def test_microsoft_is_asked_once() -> None:
    """Where Microsoft's referral stands nothing is asked, whatever became of it."""
    for status in ("Pending", "Accepted", "Declined", "Expired", "Won", "Pondering"):
        plan = decided({**ASKED, "microsoft_status": status}, {"help": "QuotesOrLicensing"})
        assert plan.invite is None, status


@pytest.mark.parametrize("now", [None, "ProofOfConceptOrDemo"])
def test_a_request_is_not_changed_or_taken_back(now: Value) -> None:
    """What the seller chose since is explained; nothing is sent, and the record is settled."""
    plan = decided(ASKED, {"help": now}, was="QuotesOrLicensing")
    assert [(each.code, each.final) for each in plan.said] == [("HELP-2", True)]
    assert (plan.invite, dict(plan.updates), plan.reason) == (None, {}, "remarked")
    assert codes(decided(ASKED, {"help": "QuotesOrLicensing"})) == []


def test_help_asked_in_the_portal_is_shown_in_the_crm() -> None:
    """A seller who never chose sees what was asked for; memory of our referral learns no field that it has not."""
    plan = decided(ASKED, {"help": None}, was=None)
    assert dict(plan.updates[DV].values) == {"help": "QuotesOrLicensing"}
    assert "help" not in plan.updates[DV].sent_from
    assert not decided(ASKED, {"help": None, "status": "won"}, was=None).updates.get(DV), "a closed row takes nothing"
    created = decide_new_referral(referral(**ASKED), terms(fields=WITH_HELP))
    assert not isinstance(created, str)
    assert created.create is not None
    assert created.create.values["help"] == "QuotesOrLicensing"


@pytest.mark.parametrize(("status", "code"), [("Declined", "HELP-4"), ("expired", "HELP-5")])
def test_microsofts_no_is_explained_and_closes_nothing(status: str, code: str) -> None:
    """The deal stays open on both sides, and in step."""
    plan = decided({**ASKED, "microsoft_status": status}, {"help": "QuotesOrLicensing"})
    assert (codes(plan), dict(plan.updates), plan.reason) == ([code], {}, "remarked")
    assert codes(decided({**ASKED, "microsoft_status": status, "status": "won"}, {"status": "won"})) == []


def test_microsofts_own_deal_needs_no_help() -> None:
    """Who brought the deal is told by the organisation that invited, and its codes are not our request."""
    theirs = {**ASKED, "invited_by": "MSFT"}
    assert codes(decided(theirs, {"help": "QuotesOrLicensing"})) == ["HELP-3"]
    assert codes(decided({**theirs, "microsoft_status": "Declined"}, {})) == []
    assert asked_of_microsoft(theirs) is None


@pytest.mark.parametrize(
    ("change", "watched"),
    [
        ({}, True),
        ({"microsoft_status": "Accepted"}, True),
        ({"microsoft_status": "Pondering"}, True),
        ({"microsoft_status": None}, True),
        ({"microsoft_status": "Won"}, False),
        ({"microsoft_status": "declined"}, False),
        ({"microsoft_referral": None}, False),
        ({"status": "won"}, False),
    ],
)
def test_what_may_still_move_is_watched(change: dict[str, Value], watched: bool) -> None:
    """Both sides must be open; a word that nobody knows does not count as an end."""
    assert is_watched({"status": "open", **ASKED, **change}) is watched


def test_what_was_not_looked_at_is_recalled() -> None:
    """Microsoft's part as last seen stands in where it was not read; what was read of its referral counts."""
    known, read = half(PC, **ASKED), {"microsoft_referral": "m-1", "microsoft_status": None}
    assert recalled(known, read=read) == {
        name: value for name, value in ASKED.items() if name.startswith("microsoft_") and name not in read
    }
    assert recalled(None, read={}) == {}


def test_microsofts_part_does_not_go() -> None:
    """A reading that finds none, where one stood, is late or does not tell whose it is: nobody is asked twice."""
    nothing = dict.fromkeys((name for name in ASKED if name.startswith("microsoft_")), None)
    assert recalled(half(PC, **ASKED), read=nothing) == {name: ASKED[name] for name in nothing}
    assert recalled(half(PC, **nothing), read=nothing) == {}
