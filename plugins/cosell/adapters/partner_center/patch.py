"""Edits as JSON Patch, on the paths that the API allows and no others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Operation = dict[str, Any]

ALLOWED_PATHS = frozenset(
    {
        "/campaignId",
        "/consent/consentToShareReferralWithMicrosoftSellers",
        "/customerProfile/team",
        "/customerProfile/team/-",
        "/details/closingDateTime",
        "/details/currency",
        "/details/dealValue",
        "/details/notes",
        "/details/requirements/solutions",
        "/details/requirements/solutions/-",
        "/externalReferenceId",
        "/referralProgram",
        "/salesStage",
        "/status",
        "/substatus",
        "/statusReason",
        "/team",
        "/team/-",
    }
)
DEAL_VALUE = "/details/dealValue"
_CLOSINGS = {"won": "Won", "lost": "Lost", "declined": "Declined", "error": "Error"}


class NotPatchableError(ValueError):
    """A caller asked to write what the API never takes; to be found before it is asked."""


def operations(columns: Mapping[str, object], *, close_as: str | None = None) -> list[Operation]:
    """Give the operations for wire columns; raises NotPatchableError."""
    wanted = {f"/{path.replace('.', '/')}": value for path, value in columns.items()}
    if close_as is not None:
        if close_as not in _CLOSINGS:
            message = f"a referral cannot be closed as {close_as!r}"
            raise NotPatchableError(message)
        wanted |= {"/status": "Closed", "/substatus": _CLOSINGS[close_as]}
    if foreign := sorted(set(wanted) - ALLOWED_PATHS):
        message = f"a referral's {', '.join(foreign)} cannot be written after creation"
        raise NotPatchableError(message)
    if ("/status" in wanted) != ("/substatus" in wanted):
        message = "status and substatus are only written together"
        raise NotPatchableError(message)
    return [{"op": _verb(path), "path": path, "value": value} for path, value in wanted.items()]


def with_deal_value_as_string(patch: list[Operation]) -> list[Operation]:
    """Give the same patch with the deal's value as a JSON string; published samples and schema disagree."""
    return [{**one, "value": _as_string(one["value"])} if one["path"] == DEAL_VALUE else one for one in patch]


def adding(patch: list[Operation]) -> list[Operation]:
    """Give the same patch for a referral that lacks the members: `add` sets a member that is not there yet."""
    return [{**one, "op": "add"} for one in patch]


def has_deal_value(patch: list[Operation]) -> bool:
    """Tell whether the deal's value is among the edits."""
    return any(one["path"] == DEAL_VALUE for one in patch)


def _verb(path: str) -> str:
    return "add" if path.endswith("/-") else "replace"


def _as_string(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    return format(Decimal(value), "f")
