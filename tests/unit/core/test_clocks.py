"""Which clocks run on a referral, and when they end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.core.clocks import Clock, clocks_of, soonest_end
from examples import NOW

if TYPE_CHECKING:
    from cosell.core.record import Value

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("referral", "running"),
    [
        ({"status": "new", "expires_on": NOW + DAY}, [Clock("answer", NOW + DAY)]),
        ({"status": "new", "created_at": NOW}, [Clock("answer", NOW + 14 * DAY)]),
        ({"status": "new"}, []),
        (
            {"status": "new", "created_at": NOW, "expires_on": NOW + 9 * DAY, "call_wanted": True},
            [Clock("call", NOW + 3 * DAY), Clock("answer", NOW + 9 * DAY)],
        ),
        ({"status": "open", "expires_on": NOW, "call_wanted": True, "created_at": NOW}, []),
        (
            {"status": "open", "microsoft_status": "Pending", "microsoft_expires_on": NOW + DAY},
            [Clock("microsoft", NOW + DAY)],
        ),
        ({"status": "open", "microsoft_status": "Received", "microsoft_expires_on": None}, []),
        ({"status": "open", "microsoft_status": "Accepted", "microsoft_expires_on": NOW + DAY}, []),
        ({"status": "won", "microsoft_status": "Pending", "microsoft_expires_on": NOW + DAY}, []),
        ({}, []),
    ],
)
def test_clocks_run_until_somebody_answered(referral: dict[str, Value], running: list[Clock]) -> None:
    """Ours for an unanswered referral, and 72 hours where a call is wanted; Microsoft's while ours is open."""
    assert list(clocks_of(referral)) == running
    assert soonest_end(referral) == (running[0].ends if running else None)
