"""The life of a deal through both systems: answers, ends, the latch, clocks; what waits; pauses, names and races."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import CosellError
from cosell.core.lifecycle import Gestures
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.joined import Joined

WAITING, SYNCED, REFUSED, CONFLICT, PAUSED = range(727000000, 727000005)
ON_HOLD, IN_PROGRESS = 2, 1
WON, LOST = 1, 2
NOT_VISIBLE, VISIBLE = 727000000, 727000001
BUDGET = 727000000


def plan_of(joined: Joined) -> dict[str, Any]:
    """Run once and give the plan's part of the report."""
    part: dict[str, Any] = joined.report(joined.run())["plan"]
    return part


def bound(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Give a referral and its row, in step."""
    referral = joined.referral(**members)
    joined.run()
    joined.later(60)
    return referral, joined.row_of(referral)["opportunityid"]


# ---------------------------------------------------------------- what is ours


@pytest.mark.parametrize(
    ("qualification", "kind"), [("Direct", "marketplace lead"), ("SalesQualified", "qualified lead")]
)
def test_leads_are_skipped_and_counted(joined: Joined, qualification: str, kind: str) -> None:
    """With co-sell deals only, a lead makes nothing; the report counts it."""
    joined.leads = None
    portal.invite(joined.sandbox, type="Independent", qualification=qualification)
    assert plan_of(joined)["skipped"] == {kind: 1}
    assert joined.rows() == []


@pytest.mark.parametrize("how", ["Expired", "Declined", "Error"])
def test_what_is_over_at_first_sight_is_not_created(joined: Joined, how: str) -> None:
    """An expired, declined or broken referral that the CRM never saw makes no opportunity."""
    portal.invite(joined.sandbox, status="Closed", substatus=how)
    assert f"closed at first sight ({how.lower()})" in plan_of(joined)["skipped"]
    assert joined.rows() == []


@pytest.mark.parametrize(("how", "state", "reason"), [("Won", 1, 3), ("Lost", 2, 4)])
def test_closed_deals_are_made_open_and_then_closed(joined: Joined, how: str, state: int, reason: int) -> None:
    """A won or lost referral becomes an opportunity closed by the CRM's own action; the next run is quiet."""
    portal.invite(joined.sandbox, status="Closed", substatus=how)
    joined.run()
    (row,) = joined.rows()
    assert (row["statecode"], row["statuscode"], row["cosell_syncstatus"]) == (state, reason, SYNCED)
    assert len(crm.find(joined.sandbox, "opportunityclose")) == 1
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_deal_that_could_not_be_closed_is_closed_by_a_later_run(joined: Joined) -> None:
    """Where the closing failed the opportunity stands open, with a sentence; a later run closes it and says no more."""
    portal.invite(joined.sandbox, status="Closed", substatus="Won")
    joined.break_("dataverse", "status", request_body="WinOpportunity", status=400, times=2)
    joined.run()
    joined.later(700)
    joined.run()
    assert [(row["statecode"], row["cosell_syncstatus"]) for row in joined.rows()] == [(0, REFUSED)]
    joined.later(700)
    joined.run()
    (row,) = joined.rows()
    assert (row["statecode"], row["cosell_syncstatus"], row["cosell_audit"]) == (
        1,
        SYNCED,
        "In step with Partner Center.",
    )


@pytest.mark.parametrize(("choice", "shown"), [(727000001, True), (727000000, False)])
def test_a_deal_is_made_with_the_visibility_of_the_crm(joined: Joined, choice: int, *, shown: bool) -> None:
    """What the seller chose before the first run is what Microsoft sees."""
    joined.opportunity(cosell_referralvisibility=choice)
    joined.run()
    (referral,) = joined.referrals()
    assert referral["consent"]["consentToShareReferralWithMicrosoftSellers"] is shown


# ---------------------------------------------------------------- the answer


def invited(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Give an unanswered referral and its row."""
    invitation = portal.invite(joined.sandbox, **members)["id"]
    joined.run()
    joined.later(60)
    joined.writes()
    return invitation, joined.row_of(invitation)["opportunityid"]


def seller(joined: Joined, row: str, **columns: Any) -> None:  # noqa: ANN401 - columns of a row
    """Let a seller change an opportunity, and the sync run."""
    crm.update(joined.sandbox, "opportunity", row, **columns)
    joined.run()


def loses(joined: Joined, row: str, reason: int | None = BUDGET) -> None:
    """Let a seller lose an opportunity, with a close reason or without."""
    if reason is not None:
        crm.update(joined.sandbox, "opportunity", row, cosell_closereason=reason)
    crm.lose(joined.sandbox, row)


def patches(joined: Joined) -> list[dict[str, Any]]:
    """Give the patches sent to Partner Center since the last asking."""
    return [one for one in joined.writes() if one["app"] == "partner_center" and one["method"] == "PATCH"]


def quiet(joined: Joined) -> bool:
    """Tell whether two later runs write nothing at all."""
    joined.later(700)
    joined.run()
    joined.later(90_000)
    joined.writes()
    joined.run()
    return joined.writes() == []


def state_of(joined: Joined, referral: str) -> str:
    """Give a referral's state as the portal shows it."""
    shown = joined.shown(referral)
    return f"{shown['status']}/{shown['substatus']}"


def test_an_invitation_arrives_on_hold_and_edits_wait(joined: Joined) -> None:
    """New: On Hold and Waiting. An edit waits with a sentence; Partner Center is left alone."""
    invitation, row = invited(joined)
    arrived = joined.row(row)
    assert (arrived["statuscode"], arrived["cosell_syncstatus"], arrived["name"]) == (
        ON_HOLD,
        WAITING,
        "Tailspin rollout",
    )
    assert "waits for your answer" in arrived["cosell_audit"]
    seller(joined, row, estimatedvalue=99)
    assert "WAIT-1" in joined.row(row)["cosell_audit"]
    assert patches(joined) == []
    portal.accept(joined.sandbox, invitation)
    joined.run()
    shown = joined.shown(invitation)
    assert (shown["details"]["dealValue"], shown["externalReferenceId"]) == (99, row)
    after = joined.row(row)
    assert (after["statuscode"], after["cosell_syncstatus"]) == (IN_PROGRESS, SYNCED)


def test_in_progress_accepts_with_value_date_and_notes(joined: Joined) -> None:
    """BR-10: state and substate, value, date and notes go in one patch; our id follows in the same run."""
    invitation, row = invited(joined)
    edits = {"estimatedvalue": 4200, "estimatedclosedate": "2027-03-01", "description": "We take it."}
    seller(joined, row, statuscode=IN_PROGRESS, **edits)
    shown = joined.shown(invitation)
    assert state_of(joined, invitation) == "Active/Accepted"
    assert (shown["details"]["dealValue"], shown["details"]["closingDateTime"][:10]) == (4200, "2027-03-01")
    assert "We take it." in shown["details"]["notes"]
    assert shown["externalReferenceId"] == row
    assert len(patches(joined)) == 2
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert joined.row(row)["cosell_expireson"] is None
    assert quiet(joined)


def test_what_an_acceptance_cannot_hold_goes_with_the_next_run(joined: Joined) -> None:
    """A stage set together with the acceptance waits one run, without a word."""
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS, stepname="Propose")
    assert state_of(joined, invitation) == "Active/Accepted"
    joined.later(300)
    joined.run()
    assert joined.shown(invitation)["salesStage"] == "Propose"
    assert joined.row(row)["cosell_syncstatus"] == SYNCED


def test_lost_with_a_reason_declines(joined: Joined) -> None:
    """Closed/Declined with the reason in one patch; the opportunity stays lost, and later runs are quiet."""
    invitation, row = invited(joined)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"
    assert joined.shown(invitation)["statusReason"] == "Budget not adequate"
    assert (joined.row(row)["statecode"], joined.row(row)["cosell_syncstatus"]) == (LOST, SYNCED)
    assert len(patches(joined)) == 1
    assert quiet(joined)


def test_a_decline_without_a_reason_is_refused_until_there_is_one(joined: Joined) -> None:
    """BR-31: Partner Center is left alone, Audit says what to do; reopened, with a reason and lost again, it goes."""
    invitation, row = invited(joined)
    loses(joined, row, None)
    joined.run()
    assert "REASON-1" in joined.row(row)["cosell_audit"]
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("New/Pending", REFUSED)
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=ON_HOLD)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"


