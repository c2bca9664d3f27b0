"""Who may do what: everyone everything, but for the privileges that the settings take away."""

from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import Caller, Organisation
from sandbox.dataverse.schema import Table


def demand(org: Organisation, caller: Caller, action: str, table: Table) -> None:
    """Refuse an action whose privilege was taken from the application user; persons keep theirs."""
    name = f"prv{action}{table.schema}"
    if caller.person or name not in org.world.settings["dataverse_denied_privileges"]:
        return
    raise DataverseError(
        403,
        "0x80040220",
        f"Principal user (Id={caller.user_id}, type=8, roleCount=1, privilegeCount=100, accessMode=4), is missing "
        f"{name} privilege (Id=00000000-0000-0000-0000-000000000000) on OTC={table.code} for entity '{table.name}'.",
    )


def demand_customiser(org: Organisation, caller: Caller) -> None:
    """Refuse a change of the metadata to a user who may not customise."""
    if "prvCreateEntity" in org.world.settings["dataverse_denied_privileges"] and not caller.person:
        raise DataverseError(
            403,
            "0x80040220",
            f"Principal user (Id={caller.user_id}, type=8, roleCount=1, privilegeCount=100, accessMode=4), is missing "
            "prvCreateEntity privilege (Id=00000000-0000-0000-0000-000000000000) on OTC=9800 for entity 'entity'.",
        )
