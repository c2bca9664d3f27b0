"""What only leads know: they are qualified by an action, and disqualified by an update.

Two choices where the contract is silent, both the harder for a client: Qualified cannot be set by an update, and of a
closed lead only custom columns may change (setting `dataverse_closed_lead`: custom, all or none).
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.schema import Table

OPEN, QUALIFIED, DISQUALIFIED = 0, 1, 2


def check_create(changes: Mapping[str, Any]) -> None:
    """Refuse a lead that is born closed."""
    if changes.get("statecode", OPEN) != OPEN or changes.get("statuscode", 1) not in {1, 2}:
        raise errors.bad_state("lead", changes.get("statuscode"), OPEN)


def check_update(org: Organisation, table: Table, row: Row, changes: Mapping[str, Any]) -> None:
    """Refuse what an update may not do to a lead."""
    state = changes.get("statecode", row["statecode"])
    if state == QUALIFIED and row["statecode"] != QUALIFIED:
        raise errors.wrong_message("lead", "Qualified", "QualifyLeadRequest")
    if row["statecode"] == OPEN or state == OPEN:
        return
    allowed = org.world.settings["dataverse_closed_lead"]
    touched = [name for name in changes if allowed == "none" or not table.columns[name].custom]
    if touched and allowed != "all":
        raise closed()


def closed() -> errors.DataverseError:
    """Give the refusal of what only an open lead takes."""
    return errors.DataverseError(400, "0x80040519", "The lead is already closed.")
