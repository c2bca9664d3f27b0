"""What a person sees when looking at both systems: the values that people work with, and how many records there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import crm

if TYPE_CHECKING:
    from tests.integration.joined import Joined

_TABLES = ("opportunity", "account", "contact", "cosell_partnercentersolution")
_MOVING = ("etag", "version", "modified", "updated")
"""Parts of member names that tell of a write rather than of a value."""


@dataclass(frozen=True)
class Deal:
    """One deal as both sides show it."""

    referral: dict[str, Any]
    row: dict[str, Any]

    def agree(self) -> bool:
        """Tell whether both sides hold the same value, day, notes and solutions."""
        details = self.referral["details"]
        return (
            float(details["dealValue"]) == float(self.row["estimatedvalue"])
            and details["closingDateTime"][:10] == self.row["estimatedclosedate"]
            and (details["notes"] or None) == self.row["description"]
        )


def deals(joined: Joined) -> list[Deal]:
    """Give every deal that stands on both sides, told by the row's referral id."""
    rows = {row["cosell_referralidentifier"]: row for row in joined.rows()}
    return [Deal(each, rows[each["id"]]) for each in joined.referrals() if each["id"] in rows]


def by_name(joined: Joined) -> dict[str, Deal]:
    """Give every deal that stands on both sides by its name without the mark."""
    return {each.row["name"].lstrip("✔❌ "): each for each in deals(joined)}


def counts(joined: Joined) -> dict[str, int]:
    """Count the records of both systems."""
    found = {table: len(crm.find(joined.sandbox, table)) for table in _TABLES}
    return found | {"referral": len(joined.referrals())}


def values(joined: Joined) -> dict[str, Any]:
    """Give every value of every record, without what only tells that somebody wrote."""
    told = {f"referral {each['id']}": _still(each) for each in joined.referrals()}
    for table in _TABLES:
        key = f"{table}id"
        told |= {f"{table} {row[key]}": _still(row) for row in crm.find(joined.sandbox, table)}
    return told


def _still(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not any(part in name.lower() for part in _MOVING)}
