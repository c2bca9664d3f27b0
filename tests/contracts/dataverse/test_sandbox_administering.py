"""Rights as the CRM tells them, and what an administrator takes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import administering, crm

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
