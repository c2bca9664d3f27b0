"""Canonical values back to what a side takes: fitted, and nothing that the side never takes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from conftest_mapping import row, sample
from cosell.core.record import Member, Side, Snapshot, SolutionLine
from cosell.mapping import Mapping, MappingSettings

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.shape import ColumnLimit
    from cosell.mapping.transform import TableMapper

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
EVA = Member("Eva", "Moss", "eva@partner.example", "+46 8")
BO = Member("Bo", "", "", "")
INTENT = "details.requirements.additionalRequirements.attributes[type=CustomerMarketplaceIntent].id"


@pytest.mark.parametrize(
    ("side", "name", "value", "wire"),
    [
        (PC, "deal_name", "O'Brien & Söhne 🚀", {"name": "O'Brien & Söhne 🚀"}),
        (PC, "deal_value", Decimal("0.10"), {"details.dealValue": Decimal("0.1")}),
        (DV, "deal_value", Decimal("2.345"), {"estimatedvalue": Decimal("2.34")}),
        (DV, "deal_value", None, {"estimatedvalue": None}),
        (PC, "close_date", date(2026, 11, 30), {"details.closingDateTime": "2026-11-30T11:00:00Z"}),
        (DV, "close_date", date(2026, 11, 30), {"estimatedclosedate": "2026-11-30"}),
        (DV, "currency", "SEK", {"currency.isocurrencycode": "SEK"}),
        (DV, "notes", "", {"description": None}),
        (PC, "notes", "", {"details.notes": ""}),
        (PC, "customer_state", "Skåne", {"customerProfile.address.state": "Skåne"}),
        (DV, "customer_country", "SE", {"account.address1_country": "SE"}),
        (DV, "marketplace_intent", "havenotdecided", {"cosell_marketplaceintent": 727000002}),
        (PC, "marketplace_intent", "No", {INTENT: "No"}),
        (DV, "visibility", True, {"cosell_referralvisibility": 727000001}),
        (PC, "visibility", False, {"consent.consentToShareReferralWithMicrosoftSellers": False}),
        (DV, "status", "new", {"statecode": 0, "statuscode": 2}),
        (DV, "status", "open", {"statecode": 0, "statuscode": 1}),
        (DV, "status", "won", {}),
        (PC, "status", "open", {"status": "Active", "substatus": "Accepted"}),
        (PC, "status", "declined", {"status": "Closed", "substatus": "Declined"}),
        (DV, "close_reason", "the customer moved away", {"cosell_closereason": 727000007}),
        (DV, "close_reason", "not a customer", {"cosell_closereason": 727000004}),
        (PC, "close_reason", "the customer moved away", {"statusReason": "the customer moved away"}),
        (PC, "stage", "2-Propose", {"salesStage": "Propose"}),
        (DV, "sync_status", "Refused", {"cosell_syncstatus": 727000002}),
        (DV, "flag", True, {"cosell_syncwithpartnercenter": True}),
        (DV, "expires_on", datetime(2026, 12, 1, 10, 0, 0, 5, UTC), {"cosell_expireson": "2026-12-01T10:00:00Z"}),
        (DV, "referral_identifier", "r-1", {"cosell_referralidentifier": "r-1"}),
        (PC, "referral_identifier", "r-1", {}),
        (PC, "referral_link", "https://x.example/r-1", {}),
        (PC, "crm_id", "row-1", {"externalReferenceId": "row-1"}),
        (DV, "crm_id", "row-1", {}),
        (PC, "audit", "text", {}),
        (PC, "substatus", "Won", {}),
        (PC, "own_thing", "text", {}),
        (
            DV,
            "team",
            (EVA,),
            {
                "sales_team": {
                    "joined": [
                        {
                            "firstname": "Eva",
                            "lastname": "Moss",
                            "internalemailaddress": "eva@partner.example",
                            "address1_telephone1": "+46 8",
                        }
                    ],
                    "left": [],
                }
            },
        ),
        (DV, "team", (), {}),
        (DV, "customer_contacts", (), {}),
        (
            DV,
            "customer_contacts",
            (EVA,),
            {
                "stakeholders": {
                    "joined": [
                        {
                            "firstname": "Eva",
                            "lastname": "Moss",
                            "emailaddress1": "eva@partner.example",
                            "telephone1": "+46 8",
                        }
                    ],
                    "left": [],
                }
            },
        ),
        (PC, "team", (BO,), {"team": [{"firstName": "Bo", "lastName": "", "email": "", "phoneNumber": ""}]}),
        (
            PC,
            "solutions",
            (SolutionLine("S1", "One", None, Decimal(2)),),
            {"details.requirements.solutions": [{"id": "S1", "name": "One", "quantity": Decimal(2), "type": "Name"}]},
        ),
        (
            DV,
            "solutions",
            (SolutionLine("S1", "One", Decimal("1.005"), None),),
            {
                "solutions": [
                    {
                        "cosell_solutionid": "S1",
                        "cosell_name": "One",
                        "cosell_price": Decimal(1),
                        "cosell_quantity": None,
                    }
                ]
            },
        ),
        (DV, "solutions", (), {"solutions": []}),
    ],
)
def test_a_value_is_said_as_the_side_says_it(
    mapper: TableMapper, side: Side, name: str, value: Value, wire: dict[str, object]
) -> None:
    """Each field goes to its path in the side's kind of value; what the side never takes gives nothing."""
    assert mapper.wire(side, {name: value}, held={}) == wire


