"""retired: solutions that are offered no more, asked for once a run, and the deals on which that is news.

As with removals, those deals are noted as due before what is retired is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.removals import look_again

if TYPE_CHECKING:
    from cosell.sync.ports import RunRecord, SyncState
    from cosell.sync.world import World

NAME = "retired_solutions"


def retired_solutions(state: SyncState) -> frozenset[str]:
    """Give the ids of the solutions that are known to be retired."""
    known = state.recall(NAME)
    return frozenset(map(str, known)) if isinstance(known, list) else frozenset()


async def newly_retired(world: World, run: RunRecord) -> set[str]:
    """Give the keys of bound rows that hold a solution which was retired, or is offered again, since the last run."""
    window = run.windows[Side.DATAVERSE]
    if window is None or window.by != "changed":
        return set()
    known = retired_solutions(world.state)
    found = await world.replicas[Side.DATAVERSE].retired(known)
    if found is None or found.solutions == known:
        return set()
    if not run.dry_run:
        world.state.settle(list(look_again(world, found.holders)))
        world.state.remember(NAME, sorted(found.solutions))
    return {ref.key for ref in world.state.bindings([Ref(Side.DATAVERSE, key) for key in found.holders])}
