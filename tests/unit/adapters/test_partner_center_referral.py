"""What comes from Partner Center is read whatever its spelling, and loses nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from cosell.adapters.partner_center.referral import moment, row_of
from cosell.core.errors import BrokenAnswerError
from hypothesis import given
from hypothesis import strategies as st

_NAMES = [
    "name",
    "Name",
    "details",
    "dealValue",
    "customerProfile",
    "ids",
    "team",
    "requirements",
    "attributes",
    "eTag",
]
_NAMES += ["additionalRequirements", "solutions", "updatedDateTime", "trackingInfo", "target", "price", "consent"]
ID = "6f1c9d4e-0000-4000-8000-000000000001"


def payload(**members: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give the payload of a referral with these members."""
    return row_of({"id": ID, **members}).payload


def test_row_names_the_record() -> None:
    """Key, etag (quotes included) and both times come from the body."""
    row = row_of(
        {
            "id": ID,
            "eTag": '"0a-1"',
            "updatedDateTime": "2026-03-02T09:15:30.1234567Z",
            "createdDateTime": "2026-03-02T09:15:30Z",
        }
    )
    assert (row.key, row.etag) == (ID, '"0a-1"')
    assert row.changed == datetime(2026, 3, 2, 9, 15, 30, 123456, tzinfo=UTC)
    assert row.created == datetime(2026, 3, 2, 9, 15, 30, tzinfo=UTC)


def test_header_gives_the_etag_that_the_body_lacks() -> None:
    """A published list shows referrals without eTag; a single answer has it in its header."""
    assert row_of({"id": ID}, etag='"h"').etag == '"h"'
    assert row_of({"id": ID}).etag == ""


def test_members_get_the_contract_s_spelling() -> None:
    """Any case is read at any depth, the doubled To included."""
    read = payload(
        CustomerProfile={"Name": "A", "Address": {"PostalCode": "1"}}, Consent={"CONSENTTOTOSHAREINFOWITHOTHERS": True}
    )
    assert read["customerProfile"] == {"name": "A", "address": {"postalCode": "1"}}
    assert read["consent"] == {"consentToToShareInfoWithOthers": True}


def test_exact_spelling_wins() -> None:
    """Where a member comes twice, the one spelt as in the contract counts."""
    assert payload(name="right", Name="wrong")["name"] == "right"
    assert payload(Name="wrong", name="right")["name"] == "right"


def test_unknown_members_and_values_are_kept() -> None:
    """What nobody knows is carried along as it came."""
    read = payload(aiInsights={"Score": 1}, status="Dormant", details={"novelty": [1]})
    assert read["aiInsights"] == {"Score": 1}
    assert read["status"] == "Dormant"
    assert read["details"] == {"novelty": [1]}


def test_missing_null_and_empty_stay_apart() -> None:
    """Nothing is filled in."""
    assert "notes" not in payload(details={})["details"]
    assert payload(details={"notes": None})["details"]["notes"] is None
    assert payload(details={"notes": ""})["details"]["notes"] == ""


def test_names_are_unescaped() -> None:
    """Names come back HTML-escaped; other text is left alone."""
    read = payload(
        name="O&#39;Brien &amp; Söhne", customerProfile={"name": "A &amp; B"}, details={"notes": "a &amp; b"}
    )
    assert read["name"] == "O'Brien & Söhne"
    assert read["customerProfile"]["name"] == "A & B"
    assert read["details"]["notes"] == "a &amp; b"


@pytest.mark.parametrize("sent", [50000, "50000", Decimal(50000), " 50000 "])
def test_amounts_become_decimals(sent: object) -> None:
    """The deal's value is a Decimal whether it came as number or string."""
    value = payload(details={"dealValue": sent})["details"]["dealValue"]
    assert value == Decimal(50000)
    assert isinstance(value, Decimal)


@pytest.mark.parametrize("sent", ["a lot", True, None, "NaN"])
def test_other_amounts_are_left_to_the_mapping(sent: object) -> None:
    """What is no amount is shown as it is, so that the mapping can name it."""
    assert payload(details={"dealValue": sent})["details"]["dealValue"] == sent


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ([{"profileType": "Duns", "id": "1"}], [{"profileType": "Duns", "id": "1"}]),
        ({"Duns": "1", "External": "2"}, [{"profileType": "Duns", "id": "1"}, {"profileType": "External", "id": "2"}]),
        ({}, []),
        (None, None),
    ],
)
def test_profile_ids_are_a_list(sent: object, read: object) -> None:
    """Three published shapes of the customer's ids read as one."""
    assert payload(customerProfile={"ids": sent})["customerProfile"]["ids"] == read


@pytest.mark.parametrize(
    "sent",
    [
        {"attributes": [{"type": "A", "id": "1"}, {"type": "B", "id": "2"}]},
        [{"attributes": [{"type": "A", "id": "1"}]}, {"Attributes": [{"type": "B", "id": "2"}]}],
    ],
)
def test_additional_requirements_are_one_object(sent: object) -> None:
    """Drawn as a list of objects or sent as one object, the attributes are found at one place."""
    read = payload(details={"requirements": {"additionalRequirements": sent}})
    attributes = read["details"]["requirements"]["additionalRequirements"]["attributes"]
    assert [one["id"] for one in attributes] == ["1", "2"]


def test_part_of_another_shape_does_not_hide_the_record() -> None:
    """A referral that breaks the contract can still be named, and its parts are shown as they came."""
    row = row_of({"ID": ID, "CustomerProfile": "none", "ETag": "e"})
    assert (row.key, row.etag, row.payload["customerProfile"]) == (ID, "e", "none")


@pytest.mark.parametrize("sent", [{}, {"id": None}, {"id": ""}, {"id": 7}])
def test_referral_without_id_breaks_the_answer(sent: dict[str, Any]) -> None:
    """What cannot be named cannot be carried: the answer is asked again."""
    with pytest.raises(BrokenAnswerError):
        row_of(sent)


def test_times_are_read_with_any_fraction() -> None:
    """Seven digits, none, an offset or no zone: UTC each time; nonsense is none."""
    wanted = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    for text in ("2026-03-02T09:00:00.0000000Z", "2026-03-02T09:00:00", "2026-03-02T11:00:00+02:00"):
        assert moment(text) == wanted
    assert moment("yesterday") is None
    assert moment("0001-01-01T00:00:00+05:00") is None
    assert moment(None) is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=5), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON))
def test_no_json_object_breaks_the_reading(members: dict[str, Any]) -> None:
    """Whatever a referral is made of, it can be named and keeps every member."""
    row = row_of({**members, "id": ID})
    assert row.key == ID
    assert {name.casefold() for name in row.payload} == {name.casefold() for name in {**members, "id": ID}}
