"""Rows to canonical values: what is kept, what is told apart, what is set aside."""

from __future__ import annotations

import copy
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest_mapping import row, sample
from cosell.core.record import Member, Side, Snapshot, SolutionLine, Unmapped
from cosell.mapping import Mapping, MappingSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.mapping.transform import TableMapper

    Read = Callable[..., dict[str, Any]]

SOLUTIONS = (
    SolutionLine("SOL-10000-AAA", "Till Cloud", None, None),
    SolutionLine("SOL-20000-BBB", "Shelf Planner", Decimal("1000.5"), Decimal(3)),
)


def test_a_referral_is_read_whole(read: Read) -> None:
    """Every field of the table is read from a referral, with the kind of value that the rest decides on."""
    assert read(sample("active")) == {
        "deal_name": "O'Brien & Söhne <ERP> 🚀",
        "deal_value": Decimal("125000.5"),
        "currency": "SEK",
        "close_date": date(2026, 12, 31),
        "notes": "Two shops first.\nThen the rest.",
        "customer_name": "Näckrosen Livs AB",
        "customer_address_line1": "Storgatan 1",
        "customer_address_line2": "",
        "customer_city": "Malmö",
        "customer_state": "Skåne",
        "customer_postal_code": "211 34",
        "customer_country": "SE",
        "customer_contacts": (
            Member("Åsa", "Öberg", "asa.oberg@nackrosen.example", "+46 40 123"),
            Member("Bo", "Ek", "bo.ek@nackrosen.example", ""),
        ),
        "team": (Member("Eva", "Moss", "eva.moss@partner.example", "+46 8 55"),),
        "solutions": SOLUTIONS,
        "stage": "Develop",
        "marketplace_intent": "Yes",
        "partner_role": None,
        "solution_area": "Retail",
        "solution_play": None,
        "visibility": True,
        "status": "open",
        "close_reason": None,
        "referral_identifier": "3d1f0a52-0000-4222-8333-944444444401",
        "engagement_identifier": "3d1f0a52-0000-4222-8333-9444444444aa",
        "referral_link": (
            "https://partner.microsoft.com/dashboard/v2/referrals/v2/referrals/3d1f0a52-0000-4222-8333-944444444401"
        ),
        "crm_id": None,
        "expires_on": None,
        "type": "Shared",
        "qualification": "SalesQualified",
        "invited_by": "11111111-2222-4333-8444-555555555555",
        "organization_id": "11111111-2222-4333-8444-555555555555",
        "mpn_id": "4567890",
        "label": None,
        "substatus": "Accepted",
        "help_code": "Unknown",
        "created_at": datetime(2026, 10, 5, 8, 15, 30, 123456, tzinfo=UTC),
    }


def test_an_opportunity_is_read_whole(read: Read) -> None:
    """Every field of the table is read from an opportunity and the rows around it."""
    assert read(sample("opportunity"), Side.DATAVERSE) == {
        "deal_name": "O'Brien & Söhne <ERP> 🚀",
        "mark": "check",
        "deal_value": Decimal("125000.5"),
        "currency": "SEK",
        "close_date": date(2026, 12, 31),
        "notes": None,
        "customer_name": "Näckrosen Livs AB",
        "customer_address_line1": "Storgatan 1",
        "customer_address_line2": None,
        "customer_city": "Malmö",
        "customer_state": None,
        "customer_postal_code": "211 34",
        "customer_country": "SE",
        "customer_contacts": (),
        "team": (Member("Eva", "Moss", "eva.moss@partner.example", ""),),
        "solutions": SOLUTIONS,
        "stage": "Develop",
        "marketplace_intent": "HaveNotDecided",
        "visibility": False,
        "status": "on_hold",
        "close_reason": None,
        "referral_identifier": None,
        "engagement_identifier": None,
        "referral_link": None,
        "crm_id": "aaaaaaaa-0000-4000-8000-000000000001",
        "expires_on": datetime(2026, 12, 1, 10, tzinfo=UTC),
        "consent": True,
        "flag": True,
        "help": "ProofOfConceptOrDemo",
        "audit": None,
        "sync_status": "Synced",
    }


