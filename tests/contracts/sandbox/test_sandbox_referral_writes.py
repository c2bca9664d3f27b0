"""Creating and changing referrals: what the API takes, what it refuses, and in which state."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.partner_center import portal
from tests.contracts.sandbox.conftest import REFERRALS

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


def test_a_patch_answers_nothing_or_the_whole_referral(office: Office) -> None:
    """204 without a body, or with Prefer the referral with a new eTag and a later time of change."""
    deal = office.deal()
    assert (
        office.patch(deal["id"], details__dealValue=1).status_code,
        office.patch(deal["id"], campaignId="x").text,
    ) == (
        204,
        "",
    )
    before = office.one(deal["id"])
    answer = office.patch(deal["id"], details__notes="é🚀", headers={"Prefer": "return=representation"})
    assert answer.status_code == 200
    assert answer.json()["details"]["notes"] == "é🚀"
    assert answer.json()["eTag"] not in {deal["eTag"], before["eTag"]}
    assert answer.json()["updatedDateTime"] > before["updatedDateTime"]


def test_a_stale_etag_stops_the_patch(office: Office) -> None:
    """If-Match is compared verbatim, quotes included; 412 wraps resourceModified, and nothing changes."""
    deal = office.deal()
    for wrong in ('"stale"', deal["eTag"].strip('"')):
        refused = office.patch(deal["id"], details__dealValue=1, headers={"If-Match": wrong})
        assert _refusal(refused) == (412, "preconditionFailed", "resourceModified")
    assert office.one(deal["id"])["details"]["dealValue"] == deal["details"]["dealValue"]
    assert office.patch(deal["id"], details__dealValue=1, headers={"If-Match": deal["eTag"]}).status_code == 204


@pytest.mark.parametrize(
    ("operations", "inner"),
    [
        ([{"op": "replace", "path": "/name", "value": "x"}], "pathNotAllowed"),
        ([{"op": "replace", "path": "/customerProfile/address/country", "value": "FR"}], "pathNotAllowed"),
        ([{"op": "replace", "path": "/team/0", "value": {}}], "pathNotAllowed"),
        ([{"op": "remove", "path": "/details/notes", "value": None}], "unsupportedOperation"),
        ([{"op": "replace", "path": "/team/-", "value": {}}], "unsupportedOperation"),
        ([{"op": "replace", "path": "/details/notes"}], "malformedPatch"),
        ({"op": "replace", "path": "/details/notes", "value": "x"}, "malformedPatch"),
        ([], "malformedPatch"),
        ([{"op": "replace", "path": "/details/dealValue", "value": "10000"}], "validationFailed"),
        (
            [{"op": "replace", "path": "/details/requirements/solutions", "value": [{"name": "no id"}]}],
            "validationFailed",
        ),
    ],
)
def test_only_the_listed_paths_can_be_patched(office: Office, operations: Any, inner: str) -> None:  # noqa: ANN401 - any JSON
    """Other paths and operations, and values of the wrong type, are 400; the patch is done whole or not at all."""
    deal = office.deal()
    good = [{"op": "replace", "path": "/details/notes", "value": "half"}]
    patch = good + operations if isinstance(operations, list) and operations else operations
    assert _refusal(office("PATCH", f"{REFERRALS}/{deal['id']}", json=patch)) == (400, "invalidRequest", inner)
    assert office.one(deal["id"])["eTag"] == deal["eTag"]


def test_deal_value_can_be_made_to_want_a_string(office: Office) -> None:
    """Where the service takes only a JSON string, a number is refused and the stored value is a number all the same."""
    office.world.settings["deal_value_as"] = "string"
    deal = office.deal()
    assert office.patch(deal["id"], details__dealValue=10).status_code == 400
    assert office.patch(deal["id"], details__dealValue="10.50").status_code == 204
    assert office.one(deal["id"])["details"]["dealValue"] == 10.5


def test_visibility_goes_one_way_and_needs_a_solution(office: Office) -> None:
    """A deal can be shown once it has a solution, and never be hidden again."""
    deal = office.deal(details={"requirements": {"solutions": []}})
    assert office.patch(deal["id"], **{f"consent__{VISIBLE}": True}).status_code == 400
    solved = {"details__requirements__solutions": [{"id": "SOL-1"}], f"consent__{VISIBLE}": True}
    assert office.patch(deal["id"], **solved).status_code == 204
    assert _refusal(office.patch(deal["id"], **{f"consent__{VISIBLE}": False}))[2] == "visibilityIsOneWay"


@pytest.mark.parametrize(
    ("status", "substatus", "allowed"),
    [
        ("Active", "Accepted", True),
        ("Closed", "Won", True),
        ("Closed", "Lost", True),
        ("Closed", "Error", True),
        ("Closed", "Declined", False),
        ("Closed", "Expired", False),
        ("New", "Pending", False),
        ("Closed", "Accepted", False),
        ("Open", "Accepted", False),
    ],
)
def test_an_active_deal_moves_by_the_table(office: Office, status: str, substatus: str, *, allowed: bool) -> None:
    """Active may be won, lost or closed as an error; everything else is refused."""
    deal = office.deal()
    assert (office.patch(deal["id"], status=status, substatus=substatus).status_code == 204) is allowed


def test_status_and_substatus_go_together(office: Office) -> None:
    """One without the other is refused."""
    deal = office.deal()
    assert office.patch(deal["id"], status="Closed").status_code == 400
    assert office.patch(deal["id"], substatus="Won").status_code == 400


def test_a_closed_referral_is_immutable(office: Office) -> None:
    """Closing sets its time; after that no path can be written, not even to the value it has."""
    deal = office.deal()
    assert office.patch(deal["id"], status="Closed", substatus="Won").status_code == 204
    assert office.one(deal["id"])["closedDateTime"]
    for change in (
        {"details__notes": None},
        {"externalReferenceId": "x"},
        {"status": "Active", "substatus": "Accepted"},
    ):
        assert _refusal(office.patch(deal["id"], **change))[2] == "referralClosed"


def test_an_invitation_takes_an_answer_and_little_else(office: Office) -> None:
    """Until it is answered no edit is taken; an acceptance may bring value, date, notes and ids, and no team."""
    invited = portal.invite(office.world)
    assert (invited["status"], invited["inviteContext"]["invitedBy"]["organizationId"]) == ("New", "msft")
    assert _refusal(office.patch(invited["id"], externalReferenceId="OPP-1"))[2] == "referralNotAccepted"
    accepting = {"status": "Active", "substatus": "Accepted"}
    assert office.patch(invited["id"], **accepting, team=[]).status_code == 400
    assert (
        office.patch(invited["id"], **accepting, externalReferenceId="OPP-1", details__dealValue=5).status_code == 204
    )
    accepted = office.one(invited["id"])
    assert accepted["acceptedDateTime"] > accepted["createdDateTime"]
    assert accepted["expirationDateTime"] is None


def test_an_invitation_can_be_declined_with_a_reason_or_expires(office: Office) -> None:
    """Closed/Declined is the partner's, Closed/Expired the system's after fourteen days."""
    declined, forgotten = portal.invite(office.world), portal.invite(office.world)
    answer = office.patch(declined["id"], status="Closed", substatus="Declined", statusReason="Not a customer")
    assert answer.status_code == 204
    office.world.advance(14 * 86400 + 60)
    office.token = office.world.tokens.issue("partner_center", client_id="ours", user="u")
    assert (office.one(declined["id"])["substatus"], office.one(forgotten["id"])["substatus"]) == (
        "Declined",
        "Expired",
    )


def test_methods_and_media_types_outside_the_contract_are_refused(office: Office) -> None:
    """PUT and DELETE are 405 with Allow; a patch sent as application/json-patch+json is 415; broken JSON is 400."""
    path = f"{REFERRALS}/{office.deal()['id']}"
    for method in ("PUT", "DELETE"):
        refused = office(method, path, json={})
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, PATCH")
    sent = {"content": b"[]", "headers": {"Content-Type": "application/json-patch+json"}}
    assert office("PATCH", path, **sent).status_code == 415
    broken = office("POST", content=b"{", headers={"Content-Type": "application/json"})
    assert _refusal(broken) == (400, "invalidRequest", "malformedBody")
    assert office("GET", "/v2/engagements/referrals").status_code == 404


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