def test_reopening_for_the_reason_accepts_nothing(joined: Joined) -> None:
    """A run between reopening and the second close leaves the referral unanswered and says how to answer, once."""
    invitation, row = invited(joined)
    loses(joined, row, None)
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=IN_PROGRESS)
    joined.run()
    assert "ANSWER-1" in joined.row(row)["cosell_audit"]
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("New/Pending", WAITING)
    joined.later(60)
    assert quiet(joined)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=ON_HOLD)
    joined.run()
    assert "ANSWER-1" not in joined.row(row)["cosell_audit"]
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=IN_PROGRESS)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"


def test_a_reason_is_no_must_where_the_rule_only_warns(joined: Joined) -> None:
    """The severity is a setting; a warning stands in the history and in the run's report."""
    joined.settings = replace(joined.settings, severities={"REASON-1": "warn"})
    joined.sandbox.settings["reason_needed"] = []
    invitation, row = invited(joined)
    loses(joined, row, None)
    facts = joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"
    assert joined.report(facts)["plan"]["warned"] == {"REASON-1": 1}
    warned = [entry.detail for entry in joined.state.history() if entry.action == "warned"]
    assert len(warned) == 1
    assert "needs a close reason" in warned[0]


def test_won_before_the_answer_is_accepted_and_then_won(joined: Joined) -> None:
    """Two legal patches, a run apart."""
    invitation, row = invited(joined)
    crm.win(joined.sandbox, row)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"
    joined.later(300)
    joined.run()
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("Closed/Won", SYNCED)
    assert quiet(joined)


