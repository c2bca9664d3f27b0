"""The body of a new referral."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cosell.adapters.partner_center.paths import put

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEFT_TO_THE_SERVICE = {"status", "substatus"}
"""A new deal of ours is Active/Accepted by itself; the current sample sends neither."""
_UNLESS_TOLD: dict[str, object] = {
    "type": "Independent",
    "qualification": "SalesQualified",
    # The seller's flag that lets the deal leave the CRM states the customer's consent to sharing.
    "consent.consentToToShareInfoWithOthers": True,
    "consent.consentToContact": True,
    "consent.consentToShareReferralWithMicrosoftSellers": False,
}


def body_of(columns: Mapping[str, object]) -> dict[str, Any]:
    """Give the JSON body for wire columns; null members are left out."""
    body: dict[str, Any] = {"target": []}
    for path, value in {**_UNLESS_TOLD, **_filled(columns)}.items():
        if path not in _LEFT_TO_THE_SERVICE:
            put(body, path, value)
    # Required by the contract, whatever the mapping reaches.
    for name in ("customerProfile", "details"):
        body.setdefault(name, {})
    return body


def _filled(columns: Mapping[str, object]) -> dict[str, object]:
    return {path: value for path, value in columns.items() if value is not None}
