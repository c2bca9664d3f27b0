"""The token endpoint over HTTP."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.answers import Answer
from sandbox.entra import clients, devices, errors, grants, page, refresh
from sandbox.entra.clients import known_client
from sandbox.manners import House, Manners
from sandbox.tenant import tenant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.world import World


def create_app(world: World) -> ASGIApp:
    """Give Entra as an ASGI app."""
    world.settings.declare({**refresh.GRACE, **devices.DEFAULTS, **clients.DEFAULTS})
    world.acts.update(
        sign_in=lambda world, said: {"refresh_token": refresh.sign_in(world, **said)},
        approve_device=lambda world, said: {"user": devices.approve(world, **said)},
        forget_mfa=lambda world, _: refresh.forget_mfa(world),
        revoke_access_tokens=lambda world, _: {"revoked": world.tokens.revoke_all()},
        revoke_refresh_tokens=lambda world, _: {"revoked": refresh.revoke_all(world)},
    )
    routes = [
        Route("/device", page.page(world), methods=["GET", "POST"]),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", _configuration(world), methods=["GET"]),
        Route("/{tenant}/oauth2/v2.0/token", _posted(world, _token), methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/devicecode", _posted(world, _device), methods=["POST"]),
    ]
    house = House(
        name="entra",
        throttled=_throttled,
        unauthorised=lambda: errors.bad_grant().answer(str(uuid.uuid4())),
        request_id_header="x-ms-request-id",
        echoed=("client-request-id",),
    )
    return Manners(Starlette(routes=routes), world=world, house=house)


def _throttled(seconds: int, _reason: str, _flat: bool) -> Answer:
    text = "The server is temporarily too busy to handle the request."
    refusal = errors.EntraError("temporarily_unavailable", 90033, text, 429).answer(str(uuid.uuid4()))
    return Answer(refusal.status, refusal.body, {"Retry-After": str(seconds)})


def _token(world: World, form: Mapping[str, str], endpoint: str) -> dict[str, Any]:
    return grants.redeem(world, form, endpoint=endpoint)


def _device(world: World, form: Mapping[str, str], _endpoint: str) -> dict[str, Any]:
    return devices.begin(world, client_id=known_client(world, form), scope=form.get("scope", ""))


def _posted(world: World, work: Callable[[World, Mapping[str, str], str], dict[str, Any]]) -> Callable[..., Any]:
    async def endpoint(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            with world.store.atomic():
                _check_tenant(world, request.path_params["tenant"])
                answer = work(world, form, str(request.url))
        except errors.EntraError as error:
            refusal = error.answer(str(uuid.uuid4()))
            return JSONResponse(refusal.body, refusal.status)
        return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    return endpoint


def _configuration(world: World) -> Callable[..., Any]:
    async def endpoint(request: Request) -> Response:
        tenant = request.path_params["tenant"]
        try:
            _check_tenant(world, tenant)
        except errors.EntraError as error:
            refusal = error.answer(str(uuid.uuid4()))
            return JSONResponse(refusal.body, refusal.status)
        base = f"{request.url.scheme}://{request.url.netloc}/{tenant}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
            }
        )

    return endpoint


def _check_tenant(world: World, tenant: str) -> None:
    if tenant not in {tenant_of(world).tenant_id, "common", "organizations"}:
        raise errors.EntraError("invalid_request", 90002, f"Tenant '{tenant}' not found.")