def test_which_state_means_what_is_a_setting(joined: Joined) -> None:
    """Where In Progress accepts nothing, it is the seller's own; where it declines, it declines."""
    joined.settings = replace(joined.settings, gestures=Gestures(accepts=frozenset({"won"}), declines=frozenset()))
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "New/Pending"


OWN_WORDS = """
fields:
  status:
    partner_center: {state: status, detail: substatus}
    dataverse: {state: statecode, detail: statuscode}
    converter: status
    created_on: [dataverse]
    words:
      partner_center: {New/Pending: new, New/*: new, Active/Accepted: open, Active/*: open, Closed/Won: won,
                       Closed/Lost: lost, Closed/Declined: declined, Closed/Expired: expired, Closed/Error: error}
      dataverse: {0/1: on_hold, 0/2: open, 1/*: won, 2/*: lost}
    instead:
      partner_center: {on_hold: open}
      dataverse: {new: on_hold, declined: lost, expired: lost, error: lost}
"""


def test_a_status_reason_of_ones_own_accepts(joined: Joined, tmp_path: Path) -> None:
    """What a status reason means is the mapping's: here In Progress waits for the answer, and On Hold gives it."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text(OWN_WORDS)
    joined.mapping = load_mapping(folders=[*default_folders(), folder])
    invitation, row = invited(joined)
    assert joined.row(row)["statuscode"] == IN_PROGRESS
    seller(joined, row, statuscode=ON_HOLD)
    assert state_of(joined, invitation) == "Active/Accepted"


def test_an_accepted_deal_parked_on_hold_goes_on(joined: Joined) -> None:
    """On Hold after the acceptance stops nothing, and stays."""
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS)
    joined.later(60)
    seller(joined, row, statuscode=ON_HOLD, estimatedvalue=77)
    portal.edit(joined.sandbox, invitation, path="/details/notes", value="theirs")
    joined.later(60)
    joined.run()
    assert (joined.shown(invitation)["details"]["dealValue"], joined.row(row)["statuscode"]) == (77, ON_HOLD)
    assert "theirs" in joined.row(row)["description"]
    assert joined.row(row)["cosell_syncstatus"] == SYNCED


@pytest.mark.parametrize("task", ["push_to_partner_center", "write_back"])
def test_an_acceptance_is_given_once_wherever_the_run_dies(joined: Joined, task: str) -> None:
    """Killed between Partner Center's answer and the memory, or later: the next run converges and accepts no more."""
    invitation, row = invited(joined)
    crm.update(joined.sandbox, "opportunity", row, statuscode=IN_PROGRESS, estimatedvalue=5)
    if task == "push_to_partner_center":
        joined.break_("partner_center", "drop_after", method="PATCH", times=1)
    with suppress(CosellError):
        joined.run(tasks=TASKS[: TASKS.index(task) + (task != "write_back")])
    joined.later(1000)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"
    assert joined.shown(invitation)["details"]["dealValue"] == 5
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert quiet(joined)


