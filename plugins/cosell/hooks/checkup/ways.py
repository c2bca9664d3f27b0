"""Looks at the way to either system: its sign-in service, its address, the token, and the clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.adapters.entra import ClientCredentials
from cosell.adapters.entra.claims import read_claims
from cosell.core.checkup import doors
from cosell.core.errors import SignInNeededError
from cosell.core.sign_in import use_in_words
from cosell.hooks.checkup.bare import reach
from cosell.hooks.dataverse import twins_of
from cosell.hooks.partner_center import PartnerCenterHook

if TYPE_CHECKING:
    from cosell.core.checkup.finding import Finding
    from cosell.hooks.api_connection import ApiConnection
    from cosell.hooks.checkup.ground import Ground

_DISCOVERY = "/v2.0/.well-known/openid-configuration"
_REFERRALS, _CRM = "/v1.0/engagements/referrals", "/api/data/v9.2/"


async def sign_in_to_referrals(ground: Ground) -> Finding:
    """Ask Partner Center's token service to describe itself."""
    return await _sign_in(ground, ground.partner_center)


async def sign_in_to_crm(ground: Ground) -> Finding:
    """Ask the CRM's token service to describe itself."""
    return await _sign_in(ground, ground.dataverse)


async def referrals(ground: Ground) -> Finding:
    """Knock at the list of referrals without a token."""
    return await _knock(ground, ground.partner_center, path=_REFERRALS)


async def crm(ground: Ground) -> Finding:
    """Knock at the CRM's environment without a token."""
    return await _knock(ground, ground.dataverse, path=_CRM)


async def token_for_referrals(ground: Ground) -> Finding:
    """Get a new token: one that is shared would hide that the sign-in is spent."""
    api = ground.partner_center
    grant = PartnerCenterHook.of(ground.environment).grant(api, ground.state)
    before = grant.health
    try:
        ground.claims = read_claims(await grant.token(refused=await grant.token()))
    except SignInNeededError as error:
        if before.renewed is None:
            raise
        raise SignInNeededError(f"{error}; {use_in_words(before, grant.health, datetime.now(UTC))}") from error
    finding = doors.token(ground.claims, base_url=api.base_url, conn_id=api.conn_id)
    return replace(finding, seen=f"{finding.seen}; {use_in_words(before, grant.health, datetime.now(UTC))}")


async def token_for_crm(ground: Ground) -> Finding:
    """Get a token of the application itself."""
    api = ground.dataverse
    claims = read_claims(await ClientCredentials(api.identity, scope=api.scope).token())
    return doors.token(claims, base_url=api.base_url, conn_id=api.conn_id, twins=twins_of(api.base_url))


async def clocks(ground: Ground) -> Finding:
    """Compare this machine's clock with those of all who answered."""
    return doors.clocks(ground.doors)


async def _sign_in(ground: Ground, api: ApiConnection) -> Finding:
    reached = await reach(f"{api.identity.authority}{_DISCOVERY}", verify=api.identity.verify)
    ground.doors.append(reached)
    return doors.sign_in_service(reached, conn_id=api.conn_id)


async def _knock(ground: Ground, api: ApiConnection, *, path: str) -> Finding:
    reached = await reach(f"{api.base_url}{path}", verify=api.identity.verify)
    ground.doors.append(reached)
    return doors.service(reached, conn_id=api.conn_id)
