"""WinOpportunity and LoseOpportunity: the closing activity is created, the opportunity's state moves."""

from datetime import datetime
from typing import Any

from sandbox.dataverse import errors, write
from sandbox.dataverse.opportunity import OPEN
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.payload import BIND, resolve
from sandbox.dataverse.privileges import demand

_BIND = f"opportunityid{BIND}"


def close(org: Organisation, body: dict[str, Any], *, state: int, caller: Caller) -> Row:
    """Close an opportunity as a body of Status and OpportunityClose says, and give it."""
    status, activity = body.get("Status"), body.get("OpportunityClose")
    if not isinstance(status, int) or not isinstance(activity, dict):
        raise errors.bad_payload("opportunities", "The parameters 'Status' and 'OpportunityClose' must not be null.")
    table = org.table("opportunity")
    if status not in table.states[state].reasons:
        raise errors.bad_state("opportunity", status, state)
    if activity.get(_BIND) is None:
        raise errors.DataverseError(400, "0x80040203", "OpportunityClose.OpportunityId is missing.")
    activities = org.table("opportunityclose")
    column = activities.columns["opportunityid"]
    row = org.get(table, resolve(org, column, "opportunityid", activity[_BIND])[1])
    if row["statecode"] != OPEN:
        raise errors.DataverseError(400, "0x80040515", "The opportunity is already closed.")
    # Its amounts are in the opportunity's currency.
    currency = row.get("transactioncurrencyid")
    inherited = (
        {f"transactioncurrencyid_opportunityclose{BIND}": f"/transactioncurrencies({currency[1]})"} if currency else {}
    )
    closing = write.create(org, activities, inherited | activity, caller=caller)
    changes = {"statecode": state, "statuscode": status, "actualclosedate": _day(org, closing)}
    if closing.get("actualrevenue") is not None:
        changes["actualvalue"] = closing["actualrevenue"]
    demand(org, caller, "Write", table)
    return write.change(org, table, row, changes, caller=caller)


def _day(org: Organisation, closing: Row) -> str:
    """Give the calendar day of the closing."""
    moment = datetime.fromisoformat(closing["actualend"]) if closing.get("actualend") else org.now()
    return moment.date().isoformat()
