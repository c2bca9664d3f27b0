"""What an access token says of itself, read without verifying it: it is for the service, and only told to a person."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt

from cosell.core.checkup.doors import Claims

_ACCOUNT = ("upn", "preferred_username", "unique_name", "email")


def read_claims(token: str) -> Claims | None:
    """Give for whom it is and until when; None where the service made it unreadable, as it may."""
    try:
        told = jwt.decode(token, options={"verify_signature": False})
        audience, ends = told["aud"], datetime.fromtimestamp(int(told["exp"]), UTC)
    except (jwt.InvalidTokenError, KeyError, ValueError):
        return None
    account = next((str(told[name]) for name in _ACCOUNT if told.get(name)), None)
    first = audience[0] if isinstance(audience, list) else audience
    return Claims(audience=str(first), expires=ends, account=account)
