"""Changing referrals: paths, eTags, and what each state allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.partner_center import portal
from tests.contracts.sandbox.conftest import REFERRALS

if TYPE_CHECKING:
    from tests.contracts.sandbox.conftest import Office

VISIBLE = "consentToShareReferralWithMicrosoftSellers"


def _refusal(answer: Any) -> tuple[int, str, str]:  # noqa: ANN401 - an httpx answer
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["innerError"]["code"]


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
    supplied = {"externalReferenceId": "OPP-1", "details__dealValue": 5, "details__currency": "SEK"}
    assert office.patch(invited["id"], **accepting, **supplied).status_code == 204
    accepted = office.one(invited["id"])
    assert accepted["acceptedDateTime"] > accepted["createdDateTime"]
    assert accepted["expirationDateTime"] is None


def test_an_invitation_can_be_declined_with_a_reason_or_expires(office: Office) -> None:
    """Closed/Declined is the partner's, Closed/Expired the system's after fourteen days."""
    declined, forgotten = portal.invite(office.world), portal.invite(office.world)
    assert _refusal(office.patch(declined["id"], status="Closed", substatus="Declined"))[2] == "reasonRequired"
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


def test_what_microsoft_added_is_no_fault_of_who_gives_it_back(office: Office) -> None:
    """A patch is judged by what it changes: members and words that stood before stay, new ones are refused."""
    deal = office.deal()
    solution = {"id": "SOL-12345-ABC", "name": "Tailspin Connect", "type": "Bundle", "rank": {"of": 3}}
    for path, value in {"/details/requirements/solutions": [solution], "/details/insight": "high"}.items():
        portal.edit(office.world, deal["id"], path=path, value=value)
    second = {"id": "SOL-2", "name": "Another"}
    answer = office.patch(deal["id"], details__requirements__solutions=[second, solution])
    assert (answer.status_code, answer.text) == (204, "")
    details = office.one(deal["id"])["details"]
    assert (details["requirements"]["solutions"], details["insight"]) == ([second, solution], "high")
    for wrong in ({**second, "rank": {"of": 4}}, {**second, "type": "Bunch"}, {**second, "colour": "red"}):
        refused = office.patch(deal["id"], details__requirements__solutions=[wrong])
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalidRequest")
