"""What is sent to Partner Center: new referrals from wire columns, edits as JSON Patch."""

import json
from decimal import Decimal

import pytest
from cosell.adapters.json_text import to_json_bytes
from cosell.adapters.partner_center import patch
from cosell.adapters.partner_center.create import body_of

INTENT = "details.requirements.additionalRequirements.attributes[type=CustomerMarketplaceIntent].id"


def test_paths_become_nested_members() -> None:
    """Dotted paths nest, and a selector makes the array's element that it names."""
    body = body_of({"name": "Deal", "customerProfile.address.country": "DE", INTENT: "Yes"})
    assert body["customerProfile"] == {"address": {"country": "DE"}}
    attributes = body["details"]["requirements"]["additionalRequirements"]["attributes"]
    assert attributes == [{"type": "CustomerMarketplaceIntent", "id": "Yes"}]


def test_two_members_of_one_element_meet() -> None:
    """The same selector twice is the same element."""
    body = body_of({"a[k=1].x": 1, "a[k=1].y": 2, "a[k=2].x": 3})
    assert body["a"] == [{"k": "1", "x": 1, "y": 2}, {"k": "2", "x": 3}]


def test_new_referral_leaves_state_and_nulls_out() -> None:
    """The service sets the state of a new deal, and what is not known is not sent."""
    body = body_of({"name": "Deal", "status": "Active", "substatus": "Accepted", "details.notes": None})
    assert "status" not in body
    assert "substatus" not in body
    assert body["details"] == {}


def test_new_referral_has_what_the_contract_requires() -> None:
    """Type, customer, consent and details are there; a told visibility wins over the default."""
    shown = "consent.consentToShareReferralWithMicrosoftSellers"
    body = body_of({"name": "Deal", shown: True})
    assert {"type", "customerProfile", "consent", "details"} <= set(body)
    assert body["consent"]["consentToShareReferralWithMicrosoftSellers"] is True
    assert body_of({})["consent"]["consentToShareReferralWithMicrosoftSellers"] is False


def test_amounts_keep_their_digits_on_the_wire() -> None:
    """A Decimal is a JSON number with every digit, never a binary fraction."""
    assert to_json_bytes({"v": Decimal("12345678901234567.89")}) == b'{"v":12345678901234567.89}'


def test_columns_become_operations() -> None:
    """Each column is one replace at its pointer."""
    wanted = patch.operations({"details.dealValue": Decimal("12.50"), "team": []})
    assert wanted == [
        {"op": "replace", "path": "/details/dealValue", "value": Decimal("12.50")},
        {"op": "replace", "path": "/team", "value": []},
    ]


@pytest.mark.parametrize("path", ["name", "customerProfile.name", "details", INTENT, "inviteContext.notes", "id"])
def test_other_paths_are_found_before_the_call(path: str) -> None:
    """A column that the API never takes after creation is a mistake of the caller."""
    with pytest.raises(patch.NotPatchableError):
        patch.operations({path: "x"})


def test_status_goes_with_its_substatus() -> None:
    """One without the other is refused before the call; closing brings both."""
    with pytest.raises(patch.NotPatchableError):
        patch.operations({"status": "Closed"})
    closing = patch.operations({"statusReason": "Budget"}, close_as="lost")
    assert {one["path"]: one["value"] for one in closing} == {
        "/statusReason": "Budget",
        "/status": "Closed",
        "/substatus": "Lost",
    }


def test_nobody_closes_as_expired() -> None:
    """Only the service lets a referral expire."""
    with pytest.raises(patch.NotPatchableError):
        patch.operations({}, close_as="expired")


def test_deal_value_has_two_spellings() -> None:
    """The same patch can carry the deal's value as a number or as a string, and nothing else changes."""
    wanted = patch.operations({"details.dealValue": Decimal("1E+3"), "details.notes": "7"})
    as_string = patch.with_deal_value_as_string(wanted)
    assert [one["value"] for one in as_string] == ["1000", "7"]
    assert json.loads(to_json_bytes(wanted))[0]["value"] == 1000
