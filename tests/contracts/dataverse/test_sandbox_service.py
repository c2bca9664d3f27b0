"""Who is let in, what headers come back, what the metadata tells, and what persons can do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from conftest import Api


def test_a_token_is_needed(api: Api) -> None:
    """None, a wrong one, one for another API and an expired one are all 401."""
    others = (api.world.tokens.issue("partner_center", client_id="x"), "nonsense")
    for token in others:
        assert api("GET", "WhoAmI", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert api("GET", "WhoAmI", headers={"Authorization": ""}).status_code == 401
    assert api("GET", "WhoAmI").status_code == 200
    api.world.clock.advance(3601)
    assert api("GET", "WhoAmI").status_code == 401


def test_the_application_must_be_a_user(api: Api) -> None:
    """An application that nobody made a user is 403 with its own code."""
    api.world.settings["dataverse_non_members"] = ["11111111-2222-3333-4444-555555555555"]
    assert api.refused("GET", "WhoAmI")[:2] == (403, "0x80072560")


@pytest.mark.parametrize(
    ("privilege", "method", "address"),
    [
        ("prvReadAccount", "GET", "accounts"),
        ("prvCreateAccount", "POST", "accounts"),
        ("prvWriteAccount", "PATCH", "accounts({})"),
        ("prvDeleteAccount", "DELETE", "accounts({})"),
    ],
)
def test_privileges_can_be_taken_away(api: Api, privilege: str, method: str, address: str) -> None:
    """403 with the name of the missing privilege; persons keep theirs."""
    row = crm.create(api.world, "account", name="A")
    api.world.settings["dataverse_denied_privileges"] = [privilege]
    status, code, message = api.refused(method, address.format(row), json={"name": "B"})
    assert (status, code) == (403, "0x80040220")
    assert privilege in message
    crm.update(api.world, "account", row, name="C")


def test_answers_carry_the_services_headers(api: Api) -> None:
    """Affinity cookie, parallelism hint, rate limits, request ids."""
    headers = api("GET", "WhoAmI", headers={"x-ms-client-request-id": "mine"}).headers
    assert headers["OData-Version"] == "4.0"
    assert headers["x-ms-dop-hint"] == "8"
    assert headers["x-ms-client-request-id"] == "mine"
    assert headers["x-ms-service-request-id"]
    assert "ARRAffinity" in headers["set-cookie"]
    assert int(headers["x-ms-ratelimit-burst-remaining-xrm-requests"]) > 0


def test_too_many_requests_are_throttled(api: Api) -> None:
    """429 with the code and Retry-After, by a limit that can be set."""
    api.world.settings["max_per_window"] = {"dataverse": 2}
    answers = [api("GET", "WhoAmI") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "0x80072322"
    assert int(answers[2].headers["Retry-After"]) > 0


def test_errors_tell_more_with_annotations(api: Api) -> None:
    """The help link and the inner message come only when asked for."""
    assert set(api("GET", "nothings").json()["error"]) == {"code", "message"}
    error = api("GET", "nothings", headers={"Prefer": 'odata.include-annotations="*"'}).json()["error"]
    assert error["@Microsoft.PowerApps.CDS.InnerError.Message"] == error["message"]


def test_columns_tell_lengths_decimals_and_behaviour(api: Api) -> None:
    """What a client needs to fit values is in the typed casts."""
    table = "EntityDefinitions(LogicalName='opportunity')/Attributes"

    def of(kind: str) -> dict[str, dict[str, object]]:
        rows = api.rows(f"{table}/Microsoft.Dynamics.CRM.{kind}AttributeMetadata")
        return {row["LogicalName"]: row for row in rows}

    assert of("String")["name"]["MaxLength"] == 300
    assert of("Memo")["description"]["MaxLength"] == 2000
    assert of("Money")["estimatedvalue"]["Precision"] == 2
    assert of("DateTime")["estimatedclosedate"]["DateTimeBehavior"] == {"Value": "DateOnly"}
    assert of("DateTime")["cosell_expireson"]["DateTimeBehavior"] == {"Value": "UserLocal"}
    assert of("Integer")["closeprobability"]["MaxValue"] == 100
    assert of("Lookup")["customerid"]["Targets"] == ["account", "contact"]
    assert api.refused("GET", f"{table}?$select=LogicalName,MaxLength")[0] == 400
    assert len(api.rows(f"{table}?$select=LogicalName")) > 70


def test_choices_tell_values_and_labels(api: Api) -> None:
    """Options come by expanding the cast; status reasons know their state."""
    root = "EntityDefinitions(LogicalName='opportunity')/Attributes(LogicalName='{}')/Microsoft.Dynamics.CRM.{}"
    address = root.format("cosell_syncstatus", "PicklistAttributeMetadata?$expand=OptionSet")
    options = api("GET", address).json()["OptionSet"]["Options"]
    assert {option["Value"]: option["Label"]["UserLocalizedLabel"]["Label"] for option in options} == {
        727000000: "Waiting",
        727000001: "Synced",
        727000002: "Refused",
        727000003: "Conflict",
        727000004: "Paused",
    }
    address = root.format("statuscode", "StatusAttributeMetadata?$expand=OptionSet")
    reasons = api("GET", address).json()["OptionSet"]["Options"]
    assert {reason["Value"]: reason["State"] for reason in reasons} == {1: 0, 2: 0, 3: 1, 4: 2, 5: 2}


def test_relationships_tell_navigation_names(api: Api) -> None:
    """A custom lookup's navigation property has the schema name."""
    address = "EntityDefinitions(LogicalName='cosell_partnercentersolution')/ManyToOneRelationships"
    rows = api.rows(f"{address}?$filter=ReferencingAttribute eq 'cosell_opportunityid'")
    assert [row["ReferencingEntityNavigationPropertyName"] for row in rows] == ["cosell_OpportunityId"]


