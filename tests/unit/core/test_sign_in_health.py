"""How a person's sign-in does, in times and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cosell.core.sign_in import SignInHealth, health_of, in_words, use_in_words

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (SignInHealth(), "Not used yet."),
        (SignInHealth(renewed=NOW), "Good: last used less than a day ago; unused, it ends in 90 days, on 2027-02-21."),
        (SignInHealth(renewed=NOW - 80 * DAY), "Good: last used 80 days ago; unused, it ends in 10 days"),
        (SignInHealth(renewed=NOW - 90 * DAY), "Last used 90 days ago: it has ended"),
        (
            SignInHealth(renewed=NOW).after_refusal("spent", NOW).after_refusal("still spent", NOW + DAY),
            "Refused since 2026-11-23 03:00 UTC: still spent",
        ),
    ],
)
def test_it_is_told_in_one_sentence(health: SignInHealth, said: str) -> None:
    """Days since the last use, days until the 90 days without use are over, the last error and since when."""
    assert in_words(health, NOW).startswith(said)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            SignInHealth(renewed=NOW - 80 * DAY),
            SignInHealth(renewed=NOW),
            "the sign-in was last used 80 days ago; unused from now on, it ends in 90 days, on 2027-02-21",
        ),
        (
            SignInHealth(),
            SignInHealth(renewed=NOW),
            "the sign-in was not used from here before; unused from now on, it",
        ),
        (
            SignInHealth(renewed=NOW - 95 * DAY),
            SignInHealth(renewed=NOW - 95 * DAY).after_refusal("spent", NOW),
            "the sign-in was last used 95 days ago; Microsoft ends one that is unused for 90 days",
        ),
    ],
)
def test_its_life_is_told_by_whoever_used_it(before: SignInHealth, after: SignInHealth, said: str) -> None:
    """A use begins the 90 days anew; what it was before tells whether that was nearly too late, or too late."""
    assert use_in_words(before, after, NOW).startswith(said)


def test_a_token_heals_what_the_sign_in_service_refused() -> None:
    """Whoever was told before is told again at the next refusal."""
    refused = SignInHealth(signed_in=NOW - DAY).after_refusal("spent", NOW)
    assert refused.after_renewal(NOW + DAY) == SignInHealth(signed_in=NOW - DAY, renewed=NOW + DAY)


def test_a_token_does_not_heal_what_partner_center_refused() -> None:
    """Each hour a sign-in without MFA gives another token, which is refused too: that is no news every hour."""
    refused = SignInHealth().after_refusal("lacks MFA", NOW, is_beyond_renewal=True)
    later = refused.after_renewal(NOW + DAY)
    assert (later.error, later.refused, later.renewed) == ("lacks MFA", NOW, NOW + DAY)


@pytest.mark.parametrize(
    "health",
    [SignInHealth(), SignInHealth(signed_in=NOW, renewed=NOW + DAY, refused=NOW, error="spent", is_told=True)],
)
def test_it_is_kept_as_plain_json(health: SignInHealth) -> None:
    """What was written is read again."""
    assert health_of(health.as_json()) == health
