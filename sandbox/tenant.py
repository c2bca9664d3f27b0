"""The tenant, its applications and its signed-in user; made with random secrets on first use and kept in the store."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sandbox.certificates import client_certificate

if TYPE_CHECKING:
    from sandbox.world import World

_KEY = "tenant"


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """What an administrator would have noted down when registering the applications."""

    tenant_id: str
    user: str
    partner_center_client_id: str
    partner_center_client_secret: str
    dataverse_client_id: str
    dataverse_client_secret: str
    certificate: str
    """PEM of the certificate that both applications may sign in with, and its key."""
    certificate_key: str

    def secret_of(self, client_id: str) -> str | None:
        """Give the secret of an application, or None where there is no such application."""
        return {
            self.partner_center_client_id: self.partner_center_client_secret,
            self.dataverse_client_id: self.dataverse_client_secret,
        }.get(client_id)


def tenant_of(world: World) -> Tenant:
    """Give the world's tenant."""
    table = world.store.table("tenant")
    kept = table.get(_KEY)
    if kept is not None:
        return Tenant(**kept)
    certificate, key = client_certificate()
    made = Tenant(
        tenant_id=str(uuid.uuid4()),
        user="integration@contoso.example",
        partner_center_client_id=str(uuid.uuid4()),
        partner_center_client_secret=secrets.token_urlsafe(30),
        dataverse_client_id=str(uuid.uuid4()),
        dataverse_client_secret=secrets.token_urlsafe(30),
        certificate=certificate,
        certificate_key=key,
    )
    table.put(_KEY, asdict(made))
    return made
