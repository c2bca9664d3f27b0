"""Definitions written through the sandbox's Web API: what is taken, what is refused, what waits for publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import create_app, crm, forms
from sandbox.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Api

LEAD = "EntityDefinitions(LogicalName='lead')"
NAMESPACE = "Microsoft.Dynamics.CRM."


def label(text: str, language: int = 1033) -> dict[str, Any]:
    """Give a label."""
    return {"LocalizedLabels": [{"Label": text, "LanguageCode": language}]}


def text_column(**changes: object) -> dict[str, Any]:
    """Give the body of a new text column."""
    body = {
        "@odata.type": f"{NAMESPACE}StringAttributeMetadata",
        "SchemaName": "new_Code",
        "DisplayName": label("Code"),
        "MaxLength": 10,
        "FormatName": {"Value": "Text"},
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def table(**changes: object) -> dict[str, Any]:
    """Give the body of a new table."""
    body = {
        "@odata.type": f"{NAMESPACE}EntityMetadata",
        "SchemaName": "new_Box",
        "DisplayName": label("Box"),
        "DisplayCollectionName": label("Boxes"),
        "OwnershipType": "UserOwned",
        "HasActivities": False,
        "HasNotes": False,
        "Attributes": [text_column(SchemaName="new_Name", IsPrimaryName=True)],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def made(api: Api, path: str, body: dict[str, Any], **headers: str) -> str:
    """Make a definition and give its id."""
    answer = api("POST", path, json=body, headers=headers)
    assert answer.status_code == 204, answer.text
    return answer.headers["OData-EntityId"][-37:-1]


def test_a_new_column_can_be_written_at_once(api: Api) -> None:
    """A new piece needs no publishing."""
    column = made(api, f"{LEAD}/Attributes", text_column())
    lead = api.create("leads", lastname="A", new_code="X1")
    assert api("GET", f"leads({lead})?$select=new_code").json()["new_code"] == "X1"
    assert api.refused("POST", "leads", json={"lastname": "A", "new_code": "12345678901"})[1] == "0x80044331"
    assert api("GET", f"{LEAD}/Attributes(LogicalName='new_code')").json()["MetadataId"] == column


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"SchemaName": "Code"}, "0x80044366"),
        ({"SchemaName": "strange_Code"}, "0x80044366"),
        ({"SchemaName": "new_Co-de"}, "0x80044364"),
        ({"SchemaName": "new_" + "x" * 60}, "0x80044367"),
        ({"SchemaName": None}, "0x80040203"),
        ({"DisplayName": None}, "0x80040203"),
        ({"DisplayName": label("Kód", 1029)}, "0x80044195"),
        ({"@odata.type": "StringAttributeMetadata"}, "0x80048d19"),
        ({"@odata.type": f"{NAMESPACE}LookupAttributeMetadata"}, "0x80048403"),
        ({"MaxLength": 5000}, "0x80044331"),
        ({"FormatName": None}, "0x80048d19"),
        ({"Precision": 2}, "0x80048d19"),
        ({"RequiredLevel": {"Value": "SystemRequired"}}, "0x80048d19"),
    ],
)
def test_a_column_that_is_not_as_it_must_be_is_refused(api: Api, changes: dict[str, Any], code: str) -> None:
    """Names carry a publisher's prefix; members belong to the type; labels are in languages that are switched on."""
    assert api.refused("POST", f"{LEAD}/Attributes", json=text_column(**changes))[1] == code
    assert "new_code" not in crm.organisation(api.world).table("lead").columns


def test_the_same_column_twice_is_refused(api: Api) -> None:
    """So that a repeated request makes nothing twice."""
    made(api, f"{LEAD}/Attributes", text_column())
    assert api.refused("POST", f"{LEAD}/Attributes", json=text_column())[:2] == (400, "0x80047013")


