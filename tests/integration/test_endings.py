"""The end of a deal, on either side, with its last edits."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import CosellError

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.life import (
    BUDGET,
    IN_PROGRESS,
    LOST,
    SYNCED,
    WON,
    bound,
    invited,
    loses,
    patches,
    quiet,
    seller,
    state_of,
)

if TYPE_CHECKING:
    from tests.integration.joined import Joined


@pytest.mark.parametrize(("how", "shown"), [(crm.win, "Closed/Won"), (loses, "Closed/Lost")])
def test_an_opportunity_s_end_closes_the_referral_with_the_last_edits(joined: Joined, how: Any, shown: str) -> None:  # noqa: ANN401 - an act
    """State, substate, reason and every other edit go in one patch, since nothing can follow it."""
    referral, row = bound(joined)
    joined.writes()
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=4711, description="the end")
    how(joined if how is loses else joined.sandbox, row)
    joined.run()
    seen = joined.shown(referral)
    assert (state_of(joined, referral), seen["details"]["dealValue"]) == (shown, 4711)
    assert "the end" in seen["details"]["notes"]
    assert seen.get("statusReason") == ("Budget not adequate" if how is loses else None)
    assert len(patches(joined)) == 1
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert quiet(joined)


@pytest.mark.parametrize(("how", "state", "reason"), [("Won", WON, None), ("Lost", LOST, BUDGET)])
def test_a_referral_s_end_closes_the_opportunity_with_the_last_edits(
    joined: Joined, how: str, state: int, reason: int | None
) -> None:
    """By the CRM's own action, with its close record, in the change set of the other edits."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=4711)
    portal.close(joined.sandbox, referral, substatus=how, reason="budget NOT adequate" if reason else None)
    joined.run()
    after = joined.row(row)
    assert (after["statecode"], after["estimatedvalue"], after["cosell_closereason"]) == (state, 4711, reason)
    assert len(crm.find(joined.sandbox, "opportunityclose")) == 1
    assert after["cosell_syncstatus"] == SYNCED
    assert quiet(joined)


def test_a_decline_in_the_portal_loses_the_opportunity(joined: Joined) -> None:
    """The partner's own no, given there."""
    invitation, row = invited(joined)
    portal.decline(joined.sandbox, invitation, reason="Not a customer")
    joined.run()
    assert (joined.row(row)["statecode"], joined.row(row)["cosell_closereason"]) == (LOST, 727000004)
    assert quiet(joined)


def test_what_expires_is_said_and_reported_and_closes_nothing(joined: Joined) -> None:
    """The opportunity stays open and goes on as the CRM's own; a later edit is explained once."""
    invitation, row = invited(joined)
    portal.expire(joined.sandbox, invitation)
    facts = joined.run()
    after = joined.row(row)
    assert (after["statecode"], after["cosell_expireson"]) == (0, None)
    assert "EXPIRED-1" in after["cosell_audit"]
    assert joined.report(facts)["plan"]["said"] == {"EXPIRED-1": 1}
    joined.later(60)
    seller(joined, row, estimatedvalue=7)
    assert "CLOSED-1" in joined.row(row)["cosell_audit"]
    assert quiet(joined)
    assert patches(joined) == []


def test_closed_as_an_error_in_the_portal_closes_nothing(joined: Joined) -> None:
    """As expired: said, with the opportunity left to its seller."""
    referral, row = bound(joined)
    portal.close(joined.sandbox, referral, substatus="Error")
    joined.run()
    assert joined.row(row)["statecode"] == 0
    assert "ERROR-1" in joined.row(row)["cosell_audit"]


def test_closed_differently_is_said_and_solved_by_reopening(joined: Joined) -> None:
    """Neither end is touched; reopened, the opportunity takes the referral's end."""
    referral, row = bound(joined)
    portal.close(joined.sandbox, referral, substatus="Won")
    loses(joined, row)
    joined.run()
    assert "CLOSED-2" in joined.row(row)["cosell_audit"]
    assert (joined.row(row)["statecode"], state_of(joined, referral)) == (LOST, "Closed/Won")
    joined.later(60)
    seller(joined, row, statecode=0, statuscode=IN_PROGRESS)
    assert (joined.row(row)["statecode"], joined.row(row)["cosell_syncstatus"]) == (WON, SYNCED)


def test_a_reopened_opportunity_is_said_and_left(joined: Joined) -> None:
    """Closed is final there: the opportunity stays open, nothing of it travels, and it is said once."""
    referral, row = bound(joined)
    crm.win(joined.sandbox, row)
    joined.run()
    joined.later(60)
    seller(joined, row, statecode=0, statuscode=IN_PROGRESS)
    after = joined.row(row)
    assert (after["statecode"], state_of(joined, referral)) == (0, "Closed/Won")
    assert "REOPENED-1" in after["cosell_audit"]
    assert quiet(joined)


