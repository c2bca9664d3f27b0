"""Asking Microsoft for help, and Microsoft's side of a deal, through both systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.errors import RetryLaterError
from cosell.sync.lines import line_to_plan

from sandbox.dataverse import administering, crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined

if TYPE_CHECKING:
    from pathlib import Path

PROOF, QUOTES = 727000002, 727000003
SYNCED, REFUSED = 727000001, 727000002
VISIBLE = "consentToShareReferralWithMicrosoftSellers"


def asked(joined: Joined, *, phone: str | None = "+49228", **columns: Any) -> str:  # noqa: ANN401 - columns of a record
    """Let a seller enter an opportunity with a customer contact, on which help is asked."""
    account = joined.account()
    told = {"firstname": "Ada", "lastname": "Kern", "emailaddress1": "ada@tailspin.example", "telephone1": phone}
    contact = crm.create(joined.sandbox, "contact", parentcustomerid=f"account:{account}", **told)
    given = {"account": account, "parentcontactid": contact, "cosell_howcanmicrosofthelp": PROOF} | columns
    return joined.opportunity(**given)


def parties(joined: Joined) -> dict[str, list[dict[str, Any]]]:
    """Give the referrals of each organisation."""
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "msft": []}
    for one in joined.referrals():
        found["msft" if one["organizationId"] == "msft" else "ours"].append(one)
    return found


def assert_asked_once(joined: Joined) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hold that one engagement stands with our referral and Microsoft's, and give both."""
    ours, theirs = parties(joined)["ours"], parties(joined)["msft"]
    assert (len(ours), len(theirs)) == (1, 1)
    assert ours[0]["engagementId"] == theirs[0]["engagementId"]
    assert ours[0]["consent"][VISIBLE] is True
    return ours[0], theirs[0]


def test_help_asked_at_creation_makes_a_cosell_deal(joined: Joined) -> None:
    """Our referral and Microsoft's stand in one engagement after one run; the CRM shows both (S-049, S-104, BR-03)."""
    key = asked(joined, cosell_notestomicrosoft="Please call Ada first")
    joined.run()
    ours, theirs = assert_asked_once(joined)
    assert ours["type"] == "Shared"
    assert theirs["inviteContext"]["assistanceRequestCode"] == "ProofOfConceptOrDemo"
    assert theirs["inviteContext"]["notes"] == "Please call Ada first"
    row = joined.row(key)
    assert row["cosell_microsoftstatus"] == "Pending"
    assert row["cosell_expireson"] is not None, "the time that Microsoft has to answer"
    assert row["cosell_engagementidentifier"] == ours["engagementId"]
    assert row["cosell_syncstatus"] == SYNCED
    joined.run()
    assert joined.row(key)["cosell_referralvisibility"] == 727000001
    joined.written()
    joined.run()
    assert joined.written() == 0


def test_help_asked_later_converts_the_deal(joined: Joined) -> None:
    """A private deal becomes visible and Microsoft is asked, in one run (BR-06: private, partner-led, co-sell)."""
    key = asked(joined, cosell_howcanmicrosofthelp=None)
    joined.run()
    assert not parties(joined)["msft"]
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", key, cosell_howcanmicrosofthelp=QUOTES)
    joined.run()
    _, theirs = assert_asked_once(joined)
    assert theirs["inviteContext"]["assistanceRequestCode"] == "QuotesOrLicensing"
    assert joined.row(key)["cosell_microsoftstatus"] == "Pending"
    assert joined.row(key)["cosell_referralvisibility"] == 727000001


def test_a_contact_without_phone_is_refused_and_mended(joined: Joined) -> None:
    """Nothing is asked of Microsoft until the contact is whole; then the next run asks (S-116, BR-27)."""
    key = asked(joined, phone=None, cosell_howcanmicrosofthelp=None)
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", key, cosell_howcanmicrosofthelp=PROOF)
    joined.run()
    assert "CONTACT-1" in joined.row(key)["cosell_audit"]
    assert joined.row(key)["cosell_syncstatus"] == REFUSED
    assert not parties(joined)["msft"]
    joined.later(60)
    (contact,) = crm.find(joined.sandbox, "contact")
    crm.update(joined.sandbox, "contact", contact["contactid"], telephone1="+49228")
    joined.run()
    _, theirs = assert_asked_once(joined)
    assert theirs["customerProfile"]["team"][0]["phoneNumber"] == "+49228"
    assert "CONTACT-1" not in joined.row(key)["cosell_audit"]


def test_help_is_asked_where_the_crm_has_no_column_for_the_notes(joined: Joined) -> None:
    """A CRM made before that column, or by hand without it, keeps its deals in step all the same."""
    administering.remove_column(joined.sandbox, "opportunity", "cosell_notestomicrosoft")
    key = asked(joined)
    joined.run()
    _, theirs = assert_asked_once(joined)
    assert not theirs["inviteContext"].get("notes")
    assert joined.row(key)["cosell_syncstatus"] == SYNCED


