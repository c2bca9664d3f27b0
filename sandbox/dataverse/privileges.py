"""Who may do what: everyone everything, but for the privileges that the settings take away."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import BUSINESS_UNIT_ID, Caller, Organisation
from sandbox.dataverse.schema import Kind, Table

_ACTIONS = ("Create", "Read", "Write", "Delete", "Assign", "Share", "Append", "AppendTo")
_NAMED = {"systemuser": "User", "opportunityclose": "Activity"}
"""Tables whose privileges are not called after their schema name."""
CUSTOMISING = frozenset(
    {f"prv{action}{kind}" for action in ("Create", "Delete") for kind in ("EntityKey", "Relationship")}
    | {
        f"prv{action}{kind}"
        for action in ("Create", "Write", "Delete")
        for kind in ("Entity", "Attribute", "OptionSet")
    }
    | {f"prv{action}Customization" for action in ("Publish", "Export", "Import")}
)
"""Privileges to change definitions, which belong to no table."""
_IDS = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c40")


def privilege_of(action: str, table: Table) -> str:
    """Give the name of the privilege to do something with a table's rows."""
    return f"prv{action}{_NAMED.get(table.name, table.schema)}"


def described(table: Table) -> list[dict[str, Any]]:
    """Describe a table's privileges, as its definition holds them."""
    depths = dict.fromkeys(("CanBeBasic", "CanBeLocal", "CanBeDeep", "CanBeGlobal"), True)
    return [
        {"Name": name, "PrivilegeId": id_of(name), "PrivilegeType": action, **depths}
        for action, name in names_of(table)
    ]


def _is_denied(org: Organisation, caller: Caller, name: str) -> bool:
    return not caller.person and name in org.world.settings["dataverse_denied_privileges"]


def demand(org: Organisation, caller: Caller, action: str, table: Table) -> None:
    """Refuse an action whose privilege was taken from the application user; persons keep theirs."""
    name = privilege_of(action, table)
    if not _is_denied(org, caller, name):
        return
    raise DataverseError(
        403,
        "0x80040220",
        f"Principal user (Id={caller.user_id}, type=8, roleCount=1, privilegeCount=100, accessMode=4), is missing "
        f"{name} privilege (Id={id_of(name)}) on OTC={table.code} for entity '{table.name}'.",
    )


def demand_links(org: Organisation, caller: Caller, table: Table, changes: Mapping[str, Any]) -> None:
    """Refuse lookups without Append here and Append To there, and another owner without Assign."""
    for name, value in changes.items():
        if table.columns[name].kind is not Kind.LOOKUP or value is None:
            continue
        if name == "ownerid":
            if value[1] != caller.user_id:
                demand(org, caller, "Assign", table)
            continue
        demand(org, caller, "Append", table)
        demand(org, caller, "AppendTo", org.table(value[0]))


def demand_customiser(org: Organisation, caller: Caller, name: str) -> None:
    """Refuse a change of definitions whose privilege was taken from the application user; persons keep theirs."""
    if not _is_denied(org, caller, name):
        return
    raise DataverseError(
        403,
        "0x80040220",
        f"SecLib::CheckPrivilege failed. User: {caller.user_id}, PrivilegeName: {name}, PrivilegeId: {id_of(name)}, "
        f"Required Depth: Basic, BusinessUnitId: {BUSINESS_UNIT_ID}, MetadataCache Privileges Count: 5268, "
        "User Privileges Count: 100",
    )


def names_of(table: Table) -> Iterator[tuple[str, str]]:
    """Give action and privilege for everything that may be done with a table's rows."""
    return ((action, privilege_of(action, table)) for action in _ACTIONS)


def id_of(name: str) -> str:
    """Give the id of a privilege."""
    return str(uuid.uuid5(_IDS, name))
