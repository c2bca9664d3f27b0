"""Creating referrals: what the API takes, what it refuses, who may call, and what people do in the portal."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.partner_center import portal
from sandbox.world import ActError

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Office

BODY: dict[str, Any] = {
    "name": "Tailspin ERP move",
    "externalReferenceId": "OPP-4711",
    "qualification": "SalesQualified",
    "type": "Independent",
    "customerProfile": {
        "name": "Tailspin GmbH",
        "address": {"addressLine1": "Hauptstr. 1", "city": "Bonn", "country": "DE"},
        "team": [
            {"firstName": "Ada", "lastName": "Kern", "phoneNumber": "+492280000", "email": "ada@tailspin.example"}
        ],
    },
    "consent": {"consentToContact": True, "consentToShareReferralWithMicrosoftSellers": False},
    "details": {
        "dealValue": 42000.5,
        "currency": "EUR",
        "closingDateTime": "2027-01-31T10:00:00+13:00",
        "requirements": {"solutions": [{"id": "SOL-12345-ABC", "name": "Connect", "type": "Name"}]},
    },
}
VISIBLE = "consentToShareReferralWithMicrosoftSellers"


def _body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON; two underscores for a step, None takes away
    body = copy.deepcopy(BODY)
    for name, value in changes.items():
        *steps, last = name.split("__")
        part = body
        for step in steps:
            part = part[step]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return body


def _invitation(deal: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    whole = {
        "type": "Shared",
        "engagementId": deal["engagementId"],
        "target": [{"type": "BusinessProfileLocation", "id": "msft"}],
        "inviteContext": {"assistanceRequestCode": "QuotesOrLicensing", "notes": "Please help."},
    }
    return _body(**(whole | changes))


def _refusal(answer: Any) -> tuple[int, str, str]:  # noqa: ANN401 - an httpx answer
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["innerError"]["code"]


def test_an_own_deal_begins_active_whatever_was_posted(office: Office) -> None:
    """A new deal is Active/Accepted, accepted when created, invited by ourselves, and has its eTag in quotes."""
    answer = office("POST", json=_body(status="New", substatus="Pending"))
    deal = answer.json()
    assert answer.status_code == 201
    assert (deal["status"], deal["substatus"]) == ("Active", "Accepted")
    assert deal["acceptedDateTime"] == deal["createdDateTime"]
    assert deal["inviteContext"]["invitedBy"]["organizationId"] == deal["organizationId"]
    assert deal["details"]["closingDateTime"] == "2027-01-30T21:00:00Z"
    assert deal["eTag"] == answer.headers["ETag"]
    assert deal["eTag"].startswith('"')
    assert office.one(deal["id"])["name"] == "Tailspin ERP move"


def test_member_names_are_taken_in_any_case(office: Office) -> None:
    """What is written as ConsentToContact or NAME is stored under its own name."""
    body = _body(name=None, consent__consentToContact=None)
    body["NAME"], body["consent"]["ConsentToContact"] = "Loud", True
    deal = office("POST", json=body).json()
    assert (deal["name"], deal["consent"]["consentToContact"]) == ("Loud", True)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"type": None}, "type"),
        ({"customerProfile": None}, "customerProfile"),
        ({"consent": None}, "consent"),
        ({"details": None}, "details"),
        ({"name": None}, "name"),
        ({"customerProfile__address__country": "DEU"}, "customerProfile/address/country"),
        ({"customerProfile__address__country": "de"}, "customerProfile/address/country"),
        ({"details__currency": "XQZ"}, "details/currency"),
        ({"details__dealValue": "42000"}, "details/dealValue"),
        ({"details__dealValue": -1}, "details/dealValue"),
        ({"details__closingDateTime": "soon"}, "details/closingDateTime"),
        ({"team": [{"firstName": "Bo", "surname": "Lind"}]}, "team/0/surname"),
        ({"colour": "red"}, "colour"),
        ({"consent__consentToShareReferralWithMicrosoftSellers": True, "details__requirements": {}}, "solutions"),
        ({"type": "Shared", "customerProfile__team": []}, "customerProfile/team"),
        ({"target": [{"type": "BusinessProfileLocation", "id": "msft"}]}, "engagementId"),
        (
            {"details__requirements__solutions": [{"id": f"SOL-{n}"} for n in range(51)]},
            "details/requirements/solutions",
        ),
    ],
)
def test_a_wrong_body_is_refused_and_nothing_is_created(office: Office, changes: dict[str, Any], target: str) -> None:
    """What is missing, unknown, of the wrong type or against a rule answers 400 and names its target."""
    answer = office("POST", json=_body(**changes))
    assert (answer.status_code, answer.json()["error"]["target"]) == (400, target)
    assert office.list() == []


def test_a_repeated_post_makes_a_second_deal(office: Office) -> None:
    """The request id is no idempotency key here: a client must look before it repeats."""
    headers = {"MS-RequestId": "d3b07384-0000-4000-8000-000000000001"}
    assert [office("POST", json=BODY, headers=headers).status_code for _ in range(2)] == [201, 201]
    assert len(office.list()) == 2


def test_microsoft_is_invited_by_a_second_referral_of_the_engagement(office: Office) -> None:
    """It is Microsoft's own, unanswered for fourteen days, shows our deal to sellers, and can be asked for once."""
    deal = office("POST", json=_body(type="Shared")).json()
    invitation = _invitation(deal)
    theirs = office("POST", json=invitation).json()
    assert (theirs["organizationId"], theirs["status"], theirs["substatus"]) == ("msft", "New", "Pending")
    assert office.one(deal["id"])["consent"][VISIBLE] is True
    assert office("POST", json=invitation).status_code == 409
    assert _refusal(office.patch(theirs["id"], details__dealValue=1))[:2] == (403, "accessDenied")
    office.world.advance(14 * 86400 + 1)
    office.token = office.world.tokens.issue("partner_center", client_id="ours", user="u")
    assert office.one(theirs["id"])["substatus"] == "Expired"


