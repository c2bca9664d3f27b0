"""The ASGI app: tokens checked, headers of the real service set, every call handed to the `Service`."""

import re
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.answers import Answer
from sandbox.dataverse import administering, crm
from sandbox.dataverse.access import caller_of
from sandbox.dataverse.answers import refusal
from sandbox.dataverse.call import Call, Tally, dumps
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.organisation import Caller
from sandbox.dataverse.service import Service
from sandbox.manners import House, Manners
from sandbox.tokens import Denied
from sandbox.world import World

_ROOT = re.compile(r"/api/data/v9\.[0-2](?:/|$)")
_LIMITS = {"max_per_window": {"dataverse": 6000}}
_THROTTLED = {
    "requests": ("0x80072322", "Number of requests exceeded the limit of 6000 over time window of 300 seconds."),
    "concurrency": ("0x80072326", "Number of concurrent requests exceeded the limit of 52."),
}
_SERVICE_HEADERS = {
    "x-ms-ratelimit-burst-remaining-xrm-requests": "5999",
    "x-ms-ratelimit-time-remaining-xrm-requests": "1200.00",
    "Set-Cookie": "ARRAffinity=5f6dc2f3a1; path=/; secure; HttpOnly",
}


def create_app(world: World) -> ASGIApp:
    """Give the app of a world, and let persons act through its control surface."""
    org = crm.organisation(world)
    world.acts.update(crm.ACTS | administering.ACTS)
    present: dict[str, Any] = world.settings["max_per_window"]
    world.settings.declare({"max_per_window": _LIMITS["max_per_window"] | present, "dataverse_dop_hint": 8})
    house = House(
        name="dataverse",
        throttled=_throttled,
        unauthorised=_unauthorised,
        request_id_header="x-ms-service-request-id",
        echoed=("x-ms-client-request-id",),
    )
    return Manners(_WebApi(world, Service(org)), world=world, house=house)


class _WebApi:
    """The app inside the manners."""

    def __init__(self, world: World, service: Service) -> None:
        """Serve a world."""
        self._world = world
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        message = await receive()
        answer = self._answer(scope, message.get("body", b""))
        hint = {"x-ms-dop-hint": str(self._world.settings["dataverse_dop_hint"])}
        headers = {**_SERVICE_HEADERS, **hint, **answer.headers}
        await Answer(answer.status, answer.content(), headers, answer.content_type).send(send)

    def _answer(self, scope: Scope, body: bytes) -> Answer:
        """Let the caller in and hand the call on."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            caller = caller_of(self._service.org, headers.get("authorization"))
        except DataverseError as error:
            return refusal(error)
        if isinstance(caller, Denied):
            return _unauthorised()
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        root = _ROOT.match(path)
        if root is None:
            return Answer(404, dumps({"error": {"code": "", "message": "Not found."}}))
        return self._served(scope, caller, headers, path[root.end() :], body)

    def _served(self, scope: Scope, caller: Caller, headers: dict[str, str], path: str, body: bytes) -> Answer:
        """Hand the call on, and tell the manners how many rows it touched."""
        tally = Tally()
        call = Call(
            method=scope["method"],
            path=path,
            base=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
            caller=caller,
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            tally=tally,
        )
        answer = self._service.answer(call)
        state = scope.setdefault("state", {})
        state["rows"], state["rows_written"] = tally.rows, tally.written
        return answer


def _throttled(seconds: int, reason: str, _flat: bool) -> Answer:
    """Give the answer to a caller who is over a limit."""
    code, message = _THROTTLED.get(reason, _THROTTLED["requests"])
    return Answer(429, dumps({"error": {"code": code, "message": message}}), {"Retry-After": str(seconds)})


def _unauthorised() -> Answer:
    """Give the answer to a caller without a valid token."""
    challenge = "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize"
    # The real service sends no body with it.
    return Answer(401, None, {"WWW-Authenticate": challenge})
