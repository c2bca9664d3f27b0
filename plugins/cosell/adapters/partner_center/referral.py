"""A referral as Partner Center sends it, as the sync's row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cosell.adapters.partner_center.shapes import Referral, spelling
from cosell.core.errors import BrokenAnswerError
from cosell.core.record import Row, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.partner_center.unknown import Unknown


def row_of(given: Mapping[str, Any], *, etag: str | None = None, unknown: Unknown | None = None) -> Row:
    """Give the row of one referral; `etag` is the answer's header, for where the body lacks it.

    `unknown` notes what the contract does not name.
    """
    payload = _payload(given, unknown)
    key = payload.get("id")
    if not isinstance(key, str) or not key:
        message = "a referral in an answer has no id"
        raise BrokenAnswerError(message)
    return Row(
        side=Side.PARTNER_CENTER,
        key=key,
        etag=str(payload.get("eTag") or etag or ""),
        payload=payload,
        changed=moment(payload.get("updatedDateTime")),
        created=moment(payload.get("createdDateTime")),
    )


def moment(given: object) -> datetime | None:
    """Give a time of the API as UTC; None where there is none to read."""
    try:
        parsed = datetime.fromisoformat(str(given))
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _payload(given: Mapping[str, Any], unknown: Unknown | None) -> dict[str, Any]:
    try:
        referral = Referral.model_validate(given)
    except ValidationError:
        # A part of another shape than the contract's: only the top is brought into its spelling, so that the record can
        # be named, and the mapping tells which field it cannot read.
        names = spelling(Referral)
        return {names.get(name.casefold(), name): content for name, content in given.items()}
    if unknown is not None:
        unknown.note(referral)
    return referral.model_dump(by_alias=True, exclude_unset=True)
