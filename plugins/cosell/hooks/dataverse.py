"""Dynamics 365 (Dataverse) by an Airflow connection of type `dataverse`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cosell.adapters.dataverse import Catalogue, DataverseReplica, Organisation, Settings
from cosell.adapters.dataverse.catalogue import SolutionCatalogue
from cosell.adapters.dataverse.client import DataverseClient
from cosell.adapters.dataverse.old_products import OldProducts
from cosell.adapters.dataverse.survey import Survey
from cosell.adapters.entra import ClientCredentials
from cosell.adapters.transport import Transport
from cosell.core.accounts import SIGN_FIELDS
from cosell.core.errors import ConfigurationError
from cosell.hooks.api_hook import ApiHook
from cosell.sync.world import LEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse.schema import Memory
    from cosell.core.accounts import AccountPolicy
    from cosell.hooks.settings import Wishes
    from cosell.mapping.shape import TableShape

DEFAULT_CONNECTION = "dataverse_default"


class DataverseHook(ApiHook):
    """Opens the CRM as an application of its own."""

    default_conn_name = DEFAULT_CONNECTION
    conn_type = "dataverse"
    hook_name = "Microsoft Dataverse (Dynamics 365)"

    def open_transport(self) -> Transport:
        """Give an HTTP client with its own tokens; whoever asks opens and closes it, one per task."""
        api = self.get_conn()
        token = ClientCredentials(api.identity, scope=api.scope)
        return Transport(api.base_url, token, options=replace(api.options(), twins=twins_of(api.base_url)))

    def replicas(
        self, transport: Transport, *, shapes: Sequence[TableShape], memory: Memory, wishes: Wishes
    ) -> list[DataverseReplica]:
        """Give the records that co-sell concerns through an open client, a replica for each table.

        Where nobody said whether leads are kept in step, their table may lack our columns.
        """
        optional = frozenset({LEAD} if wishes.leads is None else ())
        organisation, owner = self.get_conn().base_url, wishes.default_owner
        accounts = wishes.to_accounts()
        refuse_untold_signs(accounts, shapes[0])
        settings = Settings(organisation=organisation, default_owner=owner, accounts=accounts, optional=optional)
        shared = Organisation(transport, shapes, settings=settings, memory=memory)
        return [DataverseReplica(shared, shape) for shape in shapes]

    def catalogue(self, transport: Transport, *, memory: Memory) -> SolutionCatalogue:
        """Give the catalogue of solutions through an open client."""
        return SolutionCatalogue(transport, Catalogue(), memory=memory, organisation=self.get_conn().base_url)

    def old_products(self, transport: Transport, *, column: str, memory: Memory) -> OldProducts:
        """Give the solutions that another connector kept in a column, through an open client."""
        organisation = self.get_conn().base_url
        return OldProducts(transport, column=column, catalogue=Catalogue(), memory=memory, organisation=organisation)

    async def look(self) -> str:
        """Give as whom the CRM knows our application, in a sentence."""
        async with self.open_transport() as transport:
            user = await Survey(DataverseClient(transport)).user()
        return f"Dataverse answers; our application user is {user.id}"


def refuse_untold_signs(policy: AccountPolicy, shape: TableShape) -> None:
    """Raise ConfigurationError where accounts are to be told by what the mapping does not reach."""
    for sign in policy.match:
        field = SIGN_FIELDS.get(sign)
        if field and sign not in shape.sign_columns:
            message = (
                f"the setting account_match names {sign}, and the mapping has no field {field} in a column of account: "
                f"add its line to your mapping, or take {sign} out of cosell_settings"
            )
            raise ConfigurationError(message)


def twins_of(base_url: str) -> frozenset[str]:
    """Give the other name of an environment's host, which its links may carry: `org.crm…` is also `org.api.crm…`."""
    first, _, rest = (urlsplit(base_url).hostname or "").partition(".")
    if not rest or rest.replace(".", "").isdigit():
        return frozenset()
    return frozenset({f"{first}.{rest.removeprefix('api.')}" if rest.startswith("api.") else f"{first}.api.{rest}"})
