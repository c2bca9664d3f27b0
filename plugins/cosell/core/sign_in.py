"""How a person's sign-in does: since when it stands, when it last gave a token, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNUSED_FOR = timedelta(days=90)
"""Entra drops a refresh token that was not used for that long, and every use begins the span anew."""
_DAY = timedelta(days=1)
_TIMES = ("signed_in", "renewed", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInHealth:
    """What is known of one sign-in; nothing in it is secret."""

    signed_in: datetime | None = None
    """When a person signed in by `airflow cosell sign-in`; None where the connection brought the refresh token."""
    renewed: datetime | None = None
    refused: datetime | None = None
    """Since when it gives no token, or none that Partner Center takes."""
    error: str = ""
    is_beyond_renewal: bool = False
    """Partner Center refused the token itself: another one of the same sign-in changes nothing."""
    is_told: bool = False
    """Whether somebody was alarmed."""

    @property
    def ends(self) -> datetime | None:
        """Give when it ends if it is not used until then."""
        return self.renewed + UNUSED_FOR if self.renewed else None

    def after_renewal(self, now: datetime) -> SignInHealth:
        """Give it after it gave a token."""
        if self.is_beyond_renewal:
            return replace(self, renewed=now)
        return SignInHealth(signed_in=self.signed_in, renewed=now)

    def after_refusal(self, error: str, now: datetime, *, is_beyond_renewal: bool = False) -> SignInHealth:
        """Give it after it was refused; the first refusal's time stays."""
        return replace(self, refused=self.refused or now, error=error, is_beyond_renewal=is_beyond_renewal)

    def as_json(self) -> dict[str, object]:
        """Give it as plain JSON."""
        times = {name: moment.isoformat() for name in _TIMES if (moment := getattr(self, name))}
        return {**times, "error": self.error, "is_beyond_renewal": self.is_beyond_renewal, "is_told": self.is_told}


def health_of(told: Mapping[str, object]) -> SignInHealth:
    """Give what `as_json` wrote."""
    times = {name: datetime.fromisoformat(str(told[name])) for name in _TIMES if name in told}
    return SignInHealth(
        **times,
        error=str(told.get("error", "")),
        is_beyond_renewal=told.get("is_beyond_renewal") is True,
        is_told=told.get("is_told") is True,
    )


def in_words(health: SignInHealth, now: datetime) -> str:
    """Give the state of a sign-in in one sentence."""
    if health.error:
        since = f"Refused since {health.refused:%Y-%m-%d %H:%M} UTC" if health.refused else "Refused"
        return f"{since}: {health.error}"
    if health.renewed is None or health.ends is None:
        return "Not used yet."
    used = _ago(now - health.renewed)
    if now >= health.ends:
        return f"Last used {used}: it has ended, since it was unused for {UNUSED_FOR.days} days; a person must sign in."
    return f"Good: last used {used}; unused, it ends {_end(health.ends, now)}."


def use_in_words(before: SignInHealth, after: SignInHealth, now: datetime) -> str:
    """Give the life of a sign-in that was used just now, as part of a sentence; `before` is how it did until then."""
    used = f"last used {_ago(now - before.renewed)}" if before.renewed else "not used from here before"
    told = f"the sign-in was {used}"
    if after.error or after.ends is None:
        return f"{told}; Microsoft ends one that is unused for {UNUSED_FOR.days} days"
    return f"{told}; unused from now on, it ends {_end(after.ends, now)}"


def _end(moment: datetime, now: datetime) -> str:
    return f"in {ceil((moment - now) / _DAY)} days, on {moment:%Y-%m-%d}"


def _ago(span: timedelta) -> str:
    return f"{span.days} days ago" if span >= _DAY else "less than a day ago"