@pytest.mark.parametrize(
    ("values", "held", "column"),
    [
        ({"deal_name": "ERP"}, {}, "ERP"),
        ({"deal_name": "ERP", "mark": "check"}, {}, "\u2714 ERP"),
        ({"deal_name": "ERP"}, {"deal_name": "Old", "mark": "cross"}, "\u274c ERP"),
        ({"mark": "cross"}, {"deal_name": "ERP", "mark": "check"}, "\u274c ERP"),
        ({"mark": None}, {"deal_name": "ERP", "mark": "check"}, "ERP"),
        ({"deal_name": "\u2705 ERP", "mark": "check"}, {}, "\u2714 ERP"),
    ],
)
def test_name_and_mark_share_their_column(
    mapper: TableMapper, values: dict[str, Any], held: dict[str, Any], column: str
) -> None:
    """Whichever of name and mark changes, the other is kept from what the record holds, and marks never pile up."""
    assert mapper.wire(DV, values, held=held) == {"name": column}


def test_a_mark_alone_never_wipes_a_name(mapper: TableMapper) -> None:
    """Where the record's name is not known, its mark is not written."""
    assert mapper.wire(DV, {"mark": "check"}, held={}) == {}


def test_the_mark_can_be_switched_off(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """With marks off none is written and the name has the whole column; a mark that is there is still no part of it."""
    mapper = mapping.mapper(limits=limits, settings=MappingSettings(marks=False))
    assert mapper.wire(DV, {"mark": "check"}, held={"deal_name": "ERP"}) == {}
    assert mapper.wire(DV, {"deal_name": "x" * 400}, held={"mark": "check"}) == {"name": "x" * 300}
    (snapshot,) = mapper.snapshots(DV, [row({"name": "\u2714 ERP"}, DV)])
    assert isinstance(snapshot, Snapshot)
    assert snapshot.values["deal_name"] == "ERP"


@pytest.mark.parametrize(
    "mark", ["\u2714", "\u2714\ufe0f", "\u2713", "\u2705", "\u274c", "\u274c\ufe0f", "\u2716", "\u2717"]
)
def test_every_drawing_of_a_mark_is_stripped_at_the_front_only(mapper: TableMapper, mark: str) -> None:
    """Check and cross in their variants go, also doubled; a sign later in the name is the seller's."""
    for text in (f"{mark} ERP {mark} now", f"{mark}{mark}  ERP {mark} now", f" {mark}ERP {mark} now"):
        (snapshot,) = mapper.snapshots(DV, [row({"name": text}, DV)])
        assert isinstance(snapshot, Snapshot)
        assert snapshot.values["deal_name"] == f"ERP {mark} now"
        assert snapshot.values["mark"] in {"check", "cross"}


def test_fit_of_the_name_leaves_room_for_mark_and_space(mapper: TableMapper) -> None:
    """A name that fills the column is cut by two, so that the mark and its space go before it."""
    fitted = mapper.fit(DV, "deal_name", "n" * 400)
    assert fitted == "n" * 298
    column = mapper.wire(DV, {"deal_name": "n" * 400, "mark": "check"}, held={})["name"]
    assert len(str(column)) == 300


def test_names_with_quotes_and_escapes_go_through_untouched(mapper: TableMapper) -> None:
    """What the adapter unescaped is not unescaped again, and quotes are nobody's syntax here."""
    for name in ("O'Brien", 'a "b" \\c', "R&amp;D", "<b>", "日本語 🚀", "Ünïcødé"):
        (snapshot,) = mapper.snapshots(PC, [row({"name": name})])
        assert isinstance(snapshot, Snapshot)
        assert mapper.wire(DV, snapshot.values, held={})["name"] == name


def test_fit_without_the_field_on_that_side_is_the_value(mapper: TableMapper) -> None:
    """A field that a side lacks is compared as it is."""
    assert mapper.fit(PC, "audit", "x" * 9000) == "x" * 9000


def test_choices_that_the_column_does_not_offer_are_not_sent(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """A number that the CRM's column lacks would be refused with the whole row: it is fitted to null."""
    narrow = limits | {"cosell_closereason": type(limits["name"])("choice", choices=frozenset({727000000}))}
    mapper = mapping.mapper(limits=narrow)
    assert mapper.fit(DV, "close_reason", "Not a customer") is None
    assert mapper.fit(DV, "close_reason", "Budget not adequate") == "Budget not adequate"


def test_an_unknown_number_is_said_to_its_own_side_only(mapper: TableMapper) -> None:
    """A choice that somebody added to the CRM is kept there and means Other to Partner Center."""
    assert mapper.fit(DV, "close_reason", "other:727000050") is None
    assert mapper.fit(PC, "close_reason", "other:727000050") == "Other"
    assert mapper.fit(PC, "status", "other:7/100") is None


def test_texts_of_partner_center_are_cut_where_a_setting_says_so(mapping: Mapping) -> None:
    """Microsoft publishes no lengths: none by default, any by setting, also of parts in a list."""
    assert mapping.mapper(limits={}).fit(PC, "notes", "n" * 9000) == "n" * 9000
    settings = MappingSettings(partner_center_lengths={"details.notes": 5, "team.firstName": 2})
    mapper = mapping.mapper(limits={}, settings=settings)
    assert mapper.fit(PC, "notes", "abc defgh") == "abc d"
    assert mapper.fit(PC, "team", (EVA,)) == (EVA._replace(first_name="Ev"),)


def test_defaults_of_a_new_record_are_given_by_side(mapper: TableMapper) -> None:
    """What Partner Center or this CRM requires and no field fills is given as wire paths."""
    assert mapper.defaults(DV) == {"isrevenuesystemcalculated": False}
    assert mapper.defaults(PC) == {
        "qualification": "SalesQualified",
        "type": "Independent",
        "consent.consentToToShareInfoWithOthers": True,
        "consent.consentToContact": True,
        "consent.consentToShareReferralWithMicrosoftSellers": False,
        INTENT: "HaveNotDecided",
    }


def test_a_whole_record_comes_back_as_it_was(mapper: TableMapper) -> None:
    """What a referral says, written to Partner Center and read again, is the same, field by field."""
    (first,) = mapper.snapshots(PC, [row(sample("active"))])
    assert isinstance(first, Snapshot)
    wire = mapper.wire(PC, first.values, held={})
    assert {name for name, column in mapper.columns[PC].items() if not column.writable} == {
        "referral_identifier", "engagement_identifier", "referral_link", "expires_on", "invited_by",
        "organization_id", "mpn_id", "substatus", "help_code", "created_at", "call_wanted", "microsoft_status", "label",
        "microsoft_contacts", "microsoft_crm_id", "microsoft_expires_on", "microsoft_referral", "microsoft_help",
    }  # fmt: skip
    assert wire["details.closingDateTime"] == "2026-12-31T11:00:00Z"
    assert wire["details.dealValue"] == Decimal("125000.5")
    assert wire["externalReferenceId"] is None