def test_microsofts_edits_of_an_invitation_arrive(joined: Joined) -> None:
    """What changes in Partner Center before the answer is shown to the seller."""
    invitation = portal.invite(joined.sandbox)["id"]
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, invitation, path="/details/dealValue", value=4711)
    joined.run()
    assert joined.row_of(invitation)["estimatedvalue"] == 4711


# ---------------------------------------------------------------- the end


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


# ---------------------------------------------------------------- the latch


def visible(joined: Joined, referral: str) -> bool:
    """Tell whether Microsoft's sellers see the referral."""
    shown: bool = joined.shown(referral)["consent"]["consentToShareReferralWithMicrosoftSellers"]
    return shown


def test_visible_travels_and_cannot_be_taken_back(joined: Joined) -> None:
    """Shown in the CRM it is shown there; lifted, it is put back, and the seller reads why for a day."""
    referral, row = bound(joined)
    seller(joined, row, cosell_referralvisibility=VISIBLE)
    assert visible(joined, referral)
    joined.later(60)
    seller(joined, row, cosell_referralvisibility=NOT_VISIBLE)
    after = joined.row(row)
    assert (after["cosell_referralvisibility"], visible(joined, referral)) == (VISIBLE, True)
    assert "VISIBLE-1" in after["cosell_audit"]
    assert after["cosell_syncstatus"] == SYNCED
    for _ in range(3):
        joined.later(600)
        joined.run()
    assert "VISIBLE-1" in joined.row(row)["cosell_audit"]
    joined.later(90_000)
    joined.run()
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
    assert quiet(joined)


def test_shown_in_the_portal_is_shown_in_the_crm(joined: Joined) -> None:
    """Any yes wins."""
    referral, row = bound(joined)
    path = "/consent/consentToShareReferralWithMicrosoftSellers"
    portal.edit(joined.sandbox, referral, path=path, value=True)
    joined.run()
    assert joined.row(row)["cosell_referralvisibility"] == VISIBLE


# ---------------------------------------------------------------- the clocks


def test_the_time_to_answer_stands_on_the_record_and_in_the_report(joined: Joined) -> None:
    """BR-16: fourteen days, counted down run by run; gone once it is answered."""
    _invitation, row = invited(joined)
    assert joined.row(row)["cosell_expireson"] is not None
    joined.later(4 * 86_400)
    clocks = joined.report(joined.run())["clocks"]
    assert clocks["counts"] == {"answer": 1}
    assert 9.8 < clocks["soonest"][0]["days_left"] <= 10
    seller(joined, row, statuscode=IN_PROGRESS)
    joined.later(60)
    assert joined.report(joined.run())["clocks"] == {"counts": {}, "soonest": []}


