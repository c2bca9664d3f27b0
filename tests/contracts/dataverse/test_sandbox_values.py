"""What columns take, what they refuse and what they give back."""

from __future__ import annotations

from decimal import Decimal
from json import loads
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api


def read_back(api: Api, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """Create an opportunity and give it as it is now, numbers with decimals as Decimal."""
    row = api.create("opportunities", isrevenuesystemcalculated=False, **columns)
    return loads(api("GET", f"opportunities({row})").content, parse_float=Decimal)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("name", "x" * 301, "0x80044331"),
        ("name", "😀" * 151, "0x80044331"),
        ("name", 5, "0x80048d19"),
        ("name", "bell\x07", "0x80040278"),
        ("nme", "x", "0x80048d19"),
        ("customerid", "x", "0x80048d19"),
        ("_customerid_value", "1f9fc1b0-1111-2222-3333-444455556666", "0x80060888"),
        ("estimatedvalue", "5", "0x80048d19"),
        ("estimatedvalue", 10**16, "0x80044330"),
        ("closeprobability", 101, "0x8004432f"),
        ("closeprobability", 5.0, "0x80048d19"),
        ("closeprobability", True, "0x80048d19"),
        ("cosell_syncstatus", 5, "0x8004431a"),
        ("cosell_syncstatus", "Synced", "0x80048d19"),
        ("cosell_syncwithpartnercenter", 1, "0x80048d19"),
        ("estimatedclosedate", "2026-12-01T00:00:00Z", "0x80048d19"),
        ("estimatedclosedate", "1700-01-01", "0x80040239"),
        ("cosell_expireson", "tomorrow", "0x80048d19"),
        ("statuscode", 3, "0x80048408"),
        ("opportunityid", "no-guid", "0x80048d19"),
    ],
)
def test_refuses_values_that_do_not_fit(api: Api, column: str, value: object, code: str) -> None:
    """Every misfit is a 400 with the real code, and nothing is written."""
    assert api.refused("POST", "opportunities", json={column: value})[:2] == (400, code)
    assert crm.find(api.world, "opportunity") == []


def test_too_long_a_text_names_column_table_and_limit(api: Api) -> None:
    """The message tells all that a person needs."""
    message = api.refused("POST", "opportunities", json={"name": "x" * 301})[2]
    assert all(part in message for part in ("'name'", "'opportunity'", "'300'"))


def test_length_is_counted_in_utf16_units(api: Api) -> None:
    """An emoji takes two places."""
    assert read_back(api, name="😀" * 150)["name"] == "😀" * 150


def test_money_has_four_decimals_and_its_currency_rounds(api: Api) -> None:
    """The euro keeps two decimals, the yen none; the twin is in the organisation's currency."""
    answer = api("POST", "opportunities", json={"estimatedvalue": 20000.126, "isrevenuesystemcalculated": False})
    row = answer.headers["OData-EntityId"][-37:-1]
    assert b'"estimatedvalue":20000.1300,' in api("GET", f"opportunities({row})").content
    yen = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({crm.currency('JPY')})"}
    shown = read_back(api, estimatedvalue=1000.6, **yen)
    assert shown["estimatedvalue"] == Decimal(1001)
    assert shown["estimatedvalue_base"] == (Decimal(1001) / Decimal(163)).quantize(Decimal("0.0001"))


def test_money_needs_a_currency(api: Api) -> None:
    """A new row takes the organisation's; it cannot be taken away while there is an amount."""
    row = api.create("accounts", revenue=5)
    assert api("GET", f"accounts({row})").json()["_transactioncurrencyid_value"] == crm.currency("EUR")
    cleared = {"transactioncurrencyid@odata.bind": None}
    assert api.refused("PATCH", f"accounts({row})", json=cleared)[:2] == (400, "0x80048cfb")


def test_revenue_counts_itself_unless_told_not_to(api: Api) -> None:
    """The system overwrites the estimated value (there are no products), which is why clients send false."""
    row = api.create("opportunities", estimatedvalue=5)
    assert api("GET", f"opportunities({row})").json()["estimatedvalue"] == 0
    api("PATCH", f"opportunities({row})", json={"estimatedvalue": 5, "isrevenuesystemcalculated": False})
    assert api("GET", f"opportunities({row})").json()["estimatedvalue"] == 5


