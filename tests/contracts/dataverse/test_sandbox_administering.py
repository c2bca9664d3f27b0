"""Rights as the CRM tells them, and what an administrator takes away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import administering, crm, forms

if TYPE_CHECKING:
    from conftest import Api

OPPORTUNITY = "EntityDefinitions(LogicalName='opportunity')"


def privileges(api: Api) -> dict[str, str]:
    """Give our privileges with their depth."""
    me = api("GET", "WhoAmI").json()["UserId"]
    told = api("GET", f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges").json()
    return {one["PrivilegeName"]: one["Depth"] for one in told["RolePrivileges"]}


def test_a_user_s_privileges_are_told(api: Api) -> None:
    """Those that were taken away are left out; others go as deep as the settings say."""
    assert privileges(api)["prvReadOpportunity"] == "Global"
    api.world.settings["dataverse_denied_privileges"] = ["prvWriteOpportunity"]
    api.world.settings["dataverse_privilege_depths"] = {"prvReadOpportunity": "Local"}
    held = privileges(api)
    assert "prvWriteOpportunity" not in held
    assert held["prvReadOpportunity"] == "Local"
    assert (
        api.refused("POST", f"systemusers({crm.seller(api.world)})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges")[0]
        == 405
    )


def test_people_hold_what_the_application_was_denied(api: Api) -> None:
    """Roles are each user's own."""
    api.world.settings["dataverse_denied_privileges"] = ["prvWriteOpportunity"]
    path = f"systemusers({crm.seller(api.world)})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges"
    names = {one["PrivilegeName"] for one in api("GET", path).json()["RolePrivileges"]}
    assert "prvWriteOpportunity" in names


def described(api: Api) -> str:
    """Give what $metadata says of opportunities."""
    whole = str(api("GET", "$metadata").text)
    at = whole.index('EntityType Name="opportunity"')
    return whole[at : whole.index("EntityType>", at)]


def text_column(schema_name: str) -> dict[str, Any]:
    """Give the body of a new text column."""
    return {
        "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
        "SchemaName": schema_name,
        "DisplayName": {"LocalizedLabels": [{"Label": "Code", "LanguageCode": 1033}]},
        "MaxLength": 100,
        "FormatName": {"Value": "Text"},
    }


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("opportunity", "prvReadOpportunity"),
        ("systemuser", "prvReadUser"),
        ("opportunityclose", "prvReadActivity"),
        ("cosell_partnercentersolution", "prvReadcosell_PartnerCenterSolution"),
    ],
)
def test_a_table_tells_what_its_privileges_are_called(api: Api, table: str, name: str) -> None:
    """By what they allow; not every one is called after its table."""
    told = api("GET", f"EntityDefinitions(LogicalName='{table}')?$select=LogicalName,Privileges").json()
    assert {one["PrivilegeType"]: one["Name"] for one in told["Privileges"]}["Read"] == name


def test_a_deleted_column_is_gone(api: Api) -> None:
    """From the definitions and from rows; who asks for it is refused."""
    administering.remove_column(api.world, "opportunity", "cosell_audit")
    assert api.refused("GET", "opportunities?$select=cosell_audit")[0] == 400
    assert api("GET", f"{OPPORTUNITY}/Attributes(LogicalName='cosell_audit')").status_code == 404


def test_a_deleted_column_can_be_made_anew(api: Api) -> None:
    """It begins empty: what rows held went with it, and so did the key and the cell of the form that stood on it."""
    row = crm.create(api.world, "opportunity", name="A", cosell_referralidentifier="R1")
    xml = f"systemforms({forms.form_id('opportunity')})?$select=formxml"
    assert 'datafieldname="cosell_referralidentifier"' in api("GET", xml).json()["formxml"]
    administering.remove_column(api.world, "opportunity", "cosell_referralidentifier")
    assert "cosell_referralidentifier" not in api("GET", xml).json()["formxml"]
    assert api.rows(f"{OPPORTUNITY}/Keys") == []
    assert "cosell_referralidentifier" not in described(api)
    made = api("POST", f"{OPPORTUNITY}/Attributes", json=text_column("cosell_ReferralIdentifier"))
    assert made.status_code == 204, made.text
    assert "cosell_referralidentifier" in described(api)
    assert api("GET", f"{OPPORTUNITY}/Attributes(LogicalName='cosell_referralidentifier')").status_code == 200
    assert api("GET", f"opportunities({row})").json()["cosell_referralidentifier"] is None
    assert api.rows(f"{OPPORTUNITY}/Keys") == []
    assert api("PATCH", f"opportunities({row})", json={"cosell_referralidentifier": "R2"}).status_code == 204
    administering.remove_column(api.world, "opportunity", "cosell_referralidentifier")
    assert api("GET", f"{OPPORTUNITY}/Attributes(LogicalName='cosell_referralidentifier')").status_code == 404


