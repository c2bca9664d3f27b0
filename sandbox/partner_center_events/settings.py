"""The switches of the webhook, with their defaults."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    # "camel" as the reference has it, or "pascal" as the samples have it.
    "registration_case": "camel",
    # The refusal of a second POST has a text that names PUT; its code is not published.
    "registered_already": 409,
    "validations_a_minute": 2,
    # How often a delivery is tried, and how long after each failure (the last one counts for all that follow).
    "event_attempts": 10,
    "event_backoff_seconds": [0.5, 1, 2, 4, 8, 15, 30, 60, 60],
    "event_timeout_seconds": 10,
    "events_at_once": 8,
    # Each delivery waits between these two before its first attempt; a wide span brings events out of order.
    "event_delay_seconds": [0, 0],
    # How often each event is sent, and which are never sent: every so many-th (1: none is sent, 0: all are).
    "event_copies": 1,
    "event_drop_every": 0,
    # Whether x-ms-signature holds "Signature <token>" or the token alone.
    "ms_signature_scheme": True,
}