def test_times_are_whole_seconds_in_utc_and_days_are_days(api: Api) -> None:
    """An offset is turned to UTC, a time without one is UTC, fractions are cut; a date keeps its day."""
    assert read_back(api, cosell_expireson="2026-11-22T01:00:00.9+02:00")["cosell_expireson"] == "2026-11-21T23:00:00Z"
    assert read_back(api, cosell_expireson="2026-11-22T01:00:00")["cosell_expireson"] == "2026-11-22T01:00:00Z"
    assert read_back(api, estimatedclosedate="2026-12-01")["estimatedclosedate"] == "2026-12-01"


def test_an_empty_text_is_null(api: Api) -> None:
    """Dataverse keeps no empty texts."""
    assert read_back(api, description="")["description"] is None


def test_read_only_columns_are_dropped_without_a_word(api: Api) -> None:
    """What only the service may set is ignored."""
    shown = read_back(api, name="A", modifiedon="2001-01-01T00:00:00Z", versionnumber=5, estimatedvalue_base=7)
    assert shown["modifiedon"] > "2026"
    assert shown["versionnumber"] > 5
    assert shown["estimatedvalue_base"] is None


def test_a_past_creation_can_be_told(api: Api) -> None:
    """Overriddencreatedon sets createdon, on create only."""
    row = read_back(api, overriddencreatedon="2024-02-01T00:00:00Z")
    assert row["createdon"] == "2024-02-01T00:00:00Z"


def test_lookups_are_bound_by_id_and_by_alternate_key(api: Api) -> None:
    """Both address forms resolve; setting one target of a customer clears the other."""
    account = api.create("accounts", name="A")
    contact = api.create("contacts", lastname="C")
    bound = read_back(api, **{"customerid_account@odata.bind": f"/accounts({account})"})
    assert bound["_customerid_value"] == account
    deal = f"opportunities({bound['opportunityid']})"
    api("PATCH", deal, json={"customerid_contact@odata.bind": f"contacts({contact})"})
    expanded = api("GET", f"{deal}?$expand=customerid_account,customerid_contact($select=fullname)").json()
    assert (expanded["customerid_account"], expanded["customerid_contact"]["fullname"]) == (None, "C")
    api.create("cosell_solutiondetails", cosell_solutionid="SOL-1", cosell_name="S")
    api.create(
        "cosell_partnercentersolutions",
        **{
            "cosell_SolutionDetailId@odata.bind": "/cosell_solutiondetails(cosell_solutionid='SOL-1')",
            "cosell_OpportunityId@odata.bind": f"https://contoso.crm4.dynamics.com/api/data/v9.2/{deal}",
        },
    )
    address = f"{deal}?$select=name&$expand=cosell_opportunity_partnercentersolutions($expand=cosell_SolutionDetailId)"
    [solution] = api("GET", address).json()["cosell_opportunity_partnercentersolutions"]
    assert solution["cosell_SolutionDetailId"]["cosell_name"] == "S"


@pytest.mark.parametrize(
    ("name", "value", "status", "code"),
    [
        ("customerid_Account@odata.bind", "/accounts(1f9fc1b0-1111-2222-3333-444455556666)", 400, "0x80048d19"),
        ("customerid@odata.bind", "/accounts(1f9fc1b0-1111-2222-3333-444455556666)", 400, "0x80048d19"),
        ("customerid_account@odata.bind", "/accounts(1f9fc1b0-1111-2222-3333-444455556666)", 404, "0x80040217"),
        ("customerid_account@odata.bind", "/contacts(1f9fc1b0-1111-2222-3333-444455556666)", 400, "0x80060888"),
        ("customerid_account@odata.bind", "/accounts", 400, "0x80060888"),
        ("originatingleadid@odata.bind", "/leads(subject='x')", 400, "0x80060888"),
    ],
)
def test_wrong_binds_are_refused(api: Api, name: str, value: str, status: int, code: str) -> None:
    """Navigation names are case-sensitive; the row must exist and be of the right table."""
    assert api.refused("POST", "opportunities", json={name: value})[:2] == (status, code)


