"""Partner Center by an Airflow connection of type `partner_center`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from cosell.adapters.entra import RefreshTokenGrant, SignIn, sign_in
from cosell.adapters.partner_center.client import open_transport
from cosell.adapters.partner_center.replica import PartnerCenterReplica
from cosell.core.errors import CosellError
from cosell.hooks.api_connection import ApiConnection, read_connection
from cosell.hooks.state import SyncStateHook
from cosell.hooks.vault import SharedTokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport

DEFAULT_CONNECTION = "partner_center_default"


class PartnerCenterHook(BaseHook):  # type: ignore[misc]  # Airflow's annotations are not read
    """Opens Partner Center as a signed-in person, whose tokens are kept encrypted in the state."""

    conn_name_attr = "partner_center_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = "partner_center"
    hook_name = "Microsoft Partner Center"

    def __init__(self, partner_center_conn_id: str = DEFAULT_CONNECTION) -> None:
        super().__init__()
        self.partner_center_conn_id = partner_center_conn_id

    def get_conn(self) -> ApiConnection:
        """Give what the connection says, checked."""
        return read_connection(self.get_connection(self.partner_center_conn_id))

    def open_transport(self, state: SqlState) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        api = self.get_conn()
        return open_transport(api.base_url, self.grant(api, state), verify=api.identity.verify)

    def replica(self, transport: Transport, state: SqlState) -> PartnerCenterReplica:
        """Give our organisation's referrals through an open client."""
        api = self.get_conn()
        return PartnerCenterReplica(
            transport,
            recall=state.recall,
            remember=state.remember,
            organization_id=api.text("organization_id"),
            partner_id=api.text("partner_id"),
        )

    def grant(self, api: ApiConnection, state: SqlState) -> RefreshTokenGrant:
        """Give the way to this connection's tokens."""
        return RefreshTokenGrant(
            api.identity, scope=api.scope, refresh_token=api.text("refresh_token"), vault=SharedTokens(state)
        )

    async def sign_in(self, state: SqlState, *, tell: Callable[[SignIn], None]) -> None:
        """Wait for a person to sign in with MFA, and keep the tokens."""
        api = self.get_conn()
        self.grant(api, state).adopt(await sign_in(api.identity, scope=api.scope, tell=tell))

    def test_connection(self) -> tuple[bool, str]:
        """Tell whether a token is given and the list of referrals answers."""
        try:
            return True, asyncio.run(self._look())
        except CosellError as error:
            return False, str(error)

    async def _look(self) -> str:
        state = SyncStateHook().get_conn()
        try:
            grant = self.grant(self.get_conn(), state)
            await grant.token(refused=await grant.token())  # a shared token would hide that the sign-in is spent
            async with self.open_transport(state) as transport:
                empty = await self.replica(transport, state).is_empty()
        finally:
            state.close()
        return "Partner Center answers" + (" and shows no referral at all" if empty else "")
