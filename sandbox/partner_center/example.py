"""A whole deal as a seller would fill it in, for everything that a test or a person does not say."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.store import Document
    from sandbox.world import World


def example(world: World) -> Document:
    """Give the members that a caller may write."""
    closing = world.clock.now().astimezone(UTC) + timedelta(days=90)
    return {
        "name": "Tailspin rollout",
        "type": "Independent",
        "qualification": "SalesQualified",
        "customerProfile": {
            "name": "Tailspin GmbH",
            "address": {
                "addressLine1": "Hauptstr. 1",
                "addressLine2": None,
                "city": "Bonn",
                "state": None,
                "region": None,
                "postalCode": "53111",
                "country": "DE",
            },
            "team": [
                {"firstName": "Ada", "lastName": "Kern", "phoneNumber": "+492280000", "email": "ada@tailspin.example"}
            ],
        },
        "consent": {
            "consentToToShareInfoWithOthers": True,
            "consentToContact": True,
            "consentToShareReferralWithMicrosoftSellers": False,
        },
        "details": {
            "notes": None,
            "dealValue": 42000,
            "currency": "EUR",
            "closingDateTime": f"{closing:%Y-%m-%dT00:00:00Z}",
            "requirements": {
                "solutions": [{"id": "SOL-12345-ABC", "name": "Tailspin Connect", "type": "Name"}],
                "additionalRequirements": {
                    "attributes": [{"type": "CustomerMarketplaceIntent", "id": "HaveNotDecided"}]
                },
            },
        },
        "team": [
            {"firstName": "Bo", "lastName": "Lind", "phoneNumber": "+46800000", "email": "bo.lind@contoso.example"}
        ],
    }