@pytest.mark.parametrize(
    ("changes", "status", "target"),
    [
        ({"type": "Independent"}, 400, "type"),
        ({"inviteContext": {"notes": "?"}}, 400, "inviteContext/assistanceRequestCode"),
        ({"inviteContext": {"assistanceRequestCode": "Unknown"}}, 400, "inviteContext/assistanceRequestCode"),
        ({"customerProfile__team": []}, 400, "customerProfile/team"),
        ({"engagementId": ""}, 400, "engagementId"),
        ({"engagementId": "1c0f3b52-1111-4222-8333-944444444444"}, 404, "referral"),
        ({"target": []}, 409, "referral"),
    ],
)
def test_an_invitation_says_what_it_is_for(office: Office, changes: dict[str, Any], status: int, target: str) -> None:
    """It wants a help type, a whole customer contact and our own engagement; our deal is left as it was."""
    deal = office.deal()
    answer = office("POST", json=_invitation(deal, **changes))
    assert (answer.status_code, answer.json()["error"]["target"]) == (status, target)
    assert office.one(deal["id"])["eTag"] == deal["eTag"]


def test_microsoft_is_invited_to_an_active_deal_with_a_solution(office: Office) -> None:
    """Without a solution, before we accepted and after the end nobody can be invited; the deal stays hidden."""
    empty, won = office.deal(details={"requirements": {"solutions": []}}), office.deal()
    portal.close(office.world, won["id"])
    for deal, inner in ((empty, "validationFailed"), (won, "referralNotActive")):
        assert _refusal(office("POST", json=_invitation(deal))) == (400, "invalidRequest", inner)
    assert office.one(empty["id"])["consent"][VISIBLE] is False


def test_microsoft_answers_on_its_own_referral_and_ours_stays_still(office: Office) -> None:
    """Sellers and CRM id are shown once it accepts; our etag and time of change do not move; it answers once."""
    deal = office.deal()
    theirs = portal.ask_microsoft(office.world, deal["id"], notes="Please")
    assert (theirs["status"], theirs["trackingInfo"]["microsoftMsxId"]) == ("New", None)
    before = office.one(deal["id"])
    sellers = [{"firstName": "Isaac", "lastName": "Fielder", "phoneNumber": None, "email": "isaac@microsoft.example"}]
    portal.microsoft_accepts(office.world, deal["id"], sellers=sellers)
    shown = office.one(theirs["id"])
    assert (shown["substatus"], shown["team"], shown["organizationId"]) == ("Accepted", sellers, "msft")
    assert shown["trackingInfo"]["microsoftMsxId"]
    assert office.one(deal["id"]) == before
    for act in (portal.microsoft_accepts, portal.microsoft_declines, portal.microsoft_expires):
        with pytest.raises(ActError):
            act(office.world, deal["id"])
    assert portal.microsoft_closes(office.world, deal["id"])["substatus"] == "Won"
    with pytest.raises(ActError, match="invited to this deal before"):
        portal.ask_microsoft(office.world, deal["id"])


