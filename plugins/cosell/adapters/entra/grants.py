"""The two ways to a token. msal blocks, so it works in a thread; one coroutine at a time asks it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import msal

from cosell.adapters.entra.vault import AccessToken
from cosell.core.errors import ConfigurationError, SignInNeededError, StopRunError
from cosell.core.sign_in import SignInHealth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.entra.identity import Identity
    from cosell.adapters.entra.vault import TokenVault

_LEASE = "partner_center_refresh_token"


class ClientCredentials:
    """Tokens of the application itself (Dataverse), kept in memory for one task."""

    def __init__(self, identity: Identity, *, scope: str) -> None:
        self._identity, self._scope = identity, scope
        self._application: msal.ConfidentialClientApplication | None = None
        self._held: AccessToken | None = None
        self._lock = anyio.Lock()

    async def token(self, *, refused: str | None = None) -> str:
        """Give a token that is good now and is not the refused one."""
        async with self._lock:
            if self._held is None or not self._held.is_good(refused=refused):
                self._held = await anyio.to_thread.run_sync(self._ask)
            return self._held.value

    def _ask(self) -> AccessToken:
        if self._application is None:
            self._application = self._confidential()
        # Ours is the cache: msal's would give a refused token again.
        self._application.remove_tokens_for_client()
        answer = self._application.acquire_token_for_client(scopes=[self._scope])
        if "access_token" not in answer:
            raise self._identity.refusal(answer, scope=self._scope)
        return access_token_of(answer)

    def _confidential(self) -> msal.ConfidentialClientApplication:
        application = self._identity.application()
        if isinstance(application, msal.ConfidentialClientApplication):
            return application
        message = (
            f"{self._identity.naming.connection}: its password (client secret) is empty and it has no certificate, so "
            "the application cannot sign in: enter one of the two"
        )
        raise ConfigurationError(message)


class RefreshTokenGrant:
    """Tokens of a signed-in person (Partner Center), shared by all tasks through the vault."""

    def __init__(self, identity: Identity, *, scope: str, refresh_token: str | None, vault: TokenVault) -> None:
        self._identity, self._scope, self._vault = identity, scope, vault
        self._given = refresh_token
        self._application: msal.ClientApplication | None = None
        self._held: AccessToken | None = None
        self._lock = anyio.Lock()

    @property
    def origin(self) -> str:
        """Give the hash that tells this connection's sign-in from any other."""
        named = "\0".join((self._identity.authority, self._identity.client_id, self._given or ""))
        return hashlib.sha256(named.encode()).hexdigest()

    @property
    def health(self) -> SignInHealth:
        """Give how this connection's sign-in does."""
        return self._vault.health(origin=self.origin)

    async def token(self, *, refused: str | None = None) -> str:
        """Give a token that is good now and is not the refused one."""
        async with self._lock:
            if self._held is None or not self._held.is_good(refused=refused):
                self._held = self._shared(refused) or await self._renew(refused)
            return self._held.value

    def keep_health(self, health: SignInHealth) -> None:
        """Remember how this connection's sign-in does."""
        self._vault.keep_health(health, origin=self.origin)

    def adopt(self, answer: Mapping[str, Any]) -> None:
        """Keep what a new sign-in gave; the tokens of the former one are forgotten."""
        self._vault.forget_access_tokens()
        self._vault.keep_refresh_token(str(answer["refresh_token"]), origin=self.origin)
        self._vault.keep_access_token(self._scope, access_token_of(answer), origin=self.origin)
        now = datetime.now(UTC)
        self.keep_health(SignInHealth(signed_in=now, renewed=now))
        self._held = None

    def _shared(self, refused: str | None) -> AccessToken | None:
        shared = self._vault.access_token(self._scope, origin=self.origin)
        return shared if shared is not None and shared.is_good(refused=refused) else None

    async def _renew(self, refused: str | None) -> AccessToken:
        async with self._vault.lease(_LEASE):
            # Another task may have renewed it while this one waited for its turn.
            return self._shared(refused) or await self._redeem_noting()

    async def _redeem_noting(self) -> AccessToken:
        try:
            fresh = await self._redeem()
        except StopRunError as error:
            self.keep_health(self.health.after_refusal(str(error), datetime.now(UTC)))
            raise
        self.keep_health(self.health.after_renewal(datetime.now(UTC)))
        return fresh

    async def _redeem(self) -> AccessToken:
        tokens = dict.fromkeys(filter(None, (self._vault.refresh_token(origin=self.origin), self._given)))
        naming = self._identity.naming
        failure = SignInNeededError(
            f"there is no refresh token yet for {naming.connection}: sign in with `{naming.sign_in}`"
        )
        for token in tokens:
            try:
                answer = await anyio.to_thread.run_sync(self._ask, token)
            except SignInNeededError as error:
                failure = error
                continue
            if answer.get("refresh_token", token) != token:
                self._vault.keep_refresh_token(answer["refresh_token"], origin=self.origin)
            fresh = access_token_of(answer)
            self._vault.keep_access_token(self._scope, fresh, origin=self.origin)
            return fresh
        raise failure

    def _ask(self, refresh_token: str) -> dict[str, Any]:
        if self._application is None:
            self._application = self._identity.application()
        answer: dict[str, Any] = self._application.acquire_token_by_refresh_token(refresh_token, scopes=[self._scope])
        if "access_token" not in answer:
            raise self._identity.refusal(answer, scope=self._scope)
        return answer


def access_token_of(answer: Mapping[str, Any]) -> AccessToken:
    """Give the access token of msal's answer."""
    return AccessToken(
        str(answer["access_token"]), datetime.now(UTC) + timedelta(seconds=int(answer.get("expires_in", 3600)))
    )
