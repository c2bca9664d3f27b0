"""Closing: of opportunities only the actions may, a write of the state is refused; leads are closed by just that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.batch import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.metadata import Table
    from cosell.adapters.dataverse.settings import Settings

_ACTIONS = {"won": "WinOpportunity", "lost": "LoseOpportunity"}
_DISQUALIFIED = 2
MOVED_BY_CLOSING = frozenset(
    {
        "statecode",
        "statuscode",
        "modifiedon",
        "_modifiedby_value",
        "versionnumber",
        "actualvalue",
        "actualvalue_base",
        "actualclosedate",
        "closeprobability",
    }
)
"""Columns that the action itself changes; a difference in any other is somebody's edit."""


def disqualified(settings: Settings) -> Mapping[str, object]:
    """Give the columns that close a lead as disqualified, in the same write as its other columns."""
    return {"statecode": _DISQUALIFIED, "statuscode": settings.disqualified_status}


def closing(table: Table, key: str, *, close_as: str, status: Mapping[str, int]) -> Part:
    """Give the request that closes an opportunity as won or lost."""
    activity = {
        "subject": f"Closed as {close_as}: the referral in Partner Center is closed",
        "opportunityid@odata.bind": table.address(key),
    }
    return Part("POST", _ACTIONS[close_as], {"Status": status[close_as], "OpportunityClose": activity})