def test_microsoft_may_decline_or_forget_to_answer(office: Office) -> None:
    """Both close its own referral only, and it cannot be asked again."""
    for act, substatus in ((portal.microsoft_declines, "Declined"), (portal.microsoft_expires, "Expired")):
        deal = office.deal()
        portal.ask_microsoft(office.world, deal["id"])
        assert act(office.world, deal["id"])["substatus"] == substatus
        assert office.one(deal["id"])["status"] == "Active"
        assert office("POST", json=_invitation(deal)).status_code == 409


def test_leads_come_from_the_marketplace_or_from_sellers(office: Office) -> None:
    """Independent, invited by Microsoft, New for fourteen days, alone in their engagement, without our team."""
    lead = portal.send_lead(office.world, details={"customerRequestedContact": True})
    seller = portal.send_lead(office.world, qualification="SalesQualified")
    shown = office.one(lead["id"])
    assert (shown["type"], shown["qualification"], shown["status"], shown["substatus"]) == (
        "Independent",
        "Direct",
        "New",
        "Pending",
    )
    assert shown["details"]["customerRequestedContact"] is True
    assert shown["inviteContext"]["invitedBy"]["organizationId"] == "msft"
    assert (shown["team"], shown["acceptedDateTime"], office.one(seller["id"])["qualification"]) == (
        [],
        None,
        "SalesQualified",
    )
    assert [one["id"] for one in office.list(filter=f"engagementId eq '{lead['engagementId']}'")] == [lead["id"]]
    assert office.patch(lead["id"], status="Active", substatus="Accepted").status_code == 204
    office.world.advance(14 * 86400 + 60)
    office.token = office.world.tokens.issue("partner_center", client_id="ours", user="u")
    assert [office.one(one["id"])["substatus"] for one in (lead, seller)] == ["Accepted", "Expired"]


def test_people_move_a_deal_by_the_table_too(office: Office) -> None:
    """What was answered cannot be declined or expire, and what nobody accepted cannot be won."""
    invited, deal = portal.invite(office.world), office.deal()
    with pytest.raises(ActError, match="cannot become Closed/Won"):
        portal.close(office.world, invited["id"])
    with pytest.raises(ActError, match="cannot become Closed/Declined"):
        portal.decline(office.world, deal["id"])
    with pytest.raises(ActError, match="cannot expire"):
        portal.expire(office.world, deal["id"])


def test_callers_without_the_right_token_are_told_apart(office: Office) -> None:
    """No token, a wrong or an expired one are 401; an application's own is 403; without MFA it is 900421."""
    tokens = office.world.tokens
    person = {"client_id": "ours", "user": "u"}
    office.token = "made up"
    assert _refusal(office("GET"))[:2] == (401, "unauthenticated")
    office.token = tokens.issue("dataverse", **person)
    assert office("GET").status_code == 401
    office.token = tokens.issue("partner_center", client_id="ours")
    assert _refusal(office("GET"))[:2] == (403, "accessDenied")
    office.token = tokens.issue("partner_center", **person, mfa=False)
    assert _refusal(office("GET")) == (401, "unauthenticated", "900421")
    office.world.settings["mfa_error"] = "flat"
    assert office("GET", headers={"ValidateMfa": "true"}).json()["code"] == 900421
    office.token = tokens.issue("partner_center", **person)
    assert office("GET", headers={"ValidateMfa": "true"}).headers["isMfaCompliant"] == "true"


def test_people_edit_in_the_portal_what_the_api_does_not_offer(office: Office) -> None:
    """A seller renames a deal, Microsoft accepts its part, and a closed deal refuses people too."""
    invited = portal.invite(office.world)
    ours = office("POST", json=_body(type="Shared")).json()
    renamed = portal.edit(office.world, ours["id"], path="/name", value="Renamed")
    assert office.one(ours["id"])["name"] == "Renamed"
    assert renamed["eTag"] != ours["eTag"]
    parties = office.list(filter=f"engagementId eq '{invited['engagementId']}'")
    theirs = next(party for party in parties if party["organizationId"] == "msft")
    assert theirs["trackingInfo"]["microsoftMsxId"]
    portal.close(office.world, ours["id"], substatus="Lost", reason="Budget")
    with pytest.raises(Exception, match="closed"):
        portal.edit(office.world, ours["id"], path="/name", value="Too late")