def test_microsofts_side_is_read_where_it_is_nested(read: Read) -> None:
    """Microsoft's own referral, nested in ours, gives what a seller reads of it; null says that it has none."""
    theirs = {
        "id": "theirs",
        "status": "Active",
        "substatus": "Accepted",
        "expirationDateTime": "2026-12-01T10:00:00Z",
        "inviteContext": {"assistanceRequestCode": "ProofOfConceptOrDemo"},
        "trackingInfo": {"microsoftMsxId": "7-AB"},
        "team": [
            {"firstName": "Megan", "lastName": "Bowen", "email": "megan@microsoft.example", "phoneNumber": "+1 425"},
            {"firstName": "", "lastName": None, "email": "desk@microsoft.example"},
        ],
    }
    told = read(sample("active") | {"microsoft": theirs})
    assert {name: value for name, value in told.items() if name.startswith("microsoft_")} == {
        "microsoft_status": "Accepted",
        "microsoft_contacts": "Megan Bowen, megan@microsoft.example, +1 425\ndesk@microsoft.example",
        "microsoft_crm_id": "7-AB",
        "microsoft_expires_on": datetime(2026, 12, 1, 10, tzinfo=UTC),
        "microsoft_referral": "theirs",
        "microsoft_help": "ProofOfConceptOrDemo",
    }
    none = read(sample("active") | {"microsoft": None})
    assert {value for name, value in none.items() if name.startswith("microsoft_")} == {None}
    assert not any(name.startswith("microsoft_") for name in read(sample("active"))), "nobody looked"


def test_odd_words_of_microsoft_are_shown_as_they_are(read: Read) -> None:
    """A status that nobody knows is Microsoft's word all the same; without a detail the state itself is shown."""
    assert read(sample("active") | {"microsoft": {"substatus": "Pondering"}})["microsoft_status"] == "Pondering"
    assert read(sample("active") | {"microsoft": {"status": "New", "substatus": None}})["microsoft_status"] == "New"


def test_missing_null_and_empty_stay_three_things(read: Read) -> None:
    """A member that is absent gives no value, null gives null, an empty text or list stays empty."""
    values = read(sample("sparse"))
    assert "deal_name" not in values
    assert "deal_value" not in values
    assert "solutions" not in values
    assert values["notes"] is None
    assert values["currency"] == ""
    assert values["team"] == ()
    assert "customer_contacts" not in values


def test_what_hangs_on_null_is_null(read: Read) -> None:
    """An address or lookup that is null holds null members, not missing ones: the side did say so."""
    assert read(sample("sparse"))["customer_city"] is None
    payload = sample("opportunity") | {"account": None, "currency": None, "owner": None}
    values = read(payload, Side.DATAVERSE)
    assert (values["customer_name"], values["currency"], values["team"]) == (None, None, ())


def test_a_list_without_the_attribute_says_that_there_is_none(read: Read) -> None:
    """The marketplace intent is null where the attributes are there without it, missing where they are not there."""
    payload = sample("active")
    requirements = payload["details"]["requirements"]
    requirements["additionalRequirements"] = {"attributes": [{"type": "SolutionArea", "id": "Retail"}]}
    assert read(payload)["marketplace_intent"] is None
    del requirements["additionalRequirements"]
    assert "marketplace_intent" not in read(payload)


def test_additional_requirements_are_read_as_object_and_as_list(read: Read) -> None:
    """The connector draws them as a list of objects, payloads show one object: both are read."""
    payload = sample("active")
    requirements = payload["details"]["requirements"]
    requirements["additionalRequirements"] = [requirements["additionalRequirements"]]
    assert read(payload)["marketplace_intent"] == "Yes"


