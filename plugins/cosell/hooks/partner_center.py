"""Partner Center by an Airflow connection of type `partner_center`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.partner_center.client import open_transport
from cosell.adapters.partner_center.replica import PartnerCenterReplica
from cosell.hooks.api_hook import SignedInHook

if TYPE_CHECKING:
    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport

DEFAULT_CONNECTION = "partner_center_default"


class PartnerCenterHook(SignedInHook):
    """Opens the referrals."""

    default_conn_name = DEFAULT_CONNECTION
    conn_type = "partner_center"
    hook_name = "Microsoft Partner Center"

    def open_transport(self, state: SqlState) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        api = self.get_conn()
        return open_transport(api.base_url, self.grant(api, state), options=api.options())

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

    async def _answer(self, transport: Transport, state: SqlState) -> str:
        empty = await self.replica(transport, state).is_empty()
        return "Partner Center answers" + (" and shows no referral at all" if empty else "")
