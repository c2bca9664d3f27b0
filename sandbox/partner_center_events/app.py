"""The registration API over HTTP, and the certificate that its events are signed with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer
from sandbox.manners import House, Manners
from sandbox.partner_center_events import errors
from sandbox.partner_center_events.access import check_caller
from sandbox.partner_center_events.certificate import PATH, signer_of
from sandbox.partner_center_events.outbox import raise_event
from sandbox.partner_center_events.page import deliveries, page
from sandbox.partner_center_events.registration import EVENTS, TEST, register, registration_of, shown
from sandbox.partner_center_events.settings import DEFAULTS
from sandbox.partner_center_events.validation import request_validation, validation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.world import World

    Work = Callable[[World, Request, bytes], Answer]

_REGISTRATION = "/webhooks/v1/registration"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(world: World) -> ASGIApp:
    """Give the API as an ASGI app."""
    world.settings.declare(DEFAULTS)
    world.acts["show_deliveries"] = lambda world, said: deliveries(world, **said)
    world.pages["deliveries"] = page
    routes = [
        _route(world, _REGISTRATION, {"GET": _registered, "POST": _register, "PUT": _change}),
        _route(world, _REGISTRATION + "/events", {"GET": _events}),
        _route(world, _REGISTRATION + "/validationEvents", {"POST": _validate}),
        _route(world, _REGISTRATION + "/validationEvents/{id}", {"GET": _validated}),
        Route(PATH, _certificate(world), methods=["GET"]),
    ]
    house = House(
        name="partner_center_events",
        throttled=lambda seconds, reason, _flat: errors.too_many(seconds, reason).answer(),
        unauthorised=lambda: errors.unauthenticated().answer(),
        request_id_header="request-id",
        echoed=("ms-correlationid", "ms-requestid"),
    )
    return Manners(Starlette(routes=routes, exception_handlers={404: _nowhere}), world=world, house=house)


def _route(world: World, path: str, work: dict[str, Work]) -> Route:
    async def endpoint(request: Request) -> Response:
        request.state.route = path
        return _response(_answered(world, request, work, await request.body()))

    return Route(path, endpoint, methods=_METHODS)


def _certificate(world: World) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_request: Request) -> Response:
        return Response(signer_of(world).der, media_type="application/pkix-cert")

    return endpoint


def _answered(world: World, request: Request, work: dict[str, Work], body: bytes) -> Answer:
    try:
        check_caller(world, request)
        _check_method(request, tuple(work))
        with world.store.atomic():
            return work[request.method](world, request, body)
    except errors.EventsError as error:
        return error.answer()


def _check_method(request: Request, known: tuple[str, ...]) -> None:
    if request.method not in known:
        raise errors.EventsError(405, 2004, f"{request.method} is not supported.", {"Allow": ", ".join(known)})


def _events(_world: World, _request: Request, _body: bytes) -> Answer:
    return Answer(200, list(EVENTS))


def _registered(world: World, _request: Request, _body: bytes) -> Answer:
    present = registration_of(world)
    if present is None:
        raise errors.not_found("There is no registration.")
    return Answer(200, shown(world, present, whole=True))


def _register(world: World, request: Request, body: bytes) -> Answer:
    return Answer(200, shown(world, register(world, _json(request, body), anew=True), whole=False))


def _change(world: World, request: Request, body: bytes) -> Answer:
    return Answer(200, shown(world, register(world, _json(request, body), anew=False), whole=False))


def _validate(world: World, request: Request, _body: bytes) -> Answer:
    if "content-length" not in request.headers:
        raise errors.EventsError(411, 2005, "The header Content-Length is missing.")
    correlation_id = request_validation(world)
    raise_event(world, TEST, subject=correlation_id)
    return Answer(200, {"correlationId": correlation_id})


def _validated(world: World, request: Request, _body: bytes) -> Answer:
    return Answer(200, validation(world, request.path_params["id"]))


def _json(request: Request, body: bytes) -> object:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise errors.EventsError(415, 2006, "The content type must be application/json.")
    try:
        return json.loads(body)
    except ValueError as error:
        raise errors.invalid("The body is not valid JSON.") from error


async def _nowhere(_request: Request, _error: Exception) -> Response:
    return _response(errors.not_found("The resource was not found.").answer())


def _response(answer: Answer) -> Response:
    return Response(answer.content(), answer.status, dict(answer.headers), answer.content_type)
