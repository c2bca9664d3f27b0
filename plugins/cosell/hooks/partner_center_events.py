"""The registration of Partner Center's webhook by an Airflow connection of type `partner_center_events`."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cosell.adapters.partner_center.registry import BASE_URL, PATIENCE, PartnerCenterRegistry, open_registry_transport
from cosell.core.errors import ConfigurationError, SignInNeededError
from cosell.core.record import Side
from cosell.core.registration import is_loopback
from cosell.hooks.api_hook import SignedInHook
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.neighbours import refuse_contradictions
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import SETTINGS, read_wishes
from cosell.hooks.state import opened
from cosell.hooks.vault import open_vault
from cosell.sync.registering import Office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport
    from cosell.hooks.api_connection import ApiConnection

DEFAULT_CONNECTION = "partner_center_events_default"
_REFERRALS_HOST = "api.partner.microsoft.com"


class PartnerCenterEventsHook(SignedInHook):
    """Opens the registration of webhooks; where it has no connection, as whom Partner Center's is for."""

    default_conn_name = DEFAULT_CONNECTION
    conn_type = "partner_center_events"
    hook_name = "Microsoft Partner Center events"

    def get_conn(self) -> ApiConnection:
        """Give what the connection says, checked; without one, Partner Center's with this API's address."""
        return self.given() or self._beside(PartnerCenterHook.of(self.environment).get_conn())

    @property
    def sign_in_command(self) -> str:
        """Give what a person types to sign in for this connection."""
        return f"airflow cosell sign-in --events{self.environment.option}"

    def open_transport(self, state: SqlState) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        api = self.get_conn()
        return open_registry_transport(
            api.base_url, self.grant(api, state), options=replace(api.options(), patience=PATIENCE)
        )

    def sign_in_of(self, api: ApiConnection) -> str:
        """Give a sign-in of its own, unless it goes by Partner Center's connection."""
        return "events" if self._is_own(api) else ""

    @contextmanager
    def marking_the_sign_in(self, api: ApiConnection) -> Iterator[None]:
        """Let an error that asks for a sign-in say whose."""
        try:
            yield
        except SignInNeededError as error:
            if not self._is_own(api):
                raise
            raise SignInNeededError(str(error), is_of_events=True) from error

    async def _answer(self, transport: Transport, state: SqlState) -> str:
        del state
        offered = await PartnerCenterRegistry(transport).offered()
        return f"Partner Center answers and offers {len(offered)} events"

    def _is_own(self, api: ApiConnection) -> bool:
        """Tell whether there is a connection for this API, which then has a sign-in of its own."""
        return api.conn_id == self.conn_id

    def _beside(self, referrals: ApiConnection) -> ApiConnection:
        """Give the connection of the referrals, turned to the API that registers webhooks."""
        if urlsplit(referrals.base_url).hostname != _REFERRALS_HOST:
            raise ConfigurationError(
                f"connection {self.conn_id} is missing: {referrals.conn_id} does not lead to "
                f"{_REFERRALS_HOST}, so the address of the API that registers webhooks must be told"
            )
        return replace(referrals, base_url=BASE_URL, scope=f"{BASE_URL}/.default")


@asynccontextmanager
async def open_office(environment: Environment = DEFAULT) -> AsyncIterator[Office]:
    """Give all that registering speaks to, closed again afterwards."""
    refuse_contradictions(environment)
    hook = PartnerCenterEventsHook.of(environment)
    api = hook.get_conn()
    wishes = read_wishes(environment)
    with opened(environment) as state, hook.marking_the_sign_in(api):
        async with hook.open_transport(state) as transport:
            yield Office(
                registry=PartnerCenterRegistry(transport),
                state=state,
                secrets=open_vault(state),
                read_only=Side.PARTNER_CENTER.value in wishes.paused_sides,
                restricted=wishes.scope(environment).is_restricted,
                settings=environment.own(SETTINGS),
                simulated=is_loopback(urlsplit(api.base_url).hostname or ""),
            )
