"""What the checks stand on: settings, connections, the state and both systems, opened when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.survey import Survey
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.mapping_check import Held, hold_against_crm
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.settings import Wishes, read_wishes
from cosell.hooks.state import SyncStateHook
from cosell.hooks.world import mappings_in_force

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from cosell.adapters.dataverse.setup.steps import SetupPlan
    from cosell.adapters.state import SqlState
    from cosell.adapters.transport import Transport
    from cosell.core.checkup.crm import User
    from cosell.core.checkup.doors import Claims, Reached
    from cosell.core.checkup.sight import Sight
    from cosell.core.registration import Registration
    from cosell.hooks.api_connection import ApiConnection
    from cosell.hooks.environment import Environment
    from cosell.mapping import Mapping


class Ground:
    """Opened for one examination; what is opened is closed with the stack."""

    sight: Sight
    """What Partner Center shows; from the check of its referrals on."""
    user: User
    """Whom the CRM takes us for; from that check on."""

    def __init__(self, environment: Environment, stack: AsyncExitStack) -> None:
        self.environment, self._stack = environment, stack
        self.doors: list[Reached] = []
        """What was asked without credentials, and answered."""
        self.definitions: SetupPlan | None = None
        """What setup would still do; from the check of the tables on."""
        self._held: Held | None = None
        self.registered: Registration | None = None
        """Where the events go, as far as it could be seen."""
        self.claims: Claims | None = None
        """Who signed in to Partner Center, where the token tells."""

    @cached_property
    def wishes(self) -> Wishes:
        """Give the settings."""
        return read_wishes(self.environment)

    @cached_property
    def mappings(self) -> list[Mapping]:
        """Give the mappings in force."""
        return mappings_in_force(self.wishes, self.environment)

    @cached_property
    def state(self) -> SqlState:
        """Give the memory."""
        state = SyncStateHook(self.environment).get_conn()
        self._stack.callback(state.close)
        return state

    @cached_property
    def partner_center(self) -> ApiConnection:
        """Give what the connection to Partner Center says."""
        return PartnerCenterHook.of(self.environment).get_conn()

    @cached_property
    def dataverse(self) -> ApiConnection:
        """Give what the connection to the CRM says."""
        return DataverseHook.of(self.environment).get_conn()

    @cached_property
    def referrals(self) -> Transport:
        """Give the way to Partner Center."""
        return self._kept(PartnerCenterHook.of(self.environment).open_transport(self.state))

    @cached_property
    def crm(self) -> Transport:
        """Give the way to the CRM."""
        return self._kept(DataverseHook.of(self.environment).open_transport())

    @cached_property
    def survey(self) -> Survey:
        """Give what asks the CRM."""
        return Survey(DataverseClient(self.crm))

    async def held(self) -> Held:
        """Give what of the mapping does not fit the CRM, asked once."""
        if self._held is None:
            self._held = await hold_against_crm(self.environment)
        return self._held

    def _kept(self, transport: Transport) -> Transport:
        self._stack.push_async_exit(transport)
        return transport
