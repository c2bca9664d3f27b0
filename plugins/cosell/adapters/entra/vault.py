"""What the grants need of a store that outlives a task: shared access tokens and the newest refresh token."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from cosell.core.sign_in import SignInHealth

_EARLY = timedelta(minutes=5)


class AccessToken(NamedTuple):
    """An access token and when it ends, UTC."""

    value: str
    expires: datetime

    def is_good(self, *, refused: str | None) -> bool:
        """Tell whether it lasts long enough for a call and is not the one that the service did not take."""
        return self.value != refused and datetime.now(UTC) < self.expires - _EARLY

    def __repr__(self) -> str:
        """Say nothing of the token itself."""
        return f"AccessToken(expires={self.expires.isoformat()})"


class TokenVault(Protocol):
    """An encrypted store; `origin` is a hash of the sign-in that the tokens descend from, others' are not given."""

    def lease(self, name: str) -> AbstractAsyncContextManager[object]:
        """Hold a name alone among all processes; waits for its turn."""
        ...

    def access_token(self, audience: str, *, origin: str) -> AccessToken | None:
        """Give the shared access token for an audience."""
        ...

    def keep_access_token(self, audience: str, token: AccessToken, *, origin: str) -> None:
        """Share an access token, in place of the audience's former one."""
        ...

    def refresh_token(self, *, origin: str) -> str | None:
        """Give the newest refresh token."""
        ...

    def keep_refresh_token(self, token: str, *, origin: str) -> None:
        """Put a refresh token in place of the former one, whatever its origin."""
        ...

    def forget_access_tokens(self) -> None:
        """Drop every shared access token: a person signed in anew."""
        ...

    def health(self, *, origin: str) -> SignInHealth:
        """Give what is known of this sign-in."""
        ...

    def keep_health(self, health: SignInHealth, *, origin: str) -> None:
        """Put it in place of what was known of this sign-in."""
        ...
