"""The referrals of a window: filtered by the service where it takes the filter, else listed by time and cut here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cosell.adapters.partner_center.client import QueryRefusedError
from cosell.adapters.partner_center.memory import CREATED_LISTING
from cosell.adapters.together import all_together
from cosell.core.errors import BrokenAnswerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from cosell.adapters.partner_center.client import Referrals
    from cosell.adapters.partner_center.memory import Memory
    from cosell.core.record import Row, Window

_MEMBERS = {"changed": "updatedDateTime", "created": "createdDateTime"}
_CLOCK_SKEW = timedelta(minutes=10)
_LISTING_LIVES = timedelta(days=1)
_CHUNK = 100


class Windows:
    """Reads windows of the list."""

    def __init__(self, referrals: Referrals, *, memory: Memory) -> None:
        self._referrals, self._memory = referrals, memory

    async def rows(self, window: Window) -> AsyncIterator[list[Row]]:
        """Give the window's referrals page by page, newest first, each once."""
        member = _MEMBERS[window.by]
        if _condition(window) is not None and not self._memory.refuses_filter(member):
            try:
                async for page in self._filtered(window):
                    yield page
            except QueryRefusedError:
                # Remembered below, once the list without the filter is seen to work.
                pass
            else:
                return
        async for page in self._cut(window):
            if _condition(window) is not None:
                self._memory.note_refused_filter(member)
            yield page

    async def _filtered(self, window: Window) -> AsyncIterator[list[Row]]:
        pages = self._referrals.pages(where=_condition(window), order=f"{_MEMBERS[window.by]} desc")
        seen = set[str]()
        try:
            async for page in pages:
                yield list(_fresh(page, window, seen))
        except QueryRefusedError as error:
            if seen:
                raise BrokenAnswerError(error.what) from error
            raise

    async def _cut(self, window: Window) -> AsyncIterator[list[Row]]:
        kept = self._kept_ids(window)
        pages = self._listed(window) if kept is None else self._by_id(kept)
        async for page in pages:
            yield page

    async def _listed(self, window: Window) -> AsyncIterator[list[Row]]:
        """List by time; a created window with an end is a backfill's, whose other windows use the whole list too."""
        began, seen, listing = datetime.now(UTC), set[str](), dict[str, str]()
        whole = window.by == "created" and window.until is not None
        last: datetime | None = None
        in_order = True
        async for page in self._referrals.pages(order=f"{_MEMBERS[window.by]} desc"):
            yield list(_fresh(page, window, seen))
            for row in page:
                at = _time(row, window)
                in_order = in_order and (last is None or at is None or at <= last)
                last = at or last
                listing[row.key] = row.created.isoformat() if row.created else ""
            if not whole and in_order and window.since and last and last < window.since:
                return
        if whole:
            self._memory.remember(CREATED_LISTING, {"at": began.isoformat(), "created": listing})

    def _kept_ids(self, window: Window) -> list[str] | None:
        """Give the window's ids from a whole list that is young enough to hold them all."""
        kept = self._memory.recall(CREATED_LISTING) if window.by == "created" else None
        if not isinstance(kept, dict) or window.until is None:
            return None
        listed = datetime.fromisoformat(kept["at"])
        if window.until > listed - _CLOCK_SKEW or datetime.now(UTC) - listed > _LISTING_LIVES:
            return None
        times = {key: datetime.fromisoformat(at) if at else None for key, at in kept["created"].items()}
        return [key for key, at in times.items() if _within(at, window)]

    async def _by_id(self, keys: list[str]) -> AsyncIterator[list[Row]]:
        for start in range(0, len(keys), _CHUNK):
            answers = await all_together(self._referrals.get, keys[start : start + _CHUNK])
            yield [self._referrals.row_in(answer) for answer in answers if answer.is_success]


def _condition(window: Window) -> str | None:
    """Give the $filter of a window, or None where there is nothing to filter.

    By time of change it has no upper bound: a referral that changes while we page would leave such a list and move
    every later one up by a place, past the page that we ask next. Those too young are cut here.
    """
    member = _MEMBERS[window.by]
    bounds = []
    if window.since is not None:
        bounds.append(f"{member} ge {_literal(window.since)}")
    if window.until is not None and window.by == "created":
        bounds.append(f"{member} lt {_literal(window.until)}")
    return " and ".join(bounds) or None


def _fresh(page: list[Row], window: Window, seen: set[str]) -> Iterator[Row]:
    for row in page:
        if row.key not in seen and _within(_time(row, window), window):
            yield row
        seen.add(row.key)


def _within(at: datetime | None, window: Window) -> bool:
    # Without a time nothing tells that it is outside, and reading one too many is harmless.
    return at is None or ((window.since is None or at >= window.since) and (window.until is None or at < window.until))


def _time(row: Row, window: Window) -> datetime | None:
    return row.changed if window.by == "changed" else row.created


def _literal(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
