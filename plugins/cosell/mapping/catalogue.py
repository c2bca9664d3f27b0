"""The canonical field names that the rest of cosell decides on, and what kind of value each holds."""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["text", "amount", "day", "time", "yes or no", "people", "solutions"]
"""What a converter gives: str, Decimal, date, datetime, bool, tuple of Member, tuple of SolutionLine."""

KINDS: Final[dict[str, Kind]] = {
    "deal_name": "text",
    "deal_value": "amount",
    "currency": "text",
    "close_date": "day",
    "notes": "text",
    "customer_name": "text",
    "customer_address_line1": "text",
    "customer_address_line2": "text",
    "customer_city": "text",
    "customer_state": "text",
    "customer_postal_code": "text",
    "customer_country": "text",
    "customer_duns": "text",
    "customer_key": "text",
    "customer_account": "text",
    "customer_contacts": "people",
    "team": "people",
    "solutions": "solutions",
    "stage": "text",
    "marketplace_intent": "text",
    "visibility": "yes or no",
    "status": "text",
    "close_reason": "text",
    "referral_identifier": "text",
    "engagement_identifier": "text",
    "referral_link": "text",
    "crm_id": "text",
    "other_referral_identifier": "text",
    "other_engagement_identifier": "text",
    "expires_on": "time",
    "created_at": "time",
    "call_wanted": "yes or no",
    "consent": "yes or no",
    "flag": "yes or no",
    "originating_lead": "text",
    "help": "text",
    "help_notes": "text",
    "partner_role": "text",
    "solution_area": "text",
    "solution_play": "text",
    "microsoft_status": "text",
    "microsoft_contacts": "text",
    "microsoft_crm_id": "text",
    "microsoft_expires_on": "time",
    "microsoft_referral": "text",
    "microsoft_help": "text",
    "audit": "text",
    "sync_status": "text",
    "mark": "text",
    "label": "text",
    "type": "text",
    "qualification": "text",
    "invited_by": "text",
    "organization_id": "text",
    "mpn_id": "text",
    "substatus": "text",
    "help_code": "text",
}

NEEDED: Final = frozenset({
    "deal_name", "status", "referral_identifier", "crm_id", "flag", "audit", "sync_status",
    "type", "qualification", "invited_by",
})  # fmt: skip
"""Fields without which no record can be bound, classified or answered for."""

WORDS: Final[dict[str, frozenset[str]]] = {
    "marketplace_intent": frozenset({"Yes", "No", "HaveNotDecided"}),
    "visibility": frozenset({"Not visible", "Visible"}),
    "help": frozenset({
        "WorkloadSpecificValueProposition", "CustomerTechnicalArchitecture", "ProofOfConceptOrDemo",
        "QuotesOrLicensing", "PostSalesCustomerSuccess", "GeneralOrOther",
    }),
    "sync_status": frozenset({"Waiting", "Synced", "Refused", "Conflict", "Paused"}),
}  # fmt: skip
"""The words of a choice that others decide on: their numbers are the CRM's, the words are not."""

STATES: Final = frozenset({"new", "open", "on_hold", "won", "lost", "declined", "expired", "error", "qualified"})
"""The canonical words of a deal's status."""

OWN_PREFIX: Final = "own_"
"""A field that a user adds; any kind of value."""
