"""Creating referrals: what the API takes, what it refuses, who may call, and what people do in the portal."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.partner_center import portal

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
    invitation = _body(type="Shared", target=[{"type": "BusinessProfileLocation", "id": "msft"}])
    invitation["engagementId"] = deal["engagementId"]
    theirs = office("POST", json=invitation).json()
    assert (theirs["organizationId"], theirs["status"], theirs["substatus"]) == ("msft", "New", "Pending")
    assert office.one(deal["id"])["consent"][VISIBLE] is True
    assert office("POST", json=invitation).status_code == 409
    assert _refusal(office.patch(theirs["id"], details__dealValue=1))[:2] == (403, "accessDenied")
    office.world.advance(14 * 86400 + 1)
    office.token = office.world.tokens.issue("partner_center", client_id="ours", user="u")
    assert office.one(theirs["id"])["substatus"] == "Expired"


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
