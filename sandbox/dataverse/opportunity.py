"""What only opportunities know: they are closed by actions, and may count their own revenue.

Two choices where the contract is silent, both the harder for a client: Won and Lost cannot be set by an update, and of
a closed opportunity only custom columns may change (setting `dataverse_closed_opportunity`: custom, all or none).
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import errors
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.schema import Table

OPEN, WON, LOST = 0, 1, 2
_STATE = {"statecode", "statuscode"}


def check_create(changes: Mapping[str, Any]) -> None:
    """Refuse an opportunity that is born closed."""
    if changes.get("statecode") in {WON, LOST} or changes.get("statuscode") in {3, 4, 5}:
        raise errors.bad_state("opportunity", changes.get("statuscode"), OPEN)


def check_update(org: Organisation, table: Table, row: Row, changes: Mapping[str, Any]) -> None:
    """Refuse what an update may not do to an opportunity."""
    state = changes.get("statecode", row["statecode"])
    if state != row["statecode"] and state in {WON, LOST}:
        word = {WON: "Win", LOST: "Lose"}[state]
        raise errors.wrong_message("opportunity", table.states[state].label, f"{word}OpportunityRequest")
    if row["statecode"] == OPEN or state == OPEN:
        return
    allowed = org.world.settings["dataverse_closed_opportunity"]
    touched = [name for name in changes if allowed == "none" or not table.columns[name].custom]
    if touched and allowed != "all":
        raise errors.DataverseError(400, "0x80040515", "The opportunity is already closed.")


def with_revenue(org: Organisation, row: Row, caller: Caller, *, creating: bool) -> Row:
    """Give the row with its revenue counted by the system, where that is switched on (there are no products here)."""
    if creating and row.get("isrevenuesystemcalculated") is None:
        by_system = org.world.settings["dataverse_revenue_by_system"] and not caller.person
        row = {**row, "isrevenuesystemcalculated": by_system}
    if row.get("isrevenuesystemcalculated") and row.get("estimatedvalue") is not None:
        return {**row, "estimatedvalue": "0.0000", "totalamount": "0.0000"}
    return row


def reopened(row: Row, former: Row | None) -> Row:
    """Give the row without the traces of its closing, where it was reopened."""
    if former is not None and former["statecode"] != OPEN and row["statecode"] == OPEN:
        return {**row, "actualclosedate": None}
    return row
