"""Refusals of Partner Center's own REST API, which is older than the Referrals API: a number and a description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class EventsError(Exception):
    """A call that is not carried out."""

    status: int
    code: int
    description: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        """Give the refusal as the API words it."""
        body = {"code": self.code, "description": self.description, "data": [], "source": "PartnerFD"}
        return Answer(self.status, body, self.headers)


def invalid(description: str) -> EventsError:
    """Give a 400 for a request that breaks a rule."""
    return EventsError(400, 2000, description)


def not_found(description: str) -> EventsError:
    """Give the 404 of something that is not there."""
    return EventsError(404, 2003, description)


def unauthenticated() -> EventsError:
    """Give the 401 of a call without a token that is good here."""
    return EventsError(401, 900401, "The access token is missing, expired or meant for another API.")


def without_mfa() -> EventsError:
    """Give the 401 of a person's token without the MFA claim."""
    return EventsError(401, 900421, "MFA is required for this call: the access token does not hold the MFA claim.")


def too_many(seconds: int, reason: str) -> EventsError:
    """Give the 429, with the time to stay away."""
    text = f"Too many requests ({reason}). Try again in {seconds} seconds."
    return EventsError(429, 429, text, {"Retry-After": str(seconds)})