def test_a_lead_whose_customer_waits_for_a_call_has_72_hours(joined: Joined) -> None:
    """BR-18: the call comes before the answer, on the record and in the report; once contacted, neither runs."""
    lead = portal.send_lead(joined.sandbox, details={"customerRequestedContact": True})["id"]
    clocks = joined.report(joined.run())["clocks"]
    assert clocks["counts"] == {"answer": 1, "call": 1}
    assert [(each["clock"], round(each["days_left"])) for each in clocks["soonest"]] == [("call", 3), ("answer", 14)]
    (row,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=lead)
    until = datetime.fromisoformat(row["cosell_expireson"]) - joined.sandbox.clock.now()
    assert timedelta(days=2.9) < until < timedelta(days=3.1)
    joined.later(60)
    crm.update(joined.sandbox, "lead", row["leadid"], statuscode=2)
    joined.run()
    joined.later(60)
    assert joined.report(joined.run())["clocks"]["counts"] == {}


def test_microsofts_time_to_answer_runs_too(joined: Joined) -> None:
    """BR-17: fourteen days from the request for help, on the record and in the report, until Microsoft answers."""
    referral, row = bound(joined, type="Shared")
    portal.ask_microsoft(joined.sandbox, referral, code="GeneralOrOther")
    portal.touch(joined.sandbox, referral)
    joined.run()
    joined.later(4000)
    assert joined.report(joined.run())["clocks"]["counts"] == {"microsoft": 1}
    assert joined.row(row)["cosell_expireson"] is not None
    portal.microsoft_accepts(joined.sandbox, referral)
    joined.later(4000)
    joined.run()
    assert joined.report(joined.run())["clocks"]["counts"] == {}
    assert joined.row(row)["cosell_expireson"] is None


def test_a_mark_is_told_of_once(joined: Joined) -> None:
    """Each mark that a clock passes is given once; the last of several that were passed at a time."""
    invited(joined)

    def told() -> list[int | None]:
        joined.run()
        return [ending.clock.told for ending in joined.endings]

    assert told() == []
    joined.later(8 * 86_400)
    assert told() == [7]
    assert told() == []
    joined.later(5.5 * 86_400)
    assert told() == [1]


# ---------------------------------------------------------------- what waits


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


# ---------------------------------------------------------------- the flag


def test_no_pauses_both_directions_and_is_said_once(joined: Joined) -> None:
    """While the flag says No nothing is carried either way, and Partner Center is left alone."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=False)
    joined.run()
    assert joined.row(row)["cosell_syncstatus"] == PAUSED
    joined.later(3600)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    crm.update(joined.sandbox, "opportunity", row, description="ours")
    joined.writes()
    for _ in range(3):
        joined.run()
        joined.later(3600)
    assert joined.writes() == []
    assert [entry.action for entry in joined.state.history()].count("paused") == 1


def test_yes_resumes_without_losing_either_sides_edits(joined: Joined) -> None:
    """Edits made on both sides during a pause, of days even, all arrive when the flag says Yes again."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=False)
    joined.run()
    joined.later(86400)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    crm.update(joined.sandbox, "opportunity", row, description="ours")
    joined.run()
    joined.later(86400)
    joined.run()
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=True)
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 5
    assert joined.shown(referral)["details"]["notes"] == "ours"
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert [each.paused for each in joined.state.some_bindings(2)] == [False]


def test_an_adopted_row_that_is_not_flagged_is_paused(joined: Joined) -> None:
    """A referral that names an unflagged row is bound to it and made no second time; nothing is carried until Yes."""
    row = joined.opportunity(cosell_syncwithpartnercenter=False, estimatedvalue=1)
    referral = joined.referral(externalReferenceId=row)
    joined.run()
    assert [each["opportunityid"] for each in joined.rows()] == [row]
    assert joined.row(row)["cosell_syncstatus"] == PAUSED
    assert joined.row(row)["estimatedvalue"] == 1
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=True)
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 1
    assert joined.row(row)["cosell_referralidentifier"] == referral


