"""The grants of the token endpoint: client credentials, refresh token and device code; a password is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.entra import devices, errors, refresh
from sandbox.entra.clients import authenticate, known_client
from sandbox.entra.refresh import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.world import World

_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
_DEFAULT = "/.default"
_RESERVED = {"openid", "profile", "offline_access", "email"}


def redeem(world: World, form: Mapping[str, str], *, endpoint: str) -> dict[str, Any]:
    """Give the token answer for a grant."""
    kind = form.get("grant_type")
    if kind == "client_credentials":
        return _client_credentials(world, form, endpoint=endpoint)
    if kind == "refresh_token":
        return _refresh_token(world, form, endpoint=endpoint)
    if kind in {"device_code", _DEVICE_CODE}:
        return _device_code(world, form, endpoint=endpoint)
    if kind == "password":
        text = "You must use multi-factor authentication; a password alone gives no token."
        raise errors.EntraError("invalid_grant", 50076, text)
    if not kind:
        raise errors.missing("grant_type")
    raise errors.EntraError("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{kind}'.")


def _client_credentials(world: World, form: Mapping[str, str], *, endpoint: str) -> dict[str, Any]:
    client_id = authenticate(world, form, endpoint=endpoint)
    audience, _ = _audience(world, form, only_default=True)
    return _answer(world, world.tokens.issue(audience, client_id=client_id))


def _refresh_token(world: World, form: Mapping[str, str], *, endpoint: str) -> dict[str, Any]:
    client_id = authenticate(world, form, endpoint=endpoint)
    if "refresh_token" not in form:
        raise errors.missing("refresh_token")
    audience, scope = _audience(world, form)
    session, successor = refresh.redeem(world, form["refresh_token"], client_id=client_id)
    return _session_answer(world, session, audience=audience, scope=scope, refresh_token=successor)


def _device_code(world: World, form: Mapping[str, str], *, endpoint: str) -> dict[str, Any]:
    secret_given = "client_secret" in form or "client_assertion" in form
    client_id = authenticate(world, form, endpoint=endpoint) if secret_given else known_client(world, form)
    flow = devices.redeem(world, form.get("device_code") or form.get("code") or "", client_id=client_id)
    audience, scope = _audience(world, {"scope": flow["scope"]})
    session = Session(client_id, flow["user"], mfa=True)
    return _session_answer(world, session, audience=audience, scope=scope, refresh_token=refresh.keep(world, session))


def _audience(world: World, form: Mapping[str, str], *, only_default: bool = False) -> tuple[str, str]:
    scopes = [scope for scope in form.get("scope", "").split() if scope not in _RESERVED]
    if not scopes:
        raise errors.missing("scope")
    if only_default and not scopes[0].endswith(_DEFAULT):
        text = f"The provided value for the input parameter 'scope' is not valid. The scope {scopes[0]} is not valid."
        raise errors.EntraError("invalid_scope", 1002012, text)
    resources = {scope.rsplit("/", 1)[0].rstrip("/") for scope in scopes}
    if len(resources) > 1:
        raise errors.EntraError("invalid_request", 28000, "Provided value for scope names more than one resource.")
    resource = resources.pop()
    audience = world.tokens.audience_of(resource)
    if audience is None:
        raise errors.unknown_resource(resource)
    return audience, " ".join(scopes)


def _answer(world: World, token: str) -> dict[str, Any]:
    lifetime = world.settings["token_seconds"]
    return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}


def _session_answer(world: World, session: Session, *, audience: str, scope: str, refresh_token: str) -> dict[str, Any]:
    token = world.tokens.issue(audience, client_id=session.client_id, user=session.user, mfa=session.mfa)
    return {**_answer(world, token), "scope": scope, "refresh_token": refresh_token}
