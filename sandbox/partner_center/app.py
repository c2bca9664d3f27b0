"""The Referrals API over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import Answer
from sandbox.manners import House, Manners
from sandbox.partner_center import acts, errors, query, records
from sandbox.partner_center.access import refusal
from sandbox.partner_center.create import create
from sandbox.partner_center.patch import patch
from sandbox.partner_center.settings import DEFAULTS
from sandbox.partner_center.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from sandbox.world import World

_LIST = "/v1.0/engagements/referrals"
_ONE = _LIST + "/{id}"
_ODD_LIST = "/v1.0/referrals"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ALLOWED = {_LIST: {"GET", "POST"}, _ONE: {"GET", "PATCH"}}
_CONTEXT = "https://api.partner.microsoft.com/v1.0/$metadata#Referrals"


def create_app(world: World) -> ASGIApp:
    """Give Partner Center as an ASGI app."""
    world.settings.declare(DEFAULTS)
    world.acts.update(acts.ACTS)
    routes = [
        Route(_LIST, _endpoint(world, _LIST, {"GET": _list, "POST": _create}), methods=_METHODS),
        Route(_ONE, _endpoint(world, _ONE, {"GET": _get, "PATCH": _patch}), methods=_METHODS),
    ]
    house = House(
        name="partner_center",
        throttled=errors.throttled,
        unauthorised=lambda: errors.unauthenticated().answer(),
        request_id_header="request-id",
        echoed=("client-request-id", "ms-correlationid", "ms-requestid"),
    )
    handlers = {404: _nowhere}
    return Manners(Starlette(routes=routes, exception_handlers=handlers), world=world, house=house)


def _endpoint(
    world: World, route: str, work: dict[str, Callable[[World, Request, Any], Answer]]
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        request.state.route = route
        answer = refusal(world, request) or await _worked(world, request, work)
        headers = {**answer.headers, **_mfa_probe(request, answer)}
        return Response(answer.content(), answer.status, headers, answer.content_type if answer.body else None)

    return endpoint


async def _worked(world: World, request: Request, work: dict[str, Callable[[World, Request, Any], Answer]]) -> Answer:
    try:
        if request.method not in work:
            error = errors.ReferralError(405, "invalidRequest", f"{request.method} is not supported.", "notAllowed")
            return Answer(405, error.answer().body, {"Allow": ", ".join(work)})
        body = await _body(request)
        with world.store.atomic():
            records.expire_due(world)
            return work[request.method](world, request, body)
    except errors.ReferralError as error:
        return error.answer()


async def _body(request: Request) -> Any:  # noqa: ANN401 - whatever the caller sent
    if request.method == "GET":
        return None
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        text = "The content type must be application/json."
        raise errors.ReferralError(415, "invalidRequest", text, "unsupportedMediaType")
    try:
        return json.loads(await request.body())
    except ValueError as error:
        raise errors.invalid("The body is not valid JSON.", inner="malformedBody") from error


def _list(world: World, request: Request, _body: object) -> Answer:
    part = query.page(world, query.read_options(request.query_params))
    request.state.rows = len(part.referrals)
    envelope: dict[str, Any] = {
        "@odata.context": _CONTEXT,
        "@odata.count": len(part.referrals),
        "value": [shown(world, referral) for referral in part.referrals],
    }
    if part.skiptoken:
        path = _ODD_LIST if world.settings["odd_next_link"] else _LIST
        # As published: the link comes with the wrong scheme; a client keeps its own.
        envelope["@odata.nextLink"] = f"http://{request.url.netloc}{path}?$skiptoken={part.skiptoken}"
    return Answer(200, envelope)


def _get(world: World, request: Request, _body: object) -> Answer:
    referral = records.require(world, request.path_params["id"])
    request.state.rows = 1
    return _one(world, referral, 200)


def _create(world: World, request: Request, body: Any) -> Answer:  # noqa: ANN401 - whatever the caller sent
    referral = create(world, body)
    request.state.rows = request.state.rows_written = 1
    return _one(world, referral, 201)


def _patch(world: World, request: Request, body: Any) -> Answer:  # noqa: ANN401 - whatever the caller sent
    referral = records.require(world, request.path_params["id"])
    wanted = request.headers.get("if-match")
    if wanted not in {None, "*", referral["eTag"]}:
        raise errors.stale()
    changed = patch(world, referral, body)
    request.state.rows = request.state.rows_written = 1
    if "return=representation" not in request.headers.get("prefer", ""):
        return Answer(204)
    return _one(world, changed, 200)


def _one(world: World, referral: dict[str, Any], status: int) -> Answer:
    body = {"@odata.context": f"{_CONTEXT}/$entity", **shown(world, referral)}
    return Answer(status, body, {"ETag": referral["eTag"]})


def _mfa_probe(request: Request, answer: Answer) -> dict[str, str]:
    if request.headers.get("validatemfa", "").lower() != "true":
        return {}
    return {"isMfaCompliant": str(answer.status != 401).lower()}  # noqa: PLR2004 - an HTTP status


async def _nowhere(_request: Request, _error: Exception) -> Response:
    answer = errors.ReferralError(404, "itemNotFound", "The resource was not found.", "resourceNotFound").answer()
    return Response(answer.content(), answer.status, media_type=answer.content_type)