def test_a_draft_lets_go_of_a_deleted_column_too(api: Api) -> None:
    """What else somebody changed on the form and did not publish yet stays."""
    form = f"systemforms({forms.form_id('opportunity')})"
    whole = api("GET", form).json()["formxml"]
    draft = whole.replace('description="Co-sell"', 'description="Selling together"')
    assert draft != whole
    assert api("PATCH", form, json={"formxml": draft}, headers={"If-Match": "*"}).status_code == 204
    administering.remove_column(api.world, "opportunity", "cosell_audit")
    assert api("POST", "PublishAllXml", json={}).status_code == 204
    xml = api("GET", form).json()["formxml"]
    assert "cosell_audit" not in xml
    assert "Selling together" in xml


def test_a_deleted_lookup_takes_its_lists_along(api: Api) -> None:
    """The relationship is gone with its column, and so is the list of the form that followed it."""
    xml = f"systemforms({forms.form_id('opportunity')})?$select=formxml"
    name = "cosell_opportunity_partnercentersolutions"
    assert name in api("GET", xml).json()["formxml"]
    administering.remove_column(api.world, "cosell_partnercentersolution", "cosell_opportunityid")
    assert name not in api("GET", xml).json()["formxml"]
    assert name not in {one["SchemaName"] for one in api.rows("RelationshipDefinitions")}


def test_a_column_that_others_stand_on_is_not_deleted(api: Api) -> None:
    """First the key goes and the published form lets go of it; a draft of the form is not enough."""
    column = f"{OPPORTUNITY}/Attributes(LogicalName='cosell_referralidentifier')"
    form = f"systemforms({forms.form_id('opportunity')})"
    refused = api.refused("DELETE", column)
    assert refused[:2] == (400, "0x8004f01f")
    key = api.rows(f"{OPPORTUNITY}/Keys")[0]["MetadataId"]
    assert api("DELETE", f"{OPPORTUNITY}/Keys({key})").status_code == 204
    assert api.refused("DELETE", column)[1] == "0x8004f01f"
    whole = api("GET", form).json()["formxml"]
    cell = next(one for one in re.findall(r"<row><cell.*?</row>", whole) if 'd="cosell_referralidentifier"' in one)
    changed = api("PATCH", form, json={"formxml": whole.replace(cell, "")}, headers={"If-Match": "*"})
    assert changed.status_code == 204, changed.text
    assert api.refused("DELETE", column)[1] == "0x8004f01f"
    assert api("POST", "PublishAllXml", json={}).status_code == 204
    assert api("DELETE", column).status_code == 204
    assert api("GET", column).status_code == 404
    assert api.refused("DELETE", f"{OPPORTUNITY}/Attributes(LogicalName='stepname')")[1] == "0x8004f01f"


def test_a_deleted_option_is_offered_no_more(api: Api) -> None:
    """Nor taken."""
    administering.remove_option(api.world, "opportunity", "cosell_closereason", number=727000003)
    row = crm.create(api.world, "opportunity", name="A")
    assert api.refused("PATCH", f"opportunities({row})", json={"cosell_closereason": 727000003})[1] == "0x8004431a"


def test_a_column_is_made_required(api: Api) -> None:
    """For forms: the API goes on taking rows without it."""
    administering.require(api.world, "opportunity", "stepname")
    told = api("GET", f"{OPPORTUNITY}/Attributes(LogicalName='stepname')").json()
    assert told["RequiredLevel"]["Value"] == "ApplicationRequired"
    assert api("POST", "opportunities", json={"name": "A"}).status_code == 204
