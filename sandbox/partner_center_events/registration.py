"""The one registration of the tenant: which address hears of which events."""

from __future__ import annotations

import ipaddress
import uuid
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError

from sandbox.clock import ticks
from sandbox.partner_center_events.errors import EventsError, invalid, not_found

if TYPE_CHECKING:
    from sandbox.store import Document, Table
    from sandbox.world import World

TEST = "test-created"
REFERRAL_EVENTS = (
    "referral-created",
    "referral-updated",
    "related-referral-created",
    "related-referral-updated",
)
EVENTS = (
    "azure-fraud-event-detected",
    "granular-admin-relationship-approved",
    "granular-admin-relationship-terminated",
    "invoice-ready",
    "new-commerce-migration-completed",
    *REFERRAL_EVENTS,
    "subscription-updated",
    TEST,
    "usagerecords-thresholdExceeded",
)
_LONGEST = 2048
_ONLY = "registration"


def _address(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or parts.username or parts.fragment:
        message = "it is not a plain address"
        raise ValueError(message)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        message = "it must begin with https"
        raise ValueError(message)
    return text


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _known(name: str) -> str:
    if name not in EVENTS:
        message = f"{name} is no event"
        raise ValueError(message)
    return name


def _once(names: list[str]) -> list[str]:
    if len(set(names)) != len(names):
        message = "an event is named twice"
        raise ValueError(message)
    return names


class _Body(BaseModel):
    """What a caller registers, its members spelt as in the samples."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[str, Field(alias="WebhookUrl", max_length=_LONGEST), AfterValidator(_address)]
    events: Annotated[
        list[Annotated[str, AfterValidator(_known)]],
        Field(alias="WebhookEvents", min_length=1),
        AfterValidator(_once),
    ]
    signature_apart: Annotated[StrictBool, Field(alias="SignatureTokenToMsSignatureHeader")] = False


def registration_of(world: World) -> Document | None:
    """Give what is registered: `url`, `events`, `signature_apart`, `subscriber`, `changed`."""
    return _table(world).get(_ONLY)


def register(world: World, given: object, *, anew: bool) -> Document:
    """Register an address where there is none (`anew`), or in place of the one there is; raises EventsError."""
    body = _read(given)
    present = registration_of(world)
    if anew and present is not None:
        text = "A registration exists already. Use PUT to change it."
        raise EventsError(world.settings["registered_already"], 2002, text)
    if not anew and present is None:
        raise not_found("There is no registration to change. Use POST to make one.")
    kept = {
        **body.model_dump(),
        "subscriber": str(uuid.uuid4()) if present is None else present["subscriber"],
        "changed": ticks(world.clock.now()),
    }
    _table(world).put(_ONLY, kept)
    return kept


def shown(world: World, registration: Document, *, whole: bool) -> Document:
    """Give a registration as it goes over the wire; `whole` as GET tells it, else as POST and PUT answer."""
    members = {
        "SubscriberId": registration["subscriber"],
        "WebhookUrl": registration["url"],
        "WebhookEvents": registration["events"],
    }
    if whole:
        members |= {
            "LastModifiedTimestamp": registration["changed"],
            "Properties": {},
            "SignatureTokenToMsSignatureHeader": registration["signature_apart"],
        }
    return members if world.settings["registration_case"] == "pascal" else in_camel_case(members)


def in_camel_case(members: Document) -> Document:
    """Give the same members, beginning with small letters."""
    return {name[:1].lower() + name[1:]: value for name, value in members.items()}


def _read(given: object) -> _Body:
    try:
        return _Body.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = "/".join(str(step) for step in first["loc"]) or "The body"
        raise invalid(f"{path}: {first['msg']}.") from error


def _table(world: World) -> Table:
    return world.store.table("event_registration")
