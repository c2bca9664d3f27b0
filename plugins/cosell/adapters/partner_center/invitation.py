"""The body of the second referral of an engagement: what our own says, addressed to Microsoft."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from cosell.adapters.partner_center.paths import put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.sync.ports import Invitation

_TAKEN: Final[dict[str, frozenset[str] | None]] = {
    "name": None,
    "qualification": None,
    "customerProfile": frozenset({"name", "size", "address", "team", "ids"}),
    "consent": None,
    "details": frozenset({"notes", "dealValue", "currency", "closingDateTime", "requirements"}),
    "team": None,
}
"""Members of our referral that Microsoft's begins with, and which parts of them a caller may write; None: all.

Neither our CRM id nor our location: they tell our own referral from others.
"""
_VISIBLE = "consent.consentToShareReferralWithMicrosoftSellers"


def invitation_of(ours: Mapping[str, Any], invitation: Invitation) -> dict[str, Any]:
    """Give the JSON body that invites Microsoft (contract 4.1, the second of the two calls)."""
    body: dict[str, Any] = {
        "type": "Shared",
        "engagementId": invitation.engagement_id,
        "target": [{"type": "BusinessProfileLocation", "id": "msft"}],
        "inviteContext": {"notes": invitation.notes, "assistanceRequestCode": invitation.help},
    }
    for name, parts in _TAKEN.items():
        if ours.get(name) is not None:
            body[name] = copy.deepcopy(_part(ours[name], parts))
    for path, value in invitation.columns.items():
        if value is not None:
            put(body, path, value)
    put(body, _VISIBLE, value=True)
    return body


def _part(member: object, parts: frozenset[str] | None) -> object:
    if parts is None or not isinstance(member, dict):
        return member
    return {name: content for name, content in member.items() if name in parts and content is not None}
