"""Leads are qualified by an action and disqualified by an update; a closed one is nearly immutable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api

QUALIFY = "Microsoft.Dynamics.CRM.QualifyLead"


def wanted(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    """Give the body of QualifyLead."""
    return {"CreateAccount": True, "CreateContact": True, "CreateOpportunity": True, "Status": 3} | changes


@pytest.fixture
def lead(api: Api) -> str:
    """Give the id of a lead in yen."""
    yen = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({crm.currency('JPY')})"}
    person = {"firstname": "Ada", "lastname": "Kern", "emailaddress1": "ada@tailspin.example"}
    place = {"companyname": "Tailspin", "address1_city": "Bonn", "address1_country": "DE"}
    return api.create("leads", subject="ERP move", estimatedamount=500, cosell_audit="x", **person, **place, **yen)


def test_a_lead_becomes_account_contact_and_opportunity(api: Api, lead: str) -> None:
    """The answer names the new rows by type and id; they point to one another and to the lead, which is qualified."""
    answer = api("POST", f"leads({lead})/{QUALIFY}", json=wanted())
    assert answer.status_code == 200
    made = {one["@odata.type"].rpartition(".")[2]: one for one in answer.json()["value"]}
    account, contact = made["account"]["accountid"], made["contact"]["contactid"]
    deal = crm.read(api.world, "opportunity", made["opportunity"]["opportunityid"])
    assert (deal["name"], deal["originatingleadid"], deal["customerid"]) == ("ERP move", lead, account)
    assert (deal["parentcontactid"], deal["transactioncurrencyid"]) == (contact, crm.currency("JPY"))
    assert crm.read(api.world, "account", account)["name"] == "Tailspin"
    assert crm.read(api.world, "contact", contact)["parentcustomerid"] == account
    row = crm.read(api.world, "lead", lead)
    assert (row["statecode"], row["statuscode"], row["qualifyingopportunityid"]) == (1, 3, deal["opportunityid"])


def test_custom_columns_stay_with_the_lead(api: Api, lead: str) -> None:
    """No mapping between the tables names them: the new opportunity is not flagged and knows no referral."""
    crm.update(api.world, "lead", lead, cosell_syncwithpartnercenter=True, cosell_referralidentifier="r-1")
    deal = crm.read(api.world, "opportunity", crm.qualify(api.world, lead)["opportunity"])
    assert (deal["cosell_syncwithpartnercenter"], deal["cosell_referralidentifier"]) == (False, None)
    assert crm.read(api.world, "lead", lead)["cosell_referralidentifier"] == "r-1"


def test_only_what_is_asked_for_is_created(api: Api, lead: str) -> None:
    """An existing customer and another currency may be named; without an opportunity there is none."""
    customer = api.create("accounts", name="Tailspin Holding")
    named = {
        "OpportunityCustomerId": {"@odata.type": "Microsoft.Dynamics.CRM.account", "accountid": customer},
        "OpportunityCurrencyId": {
            "@odata.type": "Microsoft.Dynamics.CRM.transactioncurrency",
            "transactioncurrencyid": crm.currency("USD"),
        },
    }
    body = wanted(CreateAccount=False, CreateContact=False, **named)
    [made] = api("POST", f"leads({lead})/{QUALIFY}", json=body).json()["value"]
    deal = crm.read(api.world, "opportunity", made["opportunityid"])
    assert (deal["customerid"], deal["transactioncurrencyid"]) == (customer, crm.currency("USD"))
    other = api.create("leads", subject="B", lastname="B")
    assert list(crm.qualify(api.world, other, contact=False, opportunity=False)) == ["account"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Status": 4}, "0x80048408"),
        ({"Status": None}, "0x80048d19"),
        ({"CreateContact": None}, "0x80048d19"),
        ({"OpportunityCustomerId": {"accountid": "x"}}, "0x80048d19"),
    ],
)
def test_a_wrong_body_qualifies_nothing(api: Api, lead: str, changes: dict[str, Any], code: str) -> None:
    """Switches and status are demanded, the status must be one of Qualified; nothing is left behind."""
    assert api.refused("POST", f"leads({lead})/{QUALIFY}", json=wanted(**changes))[:2] == (400, code)
    assert crm.read(api.world, "lead", lead)["statecode"] == 0
    assert crm.find(api.world, "account", name="Tailspin") == []


def test_it_is_qualified_once_and_by_the_action_only(api: Api, lead: str) -> None:
    """An update names the action to use; a second one is refused; the action belongs to leads and wants a POST."""
    status, code, message = api.refused("PATCH", f"leads({lead})", json={"statecode": 1, "statuscode": 3})
    assert (status, code) == (400, "0x80100005")
    assert "QualifyLeadRequest" in message
    assert api.refused("POST", "leads", json={"subject": "B", "statecode": 1})[:2] == (400, "0x80048408")
    assert api("GET", f"leads({lead})/{QUALIFY}").status_code == 405
    crm.qualify(api.world, lead)
    assert api.refused("POST", f"leads({lead})/{QUALIFY}", json=wanted())[:2] == (400, "0x80040519")
    account = api.create("accounts", name="A")
    assert api("POST", f"accounts({account})/{QUALIFY}", json=wanted()).status_code == 404


def test_a_missing_privilege_undoes_all_of_it(api: Api, lead: str) -> None:
    """Where the caller may not create opportunities, no account is left behind either."""
    api.world.settings["dataverse_denied_privileges"] = ["prvCreateOpportunity"]
    assert api("POST", f"leads({lead})/{QUALIFY}", json=wanted()).status_code == 403
    assert crm.find(api.world, "account", name="Tailspin") == []


def test_a_lead_is_disqualified_and_reopened_by_an_update(api: Api, lead: str) -> None:
    """States 2 with reasons 4 to 7; a closed lead takes custom columns only, until it is opened again."""
    assert api("PATCH", f"leads({lead})", json={"statecode": 2, "statuscode": 6}).status_code == 204
    assert api("PATCH", f"leads({lead})", json={"cosell_audit": "y"}).status_code == 204
    assert api.refused("PATCH", f"leads({lead})", json={"subject": "y"})[:2] == (400, "0x80040519")
    assert api("PATCH", f"leads({lead})", json={"statecode": 0, "statuscode": 2}).status_code == 204
    assert api.refused("PATCH", f"leads({lead})", json={"statecode": 2, "statuscode": 3})[:2] == (400, "0x80048408")
    crm.disqualify(api.world, lead, status=7)
    crm.reopen(api.world, "lead", lead)
    row = crm.read(api.world, "lead", lead)
    assert (row["statecode"], row["statuscode"], row["subject"]) == (0, 1, "ERP move")


def test_a_lead_is_found_by_its_referral_as_an_opportunity_is(api: Api, lead: str) -> None:
    """The referral's id finds the lead; it names one lead, and may name an opportunity beside it."""
    key = "cosell_referralidentifier='r-1'"
    assert api("PATCH", f"leads({lead})", json={"cosell_referralidentifier": "r-1"}).status_code == 204
    assert api("GET", f"leads({key})?$select=leadid").json()["leadid"] == lead
    twin = api("POST", "leads", json={"subject": "B", "cosell_referralidentifier": "r-1"})
    assert (twin.status_code, twin.json()["error"]["code"]) == (412, "0x80060892")
    assert api.create("opportunities", name="C", cosell_referralidentifier="r-1")
