"""What a token says of itself, without being verified."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest
from cosell.adapters.entra.claims import read_claims

KEY = "a key that only the service has, long enough for it"
ENDS = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_audience_end_and_account_are_read() -> None:
    """Whoever signed it; of several audiences the first."""
    token = jwt.encode({"aud": ["a", "b"], "exp": ENDS, "upn": "who@contoso.example"}, KEY, algorithm="HS256")
    claims = read_claims(token)
    assert claims is not None
    assert (claims.audience, claims.expires, claims.account) == ("a", ENDS, "who@contoso.example")


@pytest.mark.parametrize("token", ["opaque", "", "a.b.c", jwt.encode({"sub": "x"}, KEY, algorithm="HS256")])
def test_what_cannot_be_read_tells_nothing(token: str) -> None:
    """A service may give tokens that are its own secret."""
    assert read_claims(token) is None
