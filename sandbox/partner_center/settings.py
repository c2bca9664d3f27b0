"""The switches of the Referrals API, with their defaults."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    # The partner whose API this is.
    "organization_id": "7c1f2f5e-9b6d-4f0e-8a38-2f6f6c1d9e10",
    "organization_name": "Contoso Partner",
    "mpn_id": "1234567",
    # Own deals have been seen as Incoming on the real service, against its documentation.
    "own_direction": "Incoming",
    # Members on which $filter is answered with 400.
    "refuse_filter_on": ["externalReferenceId"],
    "page_size": 100,
    # Whether $top limits the whole list (as OData has it) or only a page.
    "top_is_total": False,
    # Whether nextLink has the published wrong path too; its scheme is always http.
    "odd_next_link": False,
    "extra_members": False,
    "escape_names": False,
    "mixed_case_keys": False,
    # "number", or "string" where only a JSON string is taken for /details/dealValue.
    "deal_value_as": "number",
    # "nested" hides 900421 in innerError, "flat" has it as a number at the top.
    "mfa_error": "nested",
    "check_solution_ids": False,
    # Ways to close that are refused without a statusReason.
    "reason_needed": ["Declined"],
    # Referrals that answer 404 or 403 and are in no list.
    "gone_ids": [],
    "hidden_ids": [],
    # Role of the signed-in person: "admin" of the whole account, "user" (the deals whose team it is in), or "none".
    "referrals_role": "admin",
    # Whose referral an event of another party names: "theirs" or "ours". Microsoft does not say.
    "related_events_name": "theirs",
}