def test_a_new_table_has_what_every_table_has(api: Api) -> None:
    """Set, key, owner, states and times come by themselves; money brings a currency."""
    made(api, "EntityDefinitions", table())
    money = {
        "@odata.type": f"{NAMESPACE}MoneyAttributeMetadata",
        "SchemaName": "new_Price",
        "DisplayName": label("Price"),
        "MinValue": 0,
        "MaxValue": 1000,
        "Precision": 2,
        "PrecisionSource": 2,
    }
    made(api, "EntityDefinitions(LogicalName='new_box')/Attributes", money)
    box = api.create("new_boxes", new_name="One", new_price=5)
    row = api("GET", f"new_boxes({box})").json()
    assert (row["new_name"], row["new_price"], row["statecode"]) == ("One", 5, 0)
    assert row["_ownerid_value"]
    assert row["_transactioncurrencyid_value"]
    assert api.refused("POST", "EntityDefinitions", json=table())[1] == "0x8004700b"
    assert 'Name="new_box"' in api("GET", "$metadata").text


@pytest.mark.parametrize(
    "changes",
    [
        {"Attributes": []},
        {"Attributes": [text_column()]},
        {"Attributes": [text_column(IsPrimaryName=True), text_column(SchemaName="new_Other")]},
        {"OwnershipType": "Mine"},
        {"Colour": "red"},
    ],
)
def test_a_table_that_is_not_as_it_must_be_is_refused(api: Api, changes: dict[str, Any]) -> None:
    """Nothing of it stays."""
    assert api.refused("POST", "EntityDefinitions", json=table(**changes))[0] == 400
    assert "new_box" not in crm.organisation(api.world).catalogue.tables
    assert api("GET", "new_boxes").status_code == 404


def test_a_changed_definition_is_seen_once_it_is_published(api: Api) -> None:
    """PUT gives the whole definition, nothing left out; without MergeLabels names in other languages are lost."""
    api.world.settings["dataverse_languages"] = [1033, 1029]
    both = {"LocalizedLabels": [{"Label": "Code", "LanguageCode": 1033}, {"Label": "Kód", "LanguageCode": 1029}]}
    made(api, f"{LEAD}/Attributes", text_column(DisplayName=both))
    path = f"{LEAD}/Attributes(LogicalName='new_code')"
    typed = f"{path}/{NAMESPACE}StringAttributeMetadata"
    whole = {name: value for name, value in api("GET", typed).json().items() if name != "@odata.context"}
    assert api.refused("PUT", path, json={"MaxLength": 20})[1] == "0x80048d19"
    assert api("PUT", path, json=whole | {"MaxLength": 20}, headers={"MSCRM.MergeLabels": "true"}).status_code == 204
    assert api("GET", typed).json()["MaxLength"] == 10
    publish = {"ParameterXml": "<importexportxml><entities><entity>lead</entity></entities></importexportxml>"}
    assert api("POST", "PublishXml", json=publish).status_code == 204
    now = api("GET", typed).json()
    assert now["MaxLength"] == 20
    assert len(now["DisplayName"]["LocalizedLabels"]) == 2
    api("PUT", path, json=whole | {"MaxLength": 20, "DisplayName": label("Code")})
    api("POST", "PublishAllXml", json={})
    assert [one["LanguageCode"] for one in api("GET", typed).json()["DisplayName"]["LocalizedLabels"]] == [1033]


def test_a_key_serves_when_its_index_is_built(api: Api) -> None:
    """Until then an address by it is refused; once built it holds values unique."""
    api.world.settings["dataverse_key_seconds"] = 60
    made(api, f"{LEAD}/Attributes", text_column())
    body = {"SchemaName": "new_CodeKey", "DisplayName": label("Code"), "KeyAttributes": ["new_code"]}
    key = made(api, f"{LEAD}/Keys", body)
    lead = api.create("leads", lastname="A", new_code="X1")
    assert api("GET", "leads(new_code='X1')").status_code == 400
    assert api("GET", f"{LEAD}/Keys({key})").json()["EntityKeyIndexStatus"] == "Pending"
    api.world.advance(61)
    assert api("GET", f"{LEAD}/Keys({key})").json()["EntityKeyIndexStatus"] == "Active"
    assert api("GET", "leads(new_code='X1')").json()["leadid"] == lead
    assert api.refused("POST", "leads", json={"lastname": "B", "new_code": "X1"})[1] == "0x80060892"
    again = {"EntityLogicalName": "lead", "EntityKeyLogicalName": "new_codekey"}
    assert api.refused("POST", "ReactivateEntityKey", json=again)[1] == "0x80060897"
    assert api.refused("POST", f"{LEAD}/Keys", json=body)[1] == "0x80060893"
    assert api.refused("POST", f"{LEAD}/Keys", json=body | {"SchemaName": "new_Other"})[1] == "0x80060894"
    memo = body | {"SchemaName": "new_Long", "KeyAttributes": ["description"]}
    assert api.refused("POST", f"{LEAD}/Keys", json=memo)[1] == "0x8006088f"


