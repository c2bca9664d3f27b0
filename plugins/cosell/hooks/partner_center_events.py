"""The registration of Partner Center's webhook by an Airflow connection of type `partner_center_events`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from cosell.adapters.entra import RefreshTokenGrant, SignIn, sign_in
from cosell.adapters.partner_center.registry import BASE_URL, PartnerCenterRegistry, open_registry_transport
from cosell.core.errors import ConfigurationError, CosellError, SignInNeededError
from cosell.core.record import Side
from cosell.core.registration import is_loopback
from cosell.hooks.absent import confirm_no_connection
from cosell.hooks.api_connection import ApiConnection, read_connection
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import read_wishes
from cosell.hooks.state import opened
from cosell.hooks.vault import SharedTokens, open_vault
from cosell.sync.registering import Office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport

DEFAULT_CONNECTION = "partner_center_events_default"
_REFERRALS_HOST = "api.partner.microsoft.com"


class PartnerCenterEventsHook(BaseHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """Opens the registration of webhooks; where it has no connection, as whom Partner Center's is for."""

    conn_name_attr = "partner_center_events_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "partner_center_events"
    hook_name = "Microsoft Partner Center events"

    def __init__(self, partner_center_events_conn_id: str = DEFAULT_CONNECTION) -> None:
        super().__init__()
        self.partner_center_events_conn_id = partner_center_events_conn_id

    def get_conn(self) -> ApiConnection:
        """Give what the connection says, checked; without one, Partner Center's with this API's address."""
        try:
            return read_connection(self.get_connection(self.partner_center_events_conn_id))
        except AirflowNotFoundException:
            confirm_no_connection(self.partner_center_events_conn_id)
            return self._beside(PartnerCenterHook().get_conn())

    def open_transport(self, state: SqlState) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        api = self.get_conn()
        return open_registry_transport(api.base_url, self.grant(api, state), verify=api.identity.verify)

    def grant(self, api: ApiConnection, state: SqlState) -> RefreshTokenGrant:
        """Give the way to the tokens: those of a sign-in of its own, unless it goes by Partner Center's connection."""
        tokens = SharedTokens(state, sign_in="events" if self.is_own(api) else "")
        given = api.text("refresh_token")
        return RefreshTokenGrant(api.identity, scope=api.scope, refresh_token=given, vault=tokens)

    def is_own(self, api: ApiConnection) -> bool:
        """Tell whether there is a connection for this API, which then has a sign-in of its own."""
        return api.conn_id == self.partner_center_events_conn_id

    @contextmanager
    def naming_the_sign_in(self, api: ApiConnection) -> Iterator[None]:
        """Let whoever must sign in again know for which connection."""
        try:
            yield
        except SignInNeededError as error:
            if not self.is_own(api):
                raise
            raise SignInNeededError(f"{error}, here with --events: for connection {api.conn_id}") from error

    async def sign_in(self, state: SqlState, *, tell: Callable[[SignIn], None]) -> None:
        """Wait for a person to sign in with MFA for this connection alone, and keep the tokens."""
        api = read_connection(self.get_connection(self.partner_center_events_conn_id))
        self.grant(api, state).adopt(await sign_in(api.identity, scope=api.scope, tell=tell))

    def test_connection(self) -> tuple[bool, str]:
        """Tell whether a token is given and the registration answers."""
        try:
            return True, asyncio.run(self._look())
        except CosellError as error:
            return False, str(error)

    async def _look(self) -> str:
        api = self.get_conn()
        with opened() as state, self.naming_the_sign_in(api):
            grant = self.grant(api, state)
            await grant.token(refused=await grant.token())  # a shared token would hide that the sign-in is spent
            async with self.open_transport(state) as transport:
                offered = await PartnerCenterRegistry(transport).offered()
        return f"Partner Center answers and offers {len(offered)} events"

    def _beside(self, referrals: ApiConnection) -> ApiConnection:
        """Give the connection of the referrals, turned to the API that registers webhooks."""
        if urlsplit(referrals.base_url).hostname != _REFERRALS_HOST:
            raise ConfigurationError(
                f"connection {self.partner_center_events_conn_id} is missing: {referrals.conn_id} does not lead to "
                f"{_REFERRALS_HOST}, so the address of the API that registers webhooks must be told"
            )
        return replace(referrals, base_url=BASE_URL, scope=f"{BASE_URL}/.default")


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    """Give all that registering speaks to, closed again afterwards."""
    hook = PartnerCenterEventsHook()
    api = hook.get_conn()
    with opened() as state, hook.naming_the_sign_in(api):
        async with hook.open_transport(state) as transport:
            yield Office(
                registry=PartnerCenterRegistry(transport),
                state=state,
                secrets=open_vault(state),
                read_only=Side.PARTNER_CENTER.value in read_wishes().paused_sides,
                simulated=is_loopback(urlsplit(api.base_url).hostname or ""),
            )
