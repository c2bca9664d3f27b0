"""What a side sent and its contract does not name: told once, then remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cosell.core.record import Side
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

MOST = 500
"""Names remembered for a side; beyond that nothing is told any more."""
_TOLD = "unknown."
"""Followed by the side: the names that a run told of."""


def newly_unknown(world: World, side: Side, run: RunRecord) -> tuple[str, ...]:
    """Give the names that no run told of yet, and remember them as told, unless it is a dry run."""
    met = world.replicas[side].unknown
    if not met:
        return ()
    kept = world.state.recall(_TOLD + side)
    known = [str(name) for name in kept] if isinstance(kept, list) else []
    news = sorted(set(met).difference(known))[: MOST - len(known)]
    if news and not run.dry_run:
        world.state.remember(_TOLD + side, known + news)
    return tuple(news)
