"""Refusals of the Referrals API in its published shape: code, message, target, and a nested inner error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.answers import Answer


@dataclass
class ReferralError(Exception):
    """A call that is not carried out."""

    status: int
    code: str
    message: str
    inner: str = ""
    target: str = "referral"

    def answer(self) -> Answer:
        """Give the refusal as the API words it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message[:1024], "target": self.target}
        if self.inner:
            error["innerError"] = {"code": self.inner, "message": self.message[:1024]}
        return Answer(self.status, {"error": error})


def invalid(message: str, *, inner: str = "validationFailed", target: str = "referral") -> ReferralError:
    """Give a 400 for a request that breaks a rule."""
    return ReferralError(400, "invalidRequest", message, inner, target)


def not_found(referral_id: str) -> ReferralError:
    """Give the 404 of a referral that is not there."""
    return ReferralError(404, "itemNotFound", f"Referral {referral_id} was not found.", "referralNotFound")


def stale() -> ReferralError:
    """Give the 412 of an If-Match that is not the present eTag."""
    text = "The condition set in the request header 'If-Match' did not match the current eTag."
    return ReferralError(412, "preconditionFailed", text, "resourceModified")


def forbidden(message: str) -> ReferralError:
    """Give the 403 of a caller who may not do this."""
    return ReferralError(403, "accessDenied", message, "insufficent_claims")


def unauthenticated() -> ReferralError:
    """Give the 401 of a call without a token that is good here."""
    text = "Caller is not authorized to access the resource."
    return ReferralError(401, "unauthenticated", text, "unAuthorized")


def without_mfa(*, nested: bool) -> Answer:
    """Give the 401 of a token without the MFA claim: its number nested (harder to find) or at the top."""
    text = "MFA is required for this call: the access token does not hold the MFA claim."
    if nested:
        return ReferralError(401, "unauthenticated", text, "900421").answer()
    return Answer(401, {"code": 900421, "description": text})


def throttled(seconds: int, reason: str, flat: bool) -> Answer:
    """Give the 429: in the API's own error body, or in the gateway's flat one."""
    text = f"Rate limit is exceeded ({reason}). Try again in {seconds} seconds."
    if flat:
        return Answer(429, {"statusCode": 429, "message": text}, {"Retry-After": str(seconds)})
    refusal = ReferralError(429, "serviceNotAvailable", text, "tooManyRequests").answer()
    return Answer(refusal.status, refusal.body, {"Retry-After": str(seconds)})
