"""The control surface, under /_sandbox on every app: faults, journal, clock, latency, settings, acts, pages."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import Fault, UnknownKindError
from sandbox.settings import UnknownSettingError
from sandbox.world import ActError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.world import World

    Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(world: World) -> ASGIApp:
    """Give the control app of a world."""
    world.settings.declare({"control_from_anywhere": False})
    routes = [
        Route("/_sandbox/health", _guarded(world, _health), methods=["GET"]),
        Route("/_sandbox/faults", _guarded(world, _faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults/{id}", _guarded(world, _fault), methods=["DELETE"]),
        Route("/_sandbox/requests", _guarded(world, _requests), methods=["GET", "DELETE"]),
        Route("/_sandbox/latency", _guarded(world, _latency), methods=["GET", "PUT"]),
        Route("/_sandbox/clock", _guarded(world, _clock), methods=["GET", "POST"]),
        Route("/_sandbox/settings", _guarded(world, _settings), methods=["GET", "PUT"]),
        Route("/_sandbox/act", _guarded(world, _act), methods=["GET", "POST"]),
        Route("/_sandbox/pages/{name}", _guarded(world, _page), methods=["GET"]),
    ]
    return Starlette(routes=routes)


def _guarded(world: World, handler: Callable[[World, str, Any, Request], Any]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if not (world.settings["control_from_anywhere"] or _is_local(request)):
            return JSONResponse({"error": "the control surface answers this machine only"}, 403)
        raw = await request.body()
        try:
            body = json.loads(raw) if raw else {}
            told = handler(world, request.method, body, request)
            return told if isinstance(told, Response) else JSONResponse(told)
        except (ActError, UnknownKindError, UnknownSettingError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint


def _is_local(request: Request) -> bool:
    if request.client is None:
        return True
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return request.client.host in {"localhost", "testclient"}


def _health(world: World, _method: str, _body: Any, _request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"status": "ok", "now": world.clock.now().isoformat(), "acts": sorted(world.acts)}


def _faults(world: World, method: str, body: Any, _request: Request) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    if method == "DELETE":
        world.faults.clear()
    if method == "POST":
        known = {field.name for field in fields(Fault)}
        rules = body if isinstance(body, list) else [body]
        if unknown := {name for rule in rules for name in rule} - known:
            message = f"unknown members {sorted(unknown)}; known are {sorted(known)}"
            raise ActError(message)
        return [asdict(world.faults.add(Fault(**rule))) for rule in rules]
    return world.faults.as_list()


def _fault(world: World, _method: str, _body: Any, request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"removed": world.faults.remove(request.path_params["id"])}


def _requests(world: World, method: str, _body: Any, _request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    seen = world.journal.as_dict()
    if method == "DELETE":
        world.journal.clear()
    return seen


def _latency(world: World, method: str, body: Any, _request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if method == "PUT":
        world.latency.request_ms = float(body.get("request_ms", world.latency.request_ms))
        world.latency.row_ms = float(body.get("row_ms", world.latency.row_ms))
    return asdict(world.latency)


def _clock(world: World, method: str, body: Any, _request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if method == "POST":
        return {"now": world.advance(float(body["advance_seconds"]))}
    return {"now": world.clock.now().isoformat()}


def _settings(world: World, method: str, body: Any, _request: Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
    if method == "PUT":
        known = set(world.settings)
        if unknown := set(body) - known:
            message = f"unknown settings {sorted(unknown)}; known are {sorted(known)}"
            raise ActError(message)
        for name, value in body.items():
            world.settings[name] = value
    return world.settings.as_dict()


def _act(world: World, method: str, body: Any, _request: Request) -> Any:  # noqa: ANN401 - JSON
    if method == "GET":
        return sorted(world.acts)
    return world.act(body)


def _page(world: World, _method: str, _body: Any, request: Request) -> Response:  # noqa: ANN401 - JSON
    return HTMLResponse(world.pages[request.path_params["name"]](world))
