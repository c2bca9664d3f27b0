"""The token store that sign-in wants, out of the encrypted vault and Airflow's own Fernet keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.sdk.crypto import get_fernet
from airflow.sdk.exceptions import AirflowException

from cosell.adapters.entra import AccessToken
from cosell.adapters.vault import TokenVault
from cosell.core.errors import ConfigurationError
from cosell.core.sign_in import SignInHealth, health_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from cosell.adapters.state import SqlState

_ACCESS = "access:"
_REFRESH = "refresh"
_HEALTH = "sign_in:"
_PAST = datetime(2000, 1, 1, tzinfo=UTC)


def open_vault(state: SqlState) -> TokenVault:
    """Give the encrypted store in the state. Raises ConfigurationError where the Fernet key is empty, or is none."""
    try:
        fernet = get_fernet()
    except AirflowException:
        message = "AIRFLOW__CORE__FERNET_KEY is no Fernet key: it has 44 signs, made as README shows under Docker"
        raise ConfigurationError(message) from None
    return TokenVault(state, cipher=fernet, is_encrypted=fernet.is_encrypted)


class SharedTokens:
    """Tokens of one signed-in person, shared by all tasks. Raises ConfigurationError where the Fernet key is empty."""

    def __init__(self, state: SqlState, *, sign_in: str = "") -> None:
        """Open them; `sign_in` names one beside the usual, whose refresh token is kept by itself."""
        self._state = state
        self._vault = open_vault(state)
        self._refresh = f"{_REFRESH}:{sign_in}" if sign_in else _REFRESH

    def lease(self, name: str) -> AbstractAsyncContextManager[object]:
        """Hold a name alone among all processes; waits for its turn."""
        return self._vault.alone(name)

    def access_token(self, audience: str, *, origin: str) -> AccessToken | None:
        """Give the shared access token for an audience, if it descends from this sign-in."""
        kept = self._vault.get(_ACCESS + audience)
        if kept is None:
            return None
        told = json.loads(kept)
        if told["origin"] != origin:
            return None
        return AccessToken(told["value"], datetime.fromisoformat(told["expires"]))

    def keep_access_token(self, audience: str, token: AccessToken, *, origin: str) -> None:
        """Share an access token, in place of the audience's former one."""
        told = {"origin": origin, "value": token.value, "expires": token.expires.isoformat()}
        self._vault.put(_ACCESS + audience, json.dumps(told), expires=token.expires)

    def refresh_token(self, *, origin: str) -> str | None:
        """Give the newest refresh token of this sign-in."""
        kept = self._vault.refresh_token(self._refresh, configured=origin)
        return None if kept == origin else kept

    def keep_refresh_token(self, token: str, *, origin: str) -> None:
        """Put a refresh token in place of the former one, whatever its origin."""
        self._vault.keep_refresh_token(self._refresh, token, configured=origin)

    def forget_access_tokens(self) -> None:
        """Drop every shared access token: a person signed in anew."""
        for name in self._state.sealed_names():
            if name.startswith(_ACCESS):
                self._vault.put(name, "", expires=_PAST)

    def health(self, *, origin: str) -> SignInHealth:
        """Give what is known of this sign-in."""
        told = self._state.recall(_HEALTH + origin)
        return health_of(told) if isinstance(told, dict) else SignInHealth()

    def keep_health(self, health: SignInHealth, *, origin: str) -> None:
        """Put it in place of what was known of this sign-in."""
        self._state.remember(_HEALTH + origin, health.as_json())
