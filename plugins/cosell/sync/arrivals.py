"""arrivals: validation events that came into our inbox, for whoever asked Partner Center to send one and waits."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.sync.ports import SyncState

_NAME = "validation_events"
_KEPT = 20
"""The newest ones; nobody waits for an older one any more."""


def note_arrivals(state: SyncState, received: Mapping[str, datetime]) -> None:
    """Remember when these validation events, by their correlation id, came in."""
    if received:
        newest_first = sorted({**_known(state), **received}.items(), key=lambda each: each[1], reverse=True)
        state.remember(_NAME, {key: moment.isoformat() for key, moment in islice(newest_first, _KEPT)})


def arrived(state: SyncState, correlation_id: str) -> datetime | None:
    """Give when the validation event with this correlation id came into our inbox (UTC); None: it was not taken yet."""
    return _known(state).get(correlation_id.lower())


def _known(state: SyncState) -> dict[str, datetime]:
    told = state.recall(_NAME)
    return {key: datetime.fromisoformat(moment) for key, moment in told.items()} if isinstance(told, dict) else {}