def test_a_row_goes_with_the_row_that_it_belongs_to_where_it_cascades(api: Api) -> None:
    """A new lookup ties rows; deleting the one it points to empties it, or takes the row along."""
    made(api, "EntityDefinitions", table())
    for name, way in (("new_KeptId", "RemoveLink"), ("new_GoneId", "Cascade")):
        relationship = {
            "@odata.type": f"{NAMESPACE}OneToManyRelationshipMetadata",
            "SchemaName": f"new_lead_{name.lower()}",
            "ReferencedEntity": "lead",
            "ReferencedAttribute": "leadid",
            "ReferencingEntity": "new_box",
            "CascadeConfiguration": {"Delete": way, "Assign": "NoCascade"},
            "Lookup": {
                "@odata.type": f"{NAMESPACE}LookupAttributeMetadata",
                "SchemaName": name,
                "DisplayName": label(name),
            },
        }
        made(api, "RelationshipDefinitions", relationship)
        assert api.refused("POST", "RelationshipDefinitions", json=relationship)[1] == "0x8004432b"
    first, second = (api.create("leads", lastname=name) for name in "AB")
    kept = api.create("new_boxes", new_name="K", **{"new_KeptId@odata.bind": f"/leads({first})"})
    gone = api.create("new_boxes", new_name="G", **{"new_GoneId@odata.bind": f"/leads({second})"})
    assert len(api.rows("leads?$filter=new_lead_new_goneid/any(b:b/new_name eq 'G')")) == 1
    for lead in (first, second):
        assert api("DELETE", f"leads({lead})").status_code == 204
    assert api("GET", f"new_boxes({kept})").json()["_new_keptid_value"] is None
    assert api("GET", f"new_boxes({gone})").status_code == 404


def test_a_choice_is_shared_by_the_columns_that_are_bound_to_it(api: Api) -> None:
    """A new option is taken by both, once the choice is published; one in use is not deleted."""
    options = [{"Value": 100000000, "Label": label("Red")}]
    choice = {
        "@odata.type": f"{NAMESPACE}OptionSetMetadata",
        "Name": "new_colour",
        "IsGlobal": True,
        "OptionSetType": "Picklist",
        "DisplayName": label("Colour"),
        "Options": options,
    }
    made(api, "GlobalOptionSetDefinitions", choice)
    assert api.refused("POST", "GlobalOptionSetDefinitions", json=choice)[1] == "0x80044345"
    column = {
        "@odata.type": f"{NAMESPACE}PicklistAttributeMetadata",
        "SchemaName": "new_Colour",
        "DisplayName": label("Colour"),
        "GlobalOptionSet@odata.bind": "/GlobalOptionSetDefinitions(Name='new_colour')",
    }
    for table_name in ("lead", "account"):
        made(api, f"EntityDefinitions(LogicalName='{table_name}')/Attributes", column)
    blue = {"OptionSetName": "new_colour", "Value": 100000001, "Label": label("Blue")}
    assert api("POST", "InsertOptionValue", json=blue).json()["NewOptionValue"] == 100000001
    assert api.refused("POST", "leads", json={"lastname": "A", "new_colour": 100000001})[1] == "0x8004431a"
    xml = "<importexportxml><optionsets><optionset>new_colour</optionset></optionsets></importexportxml>"
    api("POST", "PublishXml", json={"ParameterXml": xml})
    api.create("leads", lastname="A", new_colour=100000001)
    api.create("accounts", name="A", new_colour=100000001)
    assert api.refused("DELETE", "GlobalOptionSetDefinitions(Name='new_colour')")[1] == "0x8004f01f"


def test_what_was_made_outlives_the_process(api: Api, tmp_path: Path) -> None:
    """Definitions are kept with the rows."""
    path = tmp_path / "world.db"
    first = World.open(path)
    before = type(api)(create_app(first), first)
    made(before, "EntityDefinitions", table())
    box = before.create("new_boxes", new_name="One")
    first.store.close()
    second = World.open(path)
    after = type(api)(create_app(second), second)
    assert after("GET", f"new_boxes({box})").json()["new_name"] == "One"
    second.store.close()