def test_microsoft_accepts(joined: Joined) -> None:
    """Status, seller and CRM id come within the hour though our own referral does not move (S-007, S-052, S-106)."""
    key = asked(joined)
    joined.run()
    ours, _ = assert_asked_once(joined)
    portal.microsoft_accepts(joined.sandbox, ours["id"])
    joined.later(3601)
    before = joined.shown(ours["id"])
    joined.run()
    row, theirs = joined.row(key), parties(joined)["msft"][0]
    assert row["cosell_microsoftstatus"] == "Accepted"
    assert "megan@microsoft.example" in row["cosell_microsoftcontacts"]
    assert row["cosell_microsoftcrmidentifier"] == theirs["trackingInfo"]["microsoftMsxId"]
    assert (row["statecode"], row["estimatedvalue"]) == (0, 1500)
    assert joined.shown(ours["id"]) == before


@pytest.mark.parametrize(
    ("end", "word", "code"), [("declines", "Declined", "HELP-4"), ("expires", "Expired", "HELP-5")]
)
def test_microsoft_does_not_help(joined: Joined, end: str, word: str, code: str) -> None:
    """A decline or an expiry of theirs is shown and explained; the deal stays open and goes on (BR-17)."""
    key = asked(joined)
    joined.run()
    ours, theirs = assert_asked_once(joined)
    if end == "declines":
        portal.microsoft_declines(joined.sandbox, ours["id"])
        joined.later(3601)
    else:
        joined.later(15 * 86_400)
    joined.run()
    row = joined.row(key)
    assert row["cosell_microsoftstatus"] == word
    assert code in row["cosell_audit"]
    assert (row["statecode"], row["cosell_syncstatus"]) == (0, SYNCED)
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", key, estimatedvalue=7000)
    joined.run()
    assert joined.shown(ours["id"])["details"]["dealValue"] == 7000
    assert len(parties(joined)["msft"]) == 1, f"{theirs['id']} is not asked for again"


@pytest.mark.parametrize("choice", [None, QUOTES])
def test_a_request_is_not_taken_back(joined: Joined, choice: int | None) -> None:
    """Clearing or changing the kind of help is explained and sends nothing."""
    key = asked(joined)
    joined.run()
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", key, cosell_howcanmicrosofthelp=choice)
    joined.writes()
    joined.run()
    assert "HELP-2" in joined.row(key)["cosell_audit"]
    assert [one for one in joined.writes() if one["app"] == "partner_center"] == []
    _, theirs = assert_asked_once(joined)
    assert theirs["inviteContext"]["assistanceRequestCode"] == "ProofOfConceptOrDemo"


def test_hand_edits_of_microsofts_columns_are_put_back(joined: Joined) -> None:
    """What Microsoft says is shown, not typed."""
    key = asked(joined)
    joined.run()
    ours, _ = assert_asked_once(joined)
    portal.microsoft_accepts(joined.sandbox, ours["id"])
    joined.later(3601)
    joined.run()
    shown = {name: joined.row(key)[name] for name in joined.row(key) if name.startswith("cosell_microsoft")}
    joined.later(60)
    typed = {"cosell_microsoftcrmidentifier": "mine", "cosell_microsoftstatus": "Won", "cosell_microsoftcontacts": None}
    crm.update(joined.sandbox, "opportunity", key, **typed)
    joined.run()
    assert {name: joined.row(key)[name] for name in shown} == shown


def test_an_inbound_deal_shows_microsofts_side(joined: Joined) -> None:
    """A deal that Microsoft sends us comes with Microsoft's status, seller and CRM id, in the run that meets it."""
    deal = portal.invite(joined.sandbox, name="From Redmond")
    joined.run()
    row = joined.row_of(deal["id"])
    assert row["cosell_microsoftstatus"] == "Accepted"
    assert "Megan" in row["cosell_microsoftcontacts"]
    assert row["cosell_microsoftcrmidentifier"]


def test_help_asked_in_the_portal_is_shown(joined: Joined) -> None:
    """A seller sees in the CRM what was asked for in the portal, and it is not asked a second time."""
    referral = portal.create_deal(joined.sandbox, type="Shared")
    portal.ask_microsoft(joined.sandbox, referral["id"], code="ProofOfConceptOrDemo")
    joined.run()
    row = joined.row_of(referral["id"])
    assert row["cosell_howcanmicrosofthelp"] == PROOF
    assert row["cosell_microsoftstatus"] == "Pending"
    joined.run()
    assert_asked_once(joined)


