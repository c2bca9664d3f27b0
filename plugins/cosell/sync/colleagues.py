"""Who of a deal's team is a user of the CRM: asked for a chunk at once, where somebody joined in Partner Center."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.people import TEAM, addresses, newcomers
from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.core.pair import Pair
    from cosell.sync.gathered import Gathered
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


async def colleagues(world: World, gathered: Gathered) -> frozenset[str]:
    """Give the addresses that the CRM holds on teams, of those that the chunk's decisions ask about."""
    if TEAM not in world.mapper.fields:
        return frozenset()
    held = {one for pair in gathered.pairs for one in addresses(pair.snapshots[DV].values.get(TEAM))}
    asked = {one for pair in gathered.pairs for one in _newcomers(pair)} - held
    asked |= {one for snapshot in gathered.new_referrals for one in newcomers(snapshot.values, known=(), row=())}
    found = await world.replicas[DV].colleagues(sorted(asked)) if asked else ()
    return frozenset(held | set(found))


def _newcomers(pair: Pair) -> Iterator[str]:
    half = pair.halves.get(PC)
    known = half.values.get(TEAM) if half else ()
    yield from newcomers(pair.snapshots[PC].values, known=known, row=pair.snapshots[DV].values.get(TEAM))
