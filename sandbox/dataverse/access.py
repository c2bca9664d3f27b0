"""Who calls: the token is checked, and its application must be a user of the environment."""

import uuid

from sandbox.dataverse import write
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import SYSTEM_USER_ID, Caller, Organisation
from sandbox.tokens import Denied, Grant

AUDIENCE = "dataverse"
_USERS = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c10")


def caller_of(org: Organisation, authorization: str | None) -> Caller | Denied:
    """Give the caller that a token stands for, or why it is not let in; raises for one who is no member."""
    grant = org.world.tokens.check(authorization, audience=AUDIENCE)
    if isinstance(grant, Denied):
        return grant
    if grant.client_id in org.world.settings["dataverse_non_members"]:
        raise DataverseError(403, "0x80072560", "The user is not a member of the organization.")
    return Caller(_user_of(org, grant))


def _user_of(org: Organisation, grant: Grant) -> str:
    """Give the user row of a signed-in person, else of the application, made on its first visit."""
    table = org.table("systemuser")
    if grant.user:
        found = org.with_value(table, table.columns["internalemailaddress"], grant.user)
        if found:
            return found[0]
    user_id = str(uuid.uuid5(_USERS, grant.client_id))
    if user_id not in org.rows(table):
        values = {
            "systemuserid": user_id,
            "firstname": "#",
            "lastname": "cosell",
            "applicationid": grant.client_id,
            "domainname": f"app-{grant.client_id}",
        }
        with org.store.atomic():
            write.insert(org, table, values, caller=Caller(SYSTEM_USER_ID, person=True))
    return user_id