def test_metadata_lists_types(api: Api) -> None:
    """$metadata holds every entity type with its navigation properties."""
    root = ET.fromstring(api("GET", "$metadata").content)  # noqa: S314 - the sandbox's own
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    types = {node.get("Name"): node for node in root.iter(f"{edm}EntityType")}
    navigations = {node.get("Name"): node.get("Type") for node in types["opportunity"].iter(f"{edm}NavigationProperty")}
    assert navigations["customerid_account"] == "mscrm.account"
    assert navigations["ownerid"] == "mscrm.principal"


def test_persons_act_through_the_control_surface(api: Api) -> None:
    """Another process can play the seller; a refusal says why."""
    act = "https://contoso.crm4.dynamics.com/_sandbox/act"
    row = api(
        "POST", act, json={"do": "dataverse.create", "table": "opportunity", "name": "D", "estimatedvalue": "5.5"}
    )
    said = {
        "do": "dataverse.update",
        "table": "opportunity",
        "row": row.json(),
        "by": "juergen.mueller@contoso.example",
    }
    assert api("POST", act, json={**said, "name": "D2", "estimatedclosedate": "2026-12-01"}).status_code == 200
    shown = api("POST", act, json={"do": "dataverse.read", "table": "opportunity", "row": row.json()}).json()
    assert (shown["name"], shown["estimatedvalue"]) == ("D2", "5.5000")
    assert shown["modifiedby"] == crm.seller(api.world, "juergen.mueller@contoso.example")
    refused = api("POST", act, json={**said, "name": "x" * 301})
    assert refused.status_code == 400
    assert "300" in refused.json()["error"]
    assert api("POST", act, json={"do": "dataverse.win", "row": row.json(), "actualrevenue": 5}).status_code == 200
    assert crm.read(api.world, "opportunity", row.json())["statecode"] == 1


def test_rows_touched_are_counted(api: Api) -> None:
    """The journal knows reads and writes by row, for latency and bench."""
    api.create("accounts", name="A")
    api("GET", "accounts")
    counted = api.world.journal.as_dict()["apps"]["dataverse"]
    assert (counted["rows"], counted["rows_written"], counted["writes"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("table", "called"),
    [
        (
            "opportunity",
            {
                "name": "Topic",
                "customerid": "Potential Customer",
                "estimatedvalue": "Est. Revenue",
                "estimatedvalue_base": "Est. Revenue (Base)",
                "estimatedclosedate": "Est. Close Date",
                "transactioncurrencyid": "Currency",
                "ownerid": "Owner",
                "statecode": "Status",
                "statuscode": "Status Reason",
                "opportunityid": "Opportunity",
            },
        ),
        ("lead", {"subject": "Topic", "companyname": "Company Name", "address1_postalcode": "ZIP/Postal Code"}),
        ("account", {"name": "Account Name", "address1_postalcode": "Address 1: ZIP/Postal Code"}),
        ("contact", {"parentcustomerid": "Company Name", "telephone1": "Business Phone"}),
    ],
)
def test_columns_are_called_as_microsoft_calls_them(api: Api, table: str, called: dict[str, str]) -> None:
    """Whoever writes a name that people read means one of these; none is left to its schema name."""
    rows = api.rows(f"EntityDefinitions(LogicalName='{table}')/Attributes?$select=LogicalName,DisplayName,SchemaName")
    names = {row["LogicalName"]: row["DisplayName"]["UserLocalizedLabel"]["Label"] for row in rows}
    assert {name: names[name] for name in called} == called
    assert [name for name in names if names[name] == name and not name.startswith("cosell_")] == []