@pytest.mark.parametrize("clearing", [{"parentaccountid@odata.bind": None}, {"parentaccountid": None}])
def test_null_clears_a_lookup(api: Api, clearing: dict[str, None]) -> None:
    """Both spellings of nothing empty it."""
    account = api.create("accounts", name="A")
    deal = api.create("opportunities", **{"parentaccountid@odata.bind": f"/accounts({account})"})
    api("PATCH", f"opportunities({deal})", json=clearing)
    assert api("GET", f"opportunities({deal})").json()["_parentaccountid_value"] is None


def test_links_are_set_and_taken_away_by_reference(api: Api) -> None:
    """$ref works from both ends of a relationship."""
    account = f"accounts({api.create('accounts', name='A')})"
    deal = f"opportunities({api.create('opportunities', name='D')})"
    api("PUT", f"{deal}/parentaccountid/$ref", json={"@odata.id": account})
    assert api("GET", f"{deal}/parentaccountid").json()["name"] == "A"
    api("DELETE", f"{deal}/parentaccountid/$ref")
    assert api("GET", f"{deal}/parentaccountid").status_code == 204
    api("POST", f"{account}/opportunity_parent_account/$ref", json={"@odata.id": deal})
    assert [row["name"] for row in api.rows(f"{account}/opportunity_parent_account?$select=name")] == ["D"]


def test_an_owner_is_a_user_or_a_team(api: Api) -> None:
    """Without one it is the caller; the read-only twins follow."""
    row = f"accounts({api.create('accounts', name='A')})"
    me = api("GET", "WhoAmI").json()["UserId"]
    assert api("GET", row).json()["_owninguser_value"] == me
    [team] = api.rows("teams?$select=name")
    api("PATCH", row, json={"ownerid@odata.bind": f"/teams({team['teamid']})"})
    shown = api("GET", row).json()
    assert (shown["_owningteam_value"], shown["_owninguser_value"]) == (team["teamid"], None)


def test_annotations_come_on_request_only(api: Api) -> None:
    """Labels, lookup names and tables are members beside the value."""
    account = api.create("accounts", name="A")
    row = api.create(
        "opportunities",
        estimatedvalue=5,
        isrevenuesystemcalculated=False,
        **{"customerid_account@odata.bind": f"/accounts({account})"},
    )
    plain = api("GET", f"opportunities({row})").json()
    assert not [name for name in plain if "@" in name.removeprefix("@odata")]
    shown = api("GET", f"opportunities({row})", headers={"Prefer": 'odata.include-annotations="*"'}).json()
    label = "OData.Community.Display.V1.FormattedValue"
    assert shown[f"statuscode@{label}"] == "In Progress"
    assert shown[f"_customerid_value@{label}"] == "A"
    assert shown["_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert shown["_customerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] == "customerid_account"
    assert shown[f"estimatedvalue@{label}"] == "€5.00"
    only = api("GET", f"opportunities({row})", headers={"Prefer": f'odata.include-annotations="{label}"'}).json()
    assert not [name for name in only if name.endswith("lookuplogicalname")]


def test_a_body_must_be_json(api: Api) -> None:
    """Broken JSON, a list, and another content type are refused."""
    headers = {"Content-Type": "application/json"}
    assert api.refused("POST", "accounts", content=b"{", headers=headers)[:2] == (400, "0x80048d19")
    assert api.refused("POST", "accounts", content=b"[]", headers=headers)[:2] == (400, "0x80048d19")
    assert api.refused("POST", "accounts", content=b"name=A")[0] == 400


def test_related_rows_are_created_along(api: Api) -> None:
    """A body may hold new rows of lookups and collections, all or nothing."""
    solutions = "cosell_opportunity_partnercentersolutions"
    deal = {
        "name": "D",
        "customerid_account": {"name": "A", "primarycontactid": {"lastname": "C"}},
        solutions: [{"cosell_name": "S1"}, {"cosell_name": "S2"}],
    }
    row = api.create("opportunities", **deal)
    address = f"opportunities({row})?$expand={solutions},customerid_account($expand=primarycontactid)"
    shown = api("GET", address).json()
    assert shown["customerid_account"]["primarycontactid"]["fullname"] == "C"
    assert {child["cosell_name"] for child in shown[solutions]} == {"S1", "S2"}
    assert api("POST", "opportunities", json={**deal, solutions: [{"nme": "S"}]}).status_code == 400
    assert len(crm.find(api.world, "account")) == len(crm.find(api.world, "opportunity")) == 1
