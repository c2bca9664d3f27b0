"""RetrieveUserPrivileges: what a user may do, and how far it reaches."""

from sandbox.answers import Answer
from sandbox.dataverse.answers import ok
from sandbox.dataverse.call import Call
from sandbox.dataverse.organisation import BUSINESS_UNIT_ID, Organisation, Row
from sandbox.dataverse.privileges import CUSTOMISING, id_of, names_of
from sandbox.dataverse.reading import context_root

_NO_FILTER = "00000000-0000-0000-0000-000000000000"


def of_user(org: Organisation, user: Row, call: Call) -> Answer:
    """Tell a user's privileges; what the settings take away is the application's, people hold all."""
    is_application = user.get("applicationid") is not None
    denied: list[str] = org.world.settings["dataverse_denied_privileges"] if is_application else []
    depths: dict[str, str] = org.world.settings["dataverse_privilege_depths"]
    held = {name for table in org.catalogue.tables.values() for _, name in names_of(table)} | CUSTOMISING
    rows = [_row(name, depths.get(name, "Global")) for name in sorted(held - set(denied))]
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.RetrieveUserPrivilegesResponse"
    return ok(call, {"@odata.context": context, "RolePrivileges": rows})


def _row(name: str, depth: str) -> dict[str, str]:
    return {
        "Depth": depth,
        "PrivilegeId": id_of(name),
        "BusinessUnitId": BUSINESS_UNIT_ID,
        "PrivilegeName": name,
        "RecordFilterId": _NO_FILTER,
        "RecordFilterUniqueName": "",
    }
