"""Validation events: a caller asks for one, and reads what came of each attempt to deliver it, for seven days."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clock import ticks
from sandbox.partner_center_events.errors import invalid, not_found, too_many
from sandbox.partner_center_events.registration import TEST, registration_of
from sandbox.tenant import tenant_of

if TYPE_CHECKING:
    from sandbox.store import Document, Table
    from sandbox.world import World

_MINUTE, _KEPT = timedelta(minutes=1), timedelta(days=7)


def request_validation(world: World) -> str:
    """Take a validation event in hand and give its correlation id; raises EventsError."""
    registration = registration_of(world)
    if registration is None:
        raise not_found("There is no registration to validate.")
    if TEST not in registration["events"]:
        raise invalid(f"The registration does not name {TEST}.")
    _check_pace(world)
    correlation_id = str(uuid.uuid4())
    kept = {"callbackUrl": registration["url"], "asked": ticks(world.clock.now()), "results": []}
    _table(world).put(correlation_id, kept)
    return correlation_id


def validation(world: World, correlation_id: str) -> Document:
    """Give a validation event as it goes over the wire; raises EventsError.

    Its status is the only published one from the start: a result is what tells that something was tried.
    """
    kept = _table(world).get(correlation_id.lower())
    if kept is None or kept["asked"] <= ticks(world.clock.now() - _KEPT):
        raise not_found(f"There is no validation event {correlation_id}.")
    return {
        "correlationId": correlation_id.lower(),
        "partnerId": tenant_of(world).tenant_id,
        "status": "completed",
        "callbackUrl": kept["callbackUrl"],
        "results": kept["results"],
    }


def add_result(world: World, correlation_id: str, *, code: str, message: str, system_error: bool) -> None:
    """Note what one attempt to deliver it came to."""
    kept = _table(world).get(correlation_id)
    if kept is None:
        return
    result = {
        "responseCode": code,
        "responseMessage": message,
        "systemError": system_error,
        "dateTimeUtc": ticks(world.clock.now()).removesuffix("Z"),
    }
    _table(world).put(correlation_id, {**kept, "results": [*kept["results"], result]})


def _check_pace(world: World) -> None:
    now = world.clock.now()
    since = ticks(now - _MINUTE)
    recent = sum(1 for kept in _table(world).values() if kept["asked"] > since)
    if recent >= world.settings["validations_a_minute"]:
        raise too_many(int(_MINUTE.total_seconds()), "validation events")


def _table(world: World) -> Table:
    return world.store.table("validation_events")