def test_a_row_that_is_not_flagged_never_leaves_the_crm(joined: Joined) -> None:
    """Without the flag there is no referral and no trace on the row."""
    row = joined.opportunity(cosell_syncwithpartnercenter=False)
    joined.run()
    assert joined.referrals() == []
    assert joined.row(row)["cosell_syncstatus"] is None


# ---------------------------------------------------------------- what can never travel


def test_names_changed_later_are_said_once_and_the_check_mark_stays(joined: Joined) -> None:
    """Deal name and customer cannot be changed in Partner Center: one line in Audit, settled, no second try."""
    row = joined.opportunity()
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, name="✔ New name")
    crm.update(joined.sandbox, "account", joined.row(row)["customerid"], name="Renamed GmbH")
    joined.run()
    after = joined.row(row)
    assert after["cosell_audit"].count("FINAL-1") == 2
    assert (after["name"], after["cosell_syncstatus"]) == ("✔ New name", SYNCED)
    assert joined.referrals()[0]["name"] == "CRM deal"
    joined.later(700)
    joined.writes()
    joined.run()
    assert joined.writes() == []


# ---------------------------------------------------------------- races


def edit_row(row: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of a row
    """Give the act of a seller who edits a row."""
    return {"do": "dataverse.update", "table": "opportunity", "row": row, **columns}


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_a_seller_edits_the_row_while_it_is_written(joined: Joined, when: str) -> None:
    """Just before (412) or just after our write: neither the carried value nor the seller's is lost."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.break_("dataverse", when, request_body="estimatedvalue", body=edit_row(row, description="meanwhile"))
    joined.run()
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 5
    assert joined.row(row)["description"] == "meanwhile"
    assert joined.shown(referral)["details"]["notes"] == "meanwhile"


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_the_portal_edits_the_referral_while_it_is_written(joined: Joined, when: str) -> None:
    """Just before (412) or just after our PATCH: neither the carried value nor the portal's is lost."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=5)
    act = {"do": "edit", "id": referral, "path": "/details/notes", "value": "meanwhile"}
    joined.break_("partner_center", when, method="PATCH", request_body="dealValue", body=act)
    joined.run()
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 5
    assert joined.row(row)["description"] == "meanwhile"


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_the_same_field_is_edited_while_it_is_written(joined: Joined, when: str) -> None:
    """The CRM's value wins over the portal's, whichever came first; both sides end the same."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.break_("dataverse", when, request_body="estimatedvalue", body=edit_row(row, estimatedvalue=6))
    joined.run()
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 6
    assert joined.shown(referral)["details"]["dealValue"] == 6


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_notes_edited_on_both_sides_while_they_are_written(joined: Joined, when: str) -> None:
    """Just before or just after the write: what either side added stands on both, once."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/notes", value="theirs")
    held = "theirs" if when == "act_after" else ""
    joined.break_(
        "dataverse", when, request_body='"description"', body=edit_row(row, description=f"{held}\nours".strip())
    )
    joined.run()
    joined.run()
    for notes in (joined.row(row)["description"], joined.shown(referral)["details"]["notes"]):
        assert sorted(notes.split()) == ["ours", "theirs"]


def test_a_seller_edits_the_row_between_its_creation_and_the_write_back(joined: Joined) -> None:
    """The edit survives our ids and Audit text, and travels with the next run."""
    row = joined.opportunity()
    act = edit_row(row, description="meanwhile")
    joined.break_("partner_center", "act_after", method="POST", body=act)
    joined.run()
    joined.run()
    assert joined.row(row)["description"] == "meanwhile"
    assert joined.referrals()[0]["details"]["notes"] == "meanwhile"
