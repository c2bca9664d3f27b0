"""Microsoft's part of the deals that a pull meets: read where it may have moved, at most once for each engagement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cosell.core.engagement import has_part, is_watched, knows_part, may_have_part
from cosell.core.record import Ref, Row, Side
from cosell.sync.ports import PART, EngagementRead, Gone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from datetime import datetime

    from cosell.core.record import Half, Snapshot
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

Found = list[tuple[str, Row | Gone]]
"""A page of a pull: records by key."""
PC = Side.PARTNER_CENTER
EVERY = timedelta(hours=1)
"""How often an engagement is read of which our own referral does not move."""
AT_ONCE = 500
"""How many of those one run reads, the longest unread first: Partner Center wants one request for each."""
ALL = 1_000_000


class Related:
    """Reads engagements for one pull of Partner Center."""

    def __init__(self, world: World, run: RunRecord) -> None:
        self._world, self._run = world, run
        self._read: set[str] = set()

    @property
    def reads(self) -> int:
        """Give how many engagements were asked for."""
        return len(self._read)

    async def beside(self, pages: AsyncIterator[Found]) -> AsyncIterator[Found]:
        """Give the pages with Microsoft's referral nested in ours where it was read, and one of those due besides."""
        due = {row.key: row for row in (await self._fetch(self._due(), put_off=True)).values()}
        async for page in pages:
            moved = self._moved([row for key, row in page if isinstance(row, Row) and key not in due])
            read = {row.key: row for row in (await self._fetch(moved)).values()}
            yield [(key, _with_part(row, read.get(key) or due.pop(key, None))) for key, row in page]
        if due:
            yield list(due.items())

    def _due(self) -> list[str]:
        """Name the watched engagements whose hour is over, or all; runs for chosen records and backfills leave them."""
        run = self._run
        now, state = self._world.clock(), self._world.state
        if run.kind == "reconcile":
            return state.engagements_due(now, limit=ALL)
        if run.kind == "scheduled" or (run.kind == "manual" and not run.referral_ids):
            return state.engagements_due(now - EVERY, limit=AT_ONCE)
        return []

    async def _fetch(self, engagement_ids: Iterable[str], *, put_off: bool = False) -> dict[str, Row]:
        """Give our referrals by engagement; with `put_off`, those that cannot be read are not due before their hour."""
        wanted = [each for each in dict.fromkeys(engagement_ids) if each not in self._read]
        self._read.update(wanted)
        if self._world.engagements is None or not wanted:
            return {}
        found = await self._world.engagements.read(wanted)
        if put_off and not self._run.dry_run:
            self._world.state.put_off_engagements(set(wanted) - found.keys(), self._world.clock())
        return found

    def _moved(self, rows: Sequence[Row]) -> list[str]:
        """Name the engagements of these referrals whose other parties are not known as of now."""
        refs = [Ref(PC, row.key) for row in rows]
        halves, entries = self._world.state.halves(refs), self._world.state.unsettled(refs)
        told = {ref.key for ref, entry in entries.items() if entry.reason == "notified"} | set(self._run.referral_ids)
        shown = self._shown(rows, halves)
        wanted = []
        for row in rows:
            half = halves.get(Ref(PC, row.key))
            known = half is not None and half.etag == row.etag and knows_part(half.values)
            engagement_id = self._engagement_of(row, half) or shown.get(row.key)
            if engagement_id and (row.key in told or not known):
                wanted.append(engagement_id)
        return wanted

    def _shown(self, rows: Sequence[Row], halves: Mapping[Ref, Half]) -> dict[str, str]:
        """Give the engagements of referrals that somebody else changed and that Microsoft may see, by key.

        Help may have been asked for in the portal, which a referral that stays of its own does not tell.
        """
        if self._world.engagements is None:
            return {}
        known = {row.key: half for row in rows if (half := halves.get(Ref(PC, row.key))) and half.etag != row.etag}
        changed = [row for row in rows if row.key in known]
        read = self._world.mapper.read(PC, changed, names={"visibility"}) if changed else ()
        visible = [row.key for row, values in zip(changed, read, strict=True) if values.get("visibility") is True]
        return {key: str(known[key].values.get("engagement_identifier") or "") for key in visible}

    def _engagement_of(self, row: Row, half: Half | None) -> str | None:
        """Give the engagement of a deal that others have a part in, by what it says now or what is remembered."""
        shared = self._world.engagements.shared(row) if self._world.engagements else None
        if shared is None and half is not None and has_part(half.values):
            return str(half.values.get("engagement_identifier") or "") or None
        return shared


def is_engaged(row: Row) -> bool:
    """Tell whether Microsoft's part was looked at when this referral was read."""
    return PART in row.payload


def engagement_read(snapshot: Snapshot, *, looked: bool, now: datetime) -> EngagementRead | None:
    """Give what is to be known of a referral's engagement; one that nobody looked at yet is due at once."""
    values = snapshot.values
    engagement_id = str(values.get("engagement_identifier") or "")
    news = looked or (may_have_part(values) and not knows_part(values))
    if not engagement_id or snapshot.remembered or not news:
        return None
    part = str(values.get("microsoft_referral") or "") or None
    watched = is_watched(values) if looked else True
    return EngagementRead(engagement_id, snapshot.key, part, now if looked else None, watched)


def _with_part(row: Row | Gone, read: Row | None) -> Row | Gone:
    if isinstance(row, Gone) or read is None:
        return row
    return replace(row, payload={**row.payload, PART: read.payload.get(PART)})
