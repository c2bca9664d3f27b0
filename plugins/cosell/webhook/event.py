"""Partner Center's event, as it is said on the wire, and what of it is kept: which record, and that it changed."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cosell.sync.ports.inbox import EVENTS, Notice
from cosell.webhook.refused import MisshapenError

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class _Event(BaseModel):
    """The callback's body: members in any case, more of them than are known left out."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: str = Field(alias="eventname", pattern=r"^[A-Za-z0-9-]+$", max_length=100)
    uri: str = Field(alias="resourceuri", max_length=2000)
    changed: str = Field(alias="resourcechangeutcdate", max_length=60)

    @model_validator(mode="before")
    @classmethod
    def _in_small_letters(cls, members: Any) -> Any:  # noqa: ANN401 - JSON
        return {name.lower(): value for name, value in members.items()} if isinstance(members, dict) else members


def read_event(body: bytes, *, received: datetime) -> Notice | None:
    """Give what an event tells, None where it is of a kind that is none of our business; raises MisshapenError.

    Its address is read for the id and never called.
    """
    try:
        event = _Event.model_validate_json(body)
    except ValidationError:
        raise MisshapenError("the body is not an event") from None
    return _notice(event, received=received) if event.name.lower() in EVENTS else None


def _notice(event: _Event, *, received: datetime) -> Notice:
    try:
        subject = urlsplit(event.uri).path.rstrip("/").rpartition("/")[2].lower()
        changed = _in_utc(datetime.fromisoformat(event.changed))
    except (ValueError, OverflowError):
        raise MisshapenError("the event's time or address cannot be read") from None
    if not _ID.fullmatch(subject):
        raise MisshapenError("the event's address does not end in an id")
    whole = f"{event.name}|{event.uri}|{event.changed}"
    return Notice(
        event=event.name.lower(),
        subject=subject,
        key=hashlib.sha256(whole.encode()).hexdigest(),
        changed=changed,
        received=received,
    )


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