def test_edits_after_the_end_are_explained_once(joined: Joined) -> None:
    """Value and reason of a closed deal stay in the CRM: a line each, and quiet ever after."""
    joined.sandbox.settings["dataverse_closed_opportunity"] = "all"
    referral, row = bound(joined)
    loses(joined, row)
    joined.run()
    joined.later(60)
    joined.writes()
    seller(joined, row, estimatedvalue=5, cosell_closereason=727000004)
    assert joined.row(row)["cosell_audit"].count("CLOSED-1") == 2
    assert joined.shown(referral)["statusReason"] == "Budget not adequate"
    assert patches(joined) == []
    assert quiet(joined)


def test_a_value_that_is_refused_holds_the_win_back(joined: Joined) -> None:
    """Nothing final goes with a value that a rule refuses; mended, both go."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=-5)
    crm.win(joined.sandbox, row)
    joined.run()
    assert state_of(joined, referral) == "Active/Accepted"
    assert "VALUE-2" in joined.row(row)["cosell_audit"]
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=IN_PROGRESS, estimatedvalue=5)
    crm.win(joined.sandbox, row)
    joined.run()
    assert (state_of(joined, referral), joined.shown(referral)["details"]["dealValue"]) == ("Closed/Won", 5)


def test_a_win_within_72_hours_is_warned_of(joined: Joined) -> None:
    """BR-19: it goes; the run's report and the history say what may follow."""
    referral, row = bound(joined, consent={"consentToShareReferralWithMicrosoftSellers": True})
    crm.win(joined.sandbox, row)
    facts = joined.run()
    assert state_of(joined, referral) == "Closed/Won"
    assert joined.report(facts)["plan"]["warned"] == {"WIN-1": 1}
    assert "72 hours" in next(entry.detail for entry in joined.state.history() if entry.action == "warned")


def test_a_past_close_date_warns(joined: Joined) -> None:
    """BR-21: it is sent, and told."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, estimatedclosedate="2020-01-31")
    facts = joined.run()
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2020-01-31")
    assert joined.report(facts)["plan"]["warned"] == {"CLOSE-DATE-2": 1}


def test_a_close_date_that_passes_is_told_once_by_reconcile(joined: Joined) -> None:
    """BR-21: nobody edits the deal; the daily run writes its Audit once, and a later date takes the text away."""
    row = joined.opportunity()
    for seconds in (0, 1000, 62 * 86_400):
        joined.later(seconds)
        joined.run()
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
    facts = joined.run(joined.facts("reconcile"))
    assert "CLOSE-DATE-2" in joined.row(row)["cosell_audit"]
    assert joined.report(facts)["plan"]["warned"] == {"CLOSE-DATE-2": 1}
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    joined.writes()
    joined.later(60)
    joined.run()
    joined.run(joined.facts("reconcile"))
    assert joined.writes() == []
    crm.update(joined.sandbox, "opportunity", row, estimatedclosedate="2040-01-31")
    joined.run()
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."


@pytest.mark.parametrize("side", ["partner_center", "dataverse"])
def test_a_closing_whose_answer_got_lost_converges(joined: Joined, side: str) -> None:
    """The write was done and nobody heard: the next run sees it, closes nothing twice and says nothing."""
    referral, row = bound(joined)
    if side == "partner_center":
        loses(joined, row)
        joined.break_(side, "drop_after", method="PATCH", times=1)
    else:
        portal.close(joined.sandbox, referral, substatus="Lost", reason="Budget not adequate")
        joined.break_(side, "drop_after", request_body="LoseOpportunity", times=1)
    with suppress(CosellError):
        joined.run()
    joined.later(1000)
    joined.run()
    assert (state_of(joined, referral), joined.row(row)["statecode"]) == ("Closed/Lost", LOST)
    assert len(crm.find(joined.sandbox, "opportunityclose")) == 1
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert quiet(joined)


def test_edits_of_a_closed_deal_are_refused_once_and_settle(joined: Joined) -> None:
    """A closed referral takes no edit: one line says so, nothing is sent, and later runs say nothing more."""
    referral, row = bound(joined)
    portal.close(joined.sandbox, referral)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=5)
    joined.run()
    assert "CLOSED-1" in joined.row(row)["cosell_audit"]
    joined.later(700)
    joined.writes()
    joined.run()
    assert joined.writes() == []
