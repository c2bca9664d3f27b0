"""Refresh tokens: every use gives a new one, and the used one stays good for a minute only."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sandbox.entra.errors import bad_grant
from sandbox.tenant import tenant_of

if TYPE_CHECKING:
    from sandbox.store import Table
    from sandbox.world import World

GRACE = {"refresh_grace_seconds": 60}


class Session(NamedTuple):
    """A person's signed-in session: who, through which application, and whether with MFA."""

    client_id: str
    user: str
    mfa: bool


def sign_in(world: World, *, client_id: str | None = None, mfa: bool = True) -> str:
    """Let the tenant's user sign in to an application (default: the Partner Center one) and give the refresh token."""
    tenant = tenant_of(world)
    return keep(world, Session(client_id or tenant.partner_center_client_id, tenant.user, mfa))


def keep(world: World, session: Session) -> str:
    """Give a new refresh token for a session."""
    token = f"1.{secrets.token_urlsafe(64)}"
    _table(world).put(token, {"session": list(session), "dies": None})
    return token


def redeem(world: World, token: str, *, client_id: str) -> tuple[Session, str]:
    """Give the session of a refresh token and its successor; the token itself dies after the grace time."""
    kept = _table(world).get(token)
    now = world.clock.now()
    if kept is None or (kept["dies"] and datetime.fromisoformat(kept["dies"]) <= now):
        raise bad_grant()
    session = Session(*kept["session"])
    if session.client_id != client_id:
        raise bad_grant()
    dies = kept["dies"] or (now + timedelta(seconds=world.settings["refresh_grace_seconds"])).isoformat()
    _table(world).put(token, {**kept, "dies": dies})
    return session, keep(world, session)


def revoke_all(world: World) -> int:
    """Make every refresh token unknown and give how many there were."""
    keys = list(_table(world).keys())
    for key in keys:
        _table(world).delete(key)
    return len(keys)


def forget_mfa(world: World) -> None:
    """Take the MFA claim from every session: only a new sign-in brings it back."""
    world.tokens.forget_mfa()
    for key in list(_table(world).keys()):
        kept = _table(world).get(key) or {}
        session = Session(*kept["session"])._replace(mfa=False)
        _table(world).put(key, {**kept, "session": list(session)})


def _table(world: World) -> Table:
    return world.store.table("refresh_tokens")
