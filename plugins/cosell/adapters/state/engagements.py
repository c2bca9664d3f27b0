"""Engagements: when Microsoft's part of each was read, and whether it is to be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, put

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from cosell.sync.ports import EngagementRead

_TABLE = tables.engagement
_DUE = (
    select(_TABLE.c.engagement_id)
    .where(_TABLE.c.watched, or_(_TABLE.c.read.is_(None), _TABLE.c.read <= bindparam("before")))
    .order_by(_TABLE.c.read.nulls_first(), _TABLE.c.engagement_id)
    .limit(bindparam("most"))
)
_EXPECT = update(_TABLE).where(_TABLE.c.watched, _TABLE.c.read < bindparam("before")).values(read=None)
_BESIDE = select(_TABLE.c.microsoft_id, _TABLE.c.referral_id).where(among(func.lower(_TABLE.c.microsoft_id), "ids"))
_PUT_OFF = update(_TABLE).where(_TABLE.c.engagement_id == bindparam("id")).values(read=bindparam("now"))


def due(connection: Connection, before: datetime, *, limit: int) -> list[str]:
    """Give the engagements that are watched and were last read before then, or never."""
    return list(connection.execute(_DUE, {"before": before, "most": limit}).scalars())


def expect(connection: Connection, before: datetime) -> int:
    """Let all that are watched and were last read before then be read again; give how many."""
    return connection.execute(_EXPECT, {"before": before}).rowcount


def beside(connection: Connection, microsoft_ids: Iterable[str]) -> dict[str, str]:
    """Give our own referral by Microsoft's in the same engagement, whatever case its id is asked in."""
    asked = {each.lower(): each for each in microsoft_ids}
    found = connection.execute(_BESIDE, {"ids": sorted(asked)})
    return {asked[theirs.lower()]: ours for theirs, ours in found}


def put_off(connection: Connection, engagement_ids: Iterable[str], now: datetime) -> None:
    """Count these as read now."""
    if rows := [{"id": each, "now": now} for each in sorted(engagement_ids)]:
        connection.execute(_PUT_OFF, rows)


def write(connection: Connection, reads: Iterable[EngagementRead]) -> None:
    """Put what is known of each engagement in place; the last word on one counts."""
    last = {each.engagement_id: each for each in reads}
    put(connection, _TABLE, [_row(last[each]) for each in sorted(last)])


def _row(known: EngagementRead) -> dict[str, object]:
    return {
        "engagement_id": known.engagement_id,
        "referral_id": known.referral_id,
        "microsoft_id": known.microsoft_id,
        "read": known.read,
        "watched": known.watched,
    }