def test_a_managed_solution_takes_nothing(api: Api) -> None:
    """Nor does one that is not there; and nothing is made."""
    for name, managed in (("theirs", True), ("missing", False)):
        if managed:
            api.create("solutions", uniquename=name, ismanaged=True)
        answer = api("POST", f"{LEAD}/Attributes", json=text_column(), headers={"MSCRM.SolutionUniqueName": name})
        assert answer.status_code in {400, 404}
    assert "new_code" not in crm.organisation(api.world).table("lead").columns


KEY = {"SchemaName": "new_CodeKey", "DisplayName": label("Code"), "KeyAttributes": ["companyname"]}
OPTION = {"EntityLogicalName": "lead", "AttributeLogicalName": "leadsourcecode", "Value": 77, "Label": label("Fair")}
ONE_TO_MANY = {"@odata.type": f"{NAMESPACE}OneToManyRelationshipMetadata", "SchemaName": "new_lead_lead"}
CHOICE = {"@odata.type": f"{NAMESPACE}OptionSetMetadata", "Name": "new_colour", "IsGlobal": True}


@pytest.mark.parametrize(
    ("privilege", "method", "path", "body"),
    [
        ("prvCreateEntity", "POST", "EntityDefinitions", table()),
        ("prvCreateEntity", "POST", "CreateEntities", {"Entities": [table()]}),
        ("prvWriteEntity", "PUT", LEAD, {}),
        ("prvDeleteEntity", "DELETE", LEAD, None),
        ("prvCreateAttribute", "POST", f"{LEAD}/Attributes", text_column()),
        ("prvWriteAttribute", "PUT", f"{LEAD}/Attributes(LogicalName='subject')", {}),
        ("prvDeleteAttribute", "DELETE", f"{LEAD}/Attributes(LogicalName='cosell_audit')", None),
        ("prvCreateEntityKey", "POST", f"{LEAD}/Keys", KEY),
        ("prvCreateEntityKey", "POST", "ReactivateEntityKey", {}),
        ("prvDeleteEntityKey", "DELETE", f"{LEAD}/Keys(LogicalName='cosell_leadreferralkey')", None),
        ("prvCreateRelationship", "POST", "RelationshipDefinitions", ONE_TO_MANY),
        ("prvDeleteRelationship", "DELETE", "RelationshipDefinitions(SchemaName='x')", None),
        ("prvCreateOptionSet", "POST", "GlobalOptionSetDefinitions", CHOICE),
        ("prvDeleteOptionSet", "DELETE", "GlobalOptionSetDefinitions(Name='new_colour')", None),
        ("prvWriteOptionSet", "POST", "InsertOptionValue", OPTION),
        ("prvWriteOptionSet", "POST", "UpdateOptionValue", OPTION),
        ("prvPublishCustomization", "POST", "PublishXml", {}),
        ("prvPublishCustomization", "POST", "PublishAllXml", {}),
        ("prvWriteSystemForm", "PATCH", f"systemforms({forms.form_id('lead')})", {}),
        ("prvWriteSolution", "POST", "AddSolutionComponent", {}),
        ("prvExportCustomization", "POST", "ExportSolution", {}),
        ("prvImportCustomization", "POST", "ImportSolutionAsync", {}),
        ("prvCreatePublisher", "POST", "publishers", {"uniquename": "other"}),
        ("prvCreateSolution", "POST", "solutions", {"uniquename": "other"}),
    ],
)
def test_every_change_of_definitions_has_its_privilege(
    api: Api, privilege: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Without it the call is refused by its name, whatever it asks for; with all others it is none of its matter."""
    api.world.settings["dataverse_denied_privileges"] = [privilege]
    status, code, message = api.refused(method, path, json=body)
    assert (status, code) == (403, "0x80040220")
    assert privilege in message
    me = api("GET", "WhoAmI").json()["UserId"]
    told = api("GET", f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges").json()["RolePrivileges"]
    held = {one["PrivilegeName"] for one in told}
    assert privilege not in held
    api.world.settings["dataverse_denied_privileges"] = sorted(held)
    answer = api(method, path, json=body)
    assert answer.status_code != 403, answer.text
