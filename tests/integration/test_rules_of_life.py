"""What is carried and what waits: leads, invitations, closed deals, help, pauses, names and races."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal

if TYPE_CHECKING:
    from tests.integration.joined import Joined

WAITING, SYNCED, REFUSED, CONFLICT, PAUSED = range(727000000, 727000005)
ON_HOLD, IN_PROGRESS = 2, 1


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
    """A lead makes no opportunity; the report counts it."""
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


# ---------------------------------------------------------------- what waits


def test_an_invitation_arrives_on_hold_and_edits_wait(joined: Joined) -> None:
    """New: On Hold and Waiting. An edit waits and travels once the deal is accepted; the status stays, and is told."""
    invitation = portal.invite(joined.sandbox)["id"]
    joined.run()
    row = joined.row_of(invitation)
    assert (row["statuscode"], row["cosell_syncstatus"]) == (ON_HOLD, WAITING)
    assert row["name"] == "Tailspin rollout"
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row["opportunityid"], estimatedvalue=99)
    joined.writes()
    joined.run()
    assert "WAIT-1" in joined.row_of(invitation)["cosell_audit"]
    assert [one for one in joined.writes() if one["app"] == "partner_center"] == []
    portal.accept(joined.sandbox, invitation)
    joined.run()
    shown = joined.shown(invitation)
    assert (shown["details"]["dealValue"], shown["externalReferenceId"]) == (99, row["opportunityid"])
    assert "STATUS-1" in joined.row_of(invitation)["cosell_audit"]
    crm.update(joined.sandbox, "opportunity", row["opportunityid"], statuscode=IN_PROGRESS)
    joined.run()
    assert joined.row_of(invitation)["cosell_syncstatus"] == SYNCED


def test_microsofts_edits_of_an_invitation_arrive(joined: Joined) -> None:
    """What changes in Partner Center before the answer is shown to the seller."""
    invitation = portal.invite(joined.sandbox)["id"]
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, invitation, path="/details/dealValue", value=4711)
    joined.run()
    assert joined.row_of(invitation)["estimatedvalue"] == 4711


def test_a_later_change_of_status_waits_with_a_sentence(joined: Joined) -> None:
    """Closing on either side is said in Audit, changes nothing on the other, and is not said twice."""
    theirs, row = bound(joined)
    ours = joined.opportunity()
    joined.run()
    joined.later(60)
    portal.close(joined.sandbox, theirs)
    crm.win(joined.sandbox, ours)
    joined.run()
    assert all("STATUS-1" in joined.row(key)["cosell_audit"] for key in (row, ours))
    assert all(joined.row(key)["cosell_syncstatus"] == WAITING for key in (row, ours))
    assert joined.row(row)["statecode"] == 0
    assert [each["status"] for each in joined.referrals()] == ["Closed", "Active"]
    joined.later(700)
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_later_change_of_visibility_waits_with_a_sentence(joined: Joined) -> None:
    """Neither side's visibility follows the other's yet."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, cosell_referralvisibility=727000001)
    joined.run()
    assert "STATUS-1" in joined.row(row)["cosell_audit"]
    assert joined.shown(referral)["consent"]["consentToShareReferralWithMicrosoftSellers"] is False


def test_help_asked_waits_with_a_sentence(joined: Joined) -> None:
    """A deal on which help is asked is not created; without the wish, the next run carries it."""
    account = joined.account()
    contact = crm.create(
        joined.sandbox,
        "contact",
        firstname="Ada",
        lastname="Kern",
        emailaddress1="ada@tailspin.example",
        telephone1="+49228",
        parentcustomerid=f"account:{account}",
    )
    row = joined.opportunity(account=account, parentcontactid=contact, cosell_howcanmicrosofthelp=727000000)
    joined.run()
    assert joined.referrals() == []
    assert "HELP-1" in joined.row(row)["cosell_audit"]
    assert joined.row(row)["cosell_syncstatus"] == WAITING
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, cosell_howcanmicrosofthelp=None)
    joined.run()
    assert len(joined.referrals()) == 1
    assert joined.row(row)["cosell_syncstatus"] == SYNCED


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
    """Before the write it is a conflict that touches nothing; after it, the later edit travels back."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/notes", value="theirs")
    joined.break_("dataverse", when, request_body='"description"', body=edit_row(row, description="ours"))
    joined.run()
    joined.run()
    expected = ("ours", "theirs") if when == "act_before" else ("ours", "ours")
    assert (joined.row(row)["description"], joined.shown(referral)["details"]["notes"]) == expected


def test_a_seller_edits_the_row_between_its_creation_and_the_write_back(joined: Joined) -> None:
    """The edit survives our ids and Audit text, and travels with the next run."""
    row = joined.opportunity()
    act = edit_row(row, description="meanwhile")
    joined.break_("partner_center", "act_after", method="POST", body=act)
    joined.run()
    joined.run()
    assert joined.row(row)["description"] == "meanwhile"
    assert joined.referrals()[0]["details"]["notes"] == "meanwhile"
