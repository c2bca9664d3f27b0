"""Device codes: a short code that a person confirms, with MFA, on another screen."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.entra.errors import EntraError, bad_grant
from sandbox.tenant import tenant_of
from sandbox.world import ActError

if TYPE_CHECKING:
    from sandbox.store import Document, Table
    from sandbox.world import World

_LIFETIME = 900
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"
DEFAULTS = {"auto_approve_devices": False}


def begin(world: World, *, client_id: str, scope: str) -> dict[str, Any]:
    """Start a device sign-in and give what the person and the application need."""
    device_code = secrets.token_urlsafe(60)
    user_code = "".join(secrets.choice(_ALPHABET) for _ in range(9))
    user = tenant_of(world).user if world.settings["auto_approve_devices"] else None
    ends = world.clock.now() + timedelta(seconds=_LIFETIME)
    flow = {"client_id": client_id, "scope": scope, "user_code": user_code, "user": user, "ends": ends.isoformat()}
    _table(world).put(device_code, flow)
    address = world.settings["urls"]["entra"] + "/device"
    return {
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": address,
        "expires_in": _LIFETIME,
        "interval": 1,
        "message": f"To sign in, open {address} and enter the code {user_code} to authenticate.",
    }


def approve(world: World, *, user_code: str) -> str:
    """Let the tenant's user confirm a code; give the user's name."""
    user = tenant_of(world).user
    for device_code in list(_table(world).keys()):
        flow = _table(world).get(device_code) or {}
        if flow["user_code"] == user_code:
            _table(world).put(device_code, {**flow, "user": user})
            return user
    message = f"no sign-in waits for the code {user_code!r}"
    raise ActError(message)


def redeem(world: World, device_code: str, *, client_id: str) -> Document:
    """Give the confirmed sign-in of a device code, which is spent by that."""
    flow = _table(world).get(device_code)
    if flow is None or flow["client_id"] != client_id:
        raise bad_grant()
    if datetime.fromisoformat(flow["ends"]) <= world.clock.now():
        raise EntraError("expired_token", 70020, "The provided value for the 'code' is not valid: it has expired.")
    if flow["user"] is None:
        raise EntraError("authorization_pending", 70016, "Authorization is pending. Continue polling.")
    _table(world).delete(device_code)
    return flow


def _table(world: World) -> Table:
    return world.store.table("device_codes")