def test_help_asked_later_in_the_portal_is_seen_though_our_referral_does_not_tell(joined: Joined) -> None:
    """A partner-led deal that stays Independent, without a code: Microsoft's part is found, and read from then on."""
    referral = portal.create_deal(joined.sandbox, type="Independent")["id"]
    joined.run()
    joined.later(1000)
    joined.run()
    portal.ask_microsoft(joined.sandbox, referral, code="ProofOfConceptOrDemo")
    joined.run()
    assert joined.shown(referral)["type"] == "Independent"
    assert joined.row_of(referral)["cosell_microsoftstatus"] == "Pending"
    joined.later(4000)
    portal.microsoft_accepts(joined.sandbox, referral)
    joined.run()
    assert joined.row_of(referral)["cosell_microsoftstatus"] == "Accepted"


def test_services_deals_tell_role_area_and_play(joined: Joined) -> None:
    """All three or a refusal; words outside the list are refused until a setting says otherwise (BR-30)."""
    key = asked(joined, cosell_partnerrole="Solution design", cosell_solutionarea="Alchemy")
    joined.run()
    audit = joined.row(key)["cosell_audit"]
    assert "SERVICES-1" in audit
    assert "SERVICES-3" in audit
    assert joined.referrals() == []
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", key, cosell_solutionarea="security", cosell_solutionplay="Defend")
    joined.run()
    ours, theirs = assert_asked_once(joined)
    for one in (ours, theirs):
        attributes = one["details"]["requirements"]["additionalRequirements"]["attributes"]
        told = {each["type"]: each["id"] for each in attributes}
        assert (told["PartnerRole"], told["SolutionArea"], told["SolutionPlay"]) == (
            "Solution design",
            "Security",
            "Defend",
        )


def test_reads_of_microsofts_side_are_few(joined: Joined) -> None:
    """Once when met, then hourly while both sides are open, and no more once Microsoft has ended."""
    deal = portal.invite(joined.sandbox)
    private = joined.referral()
    assert _engagements_read(joined) == 1
    assert _engagements_read(joined) == 0
    joined.later(3601)
    assert _engagements_read(joined) == 1
    portal.microsoft_closes(joined.sandbox, deal["id"])
    joined.later(3601)
    assert _engagements_read(joined) == 1
    joined.later(86_400)
    assert _engagements_read(joined) == 0
    assert deal["id"] != private


def _engagements_read(joined: Joined) -> int:
    """Run, and count the lists that were filtered by engagement."""
    joined.sandbox.journal.clear()
    joined.run()
    entries = joined.sandbox.journal.as_dict()["last"]
    return sum("engagementId" in str(one.get("path", "")) + str(one.get("query", "")) for one in entries)


def test_a_dry_run_tells_who_would_be_asked(joined: Joined) -> None:
    """Nothing is asked, and the plan says for which deal and for what help it would be."""
    asked(joined)
    facts = joined.run(joined.facts(dry_run=True))
    assert joined.referrals() == []
    report = joined.report(facts)
    assert report["plan"]["counts"]["ask_microsoft"] == 1
    (plan,) = [line_to_plan(line).plan for line in report["dry_run"]]
    assert plan.invite is not None
    assert plan.invite.help == "ProofOfConceptOrDemo"


def test_what_microsoft_refuses_is_told_and_tried_again(joined: Joined) -> None:
    """A refusal of the request leaves the deal in step; the seller reads it, and it is tried again in its time."""
    key = asked(joined)
    joined.break_("partner_center", "status", status=400, times=1, skip=1, method="POST")
    facts = joined.run()
    assert len(parties(joined)["ours"]) == 1
    assert "REJECTED-1" in joined.row(key)["cosell_audit"]
    assert joined.report(facts)["push_partner_center"]["counts"] == {"created": 1, "set_aside": 1}
    joined.later(11 * 60)
    facts = joined.run()
    assert_asked_once(joined)
    assert joined.report(facts)["push_partner_center"]["counts"]["invited"] == 1
    assert "REJECTED-1" not in joined.row(key)["cosell_audit"]
    invited = [entry for entry in joined.state.history(run_id=facts.run_id) if entry.action == "invited"]
    assert [(entry.field, entry.new) for entry in invited] == [("help", "ProofOfConceptOrDemo")]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
@pytest.mark.parametrize("skip", [0, 1])
def test_answers_get_lost(tmp_path: Path, later: bool, kind: str, skip: int) -> None:
    """Whichever POST is not answered, one engagement with one referral of Microsoft's stands in the end."""
    joined = Joined(tmp_path)
    key = asked(joined, cosell_howcanmicrosofthelp=None if later else PROOF)
    if later:
        joined.run()
        joined.later(60)
        crm.update(joined.sandbox, "opportunity", key, cosell_howcanmicrosofthelp=PROOF)
    joined.break_("partner_center", kind, times=1, skip=skip, method="POST")
    facts = joined.facts()
    for task in TASKS:
        try:
            joined.run(facts, tasks=(task,))
        except RetryLaterError:
            break
    joined.sandbox.faults.clear()
    joined.later(60)
    joined.run()
    joined.run()
    assert_asked_once(joined)
    assert joined.row(key)["cosell_microsoftstatus"] == "Pending"
    assert joined.row(key)["name"] == "✔ CRM deal"