def test_unknown_members_and_enum_values_are_kept_or_passed_over(read: Read) -> None:
    """A new status, stage, choice or member of the vendor's fails nothing and is not taken for a known one."""
    assert read(sample("sparse"))["status"] == "other:Engaged/Warm"
    payload = sample("opportunity") | {
        "statecode": 7,
        "statuscode": 100,
        "cosell_closereason": 727000099,
        "cosell_referralvisibility": 5,
        "stepname": "Dreaming",
        "cosell_unheard_of": {"a": 1},
    }
    values = read(payload, Side.DATAVERSE)
    assert values["status"] == "other:7/100"
    assert values["close_reason"] == "other:727000099"
    assert values["visibility"] is None
    assert values["stage"] == "Dreaming"


def test_the_region_stands_in_for_an_empty_state(read: Read) -> None:
    """Microsoft fills state or region: the first that says something is read, and state where neither does."""
    payload = sample("active")
    payload["customerProfile"]["address"] |= {"state": "WA", "region": "Skåne"}
    assert read(payload)["customer_state"] == "WA"
    payload["customerProfile"]["address"] |= {"state": "", "region": None}
    assert read(payload)["customer_state"] == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"details": {"dealValue": "a lot"}}, "deal_value: expected a number, found 'a lot'"),
        ({"details": {"dealValue": True}}, "deal_value: expected a number, found true"),
        ({"details": {"dealValue": math.nan}}, "deal_value: expected a number, found nan"),
        ({"details": {"dealValue": Decimal("NaN")}}, "deal_value: expected a number, found nan"),
        ({"details": {"dealValue": "1e999999"}}, "deal_value: expected a number, found '1e999999'"),
        ({"details": {"notes": math.nan}}, "notes: expected a text, found a number"),
        ({"details": {"notes": {"a": 1}}}, "notes: expected a text, found an object"),
        ({"details": "none"}, "expected an object, found a text"),
        ({"details": {"closingDateTime": "soon"}}, "close_date: expected a time such as"),
        (
            {"details": {"requirements": {"solutions": "SOL-1"}}},
            "solutions: expected a list of solutions, found a text",
        ),
        ({"consent": {"consentToShareReferralWithMicrosoftSellers": "perhaps"}}, "visibility: expected true or false"),
        ({"status": ["Active"]}, "status: expected a text, found a list"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_with_field_and_finding(
    mapper: TableMapper, change: dict[str, Any], reason: str
) -> None:
    """The reason names the field and what was found; the rows before and after it are read."""
    good, bad = sample("active"), sample("active") | {"id": "bad"} | change
    before, unmapped, after = mapper.snapshots(Side.PARTNER_CENTER, [row(good), row(bad), row(good)])
    assert isinstance(before, Snapshot)
    assert before == after
    assert isinstance(unmapped, Unmapped)
    assert unmapped.ref == (Side.PARTNER_CENTER, "bad")
    assert reason in unmapped.reason


def test_the_reason_quotes_no_person(mapper: TableMapper) -> None:
    """What stands in a list of people is never quoted: reasons are logged and shown."""
    bad = sample("active") | {"team": ["eva.moss@partner.example"]}
    (unmapped,) = mapper.snapshots(Side.PARTNER_CENTER, [row(bad)])
    assert isinstance(unmapped, Unmapped)
    assert unmapped.reason == "team: expected a list of people, found a text in the list"


def test_every_wrong_field_of_a_row_is_named(mapper: TableMapper) -> None:
    """One row with two wrong fields names both, so that they are mended at once."""
    bad = sample("active") | {"status": 3.5}
    bad["details"] |= {"dealValue": "x", "closingDateTime": "y"}
    (unmapped,) = mapper.snapshots(Side.PARTNER_CENTER, [row(bad)])
    assert isinstance(unmapped, Unmapped)
    assert {"deal_value", "close_date"} <= {part.split(":")[0] for part in unmapped.reason.split("; ")}


def test_rows_do_not_touch_each_other(mapper: TableMapper) -> None:
    """Mapping many rows gives what mapping each alone gives, in order, over several chunks of rows."""
    payloads = [sample("active"), sample("sparse"), sample("active") | {"details": {"dealValue": "x"}}]
    rows = [row(copy.deepcopy(payloads[number % 3]) | {"id": f"r{number}"}) for number in range(4100)]
    together = mapper.snapshots(Side.PARTNER_CENTER, rows)
    assert [given.ref.key for given in together] == [each.key for each in rows]
    for number in (0, 1, 2, 1999, 2000, 2001, 4099):
        assert together[number] == mapper.snapshots(Side.PARTNER_CENTER, [rows[number]])[0]


def test_no_value_is_a_pandas_or_numpy_thing(mapper: TableMapper) -> None:
    """A column with nulls, numbers and booleans keeps them as Python's own: no NaN, no numpy type leaves."""
    payloads = [sample("opportunity"), sample("opportunity") | {"estimatedvalue": None, "statecode": None}]
    payloads[1] |= {"cosell_syncwithpartnercenter": None}
    for given in mapper.snapshots(Side.DATAVERSE, [row(payload, Side.DATAVERSE) for payload in payloads]):
        assert isinstance(given, Snapshot)
        allowed = {str, bool, Decimal, date, datetime, tuple, type(None)}
        assert {type(value) for value in given.values.values()} <= allowed


def test_the_payload_is_left_as_it_came(mapper: TableMapper) -> None:
    """Mapping reads: the row's payload is the same afterwards."""
    payload = sample("active")
    mapper.snapshots(Side.PARTNER_CENTER, [row(payload)])
    assert payload == sample("active")


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Europe/Paris", "Pacific/Apia", "UTC", "Etc/GMT+12"])
def test_the_calendar_day_survives_both_ways(mapping: Mapping, zone: str) -> None:
    """A day set in the CRM comes back from Partner Center as the same day, in winter and in summer, in every zone."""
    mapper = mapping.mapper(limits={}, settings=MappingSettings(time_zone=zone))
    for day in (date(2026, 1, 1), date(2026, 6, 30), date(2026, 12, 31), date(2028, 2, 29)):
        sent = mapper.wire(Side.PARTNER_CENTER, {"close_date": day}, held={})
        payload = {"details": {"closingDateTime": sent["details.closingDateTime"]}}
        (snapshot,) = mapper.snapshots(Side.PARTNER_CENTER, [row(payload)])
        assert isinstance(snapshot, Snapshot)
        assert snapshot.values["close_date"] == day
        assert mapper.wire(Side.DATAVERSE, snapshot.values, held={})["estimatedclosedate"] == day.isoformat()


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Pacific/Pago_Pago", "2026-11-30T11:00:00Z", date(2026, 11, 30)),
        ("Europe/Paris", "2026-11-29T23:00:00Z", date(2026, 11, 30)),
        ("Pacific/Apia", "2026-11-29T11:00:00.0000000Z", date(2026, 11, 30)),
        ("America/New_York", "2026-11-30T00:00:00Z", date(2026, 11, 30)),
        ("America/New_York", "2026-11-30", date(2026, 11, 30)),
    ],
)
def test_the_portals_midnight_is_the_day_that_was_picked(mapping: Mapping, zone: str, instant: str, day: date) -> None:
    """Local midnight as the portal stores it, midnight UTC as API clients write a day, and a bare day give that day."""
    mapper = mapping.mapper(limits={}, settings=MappingSettings(time_zone=zone))
    (snapshot,) = mapper.snapshots(Side.PARTNER_CENTER, [row({"details": {"closingDateTime": instant}})])
    assert isinstance(snapshot, Snapshot)
    assert snapshot.values["close_date"] == day
