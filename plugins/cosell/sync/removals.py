"""Rows beneath records that were deleted: a window never shows them, so the side is asked for its tracked changes.

What is found is noted as due before the place is remembered up to which changes were read: a run that dies in between
finds it again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.standing import look_now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cosell.sync.ports import RunRecord, Settlement, Tracked
    from cosell.sync.world import World

PC = Side.PARTNER_CENTER
NAME = "tracked."
"""Followed by both tables: the link up to which changes were read, or since when the side is known to track none."""
ASK_AGAIN = timedelta(days=1)
OFF = "Change tracking of {} is off, or not ours to read: rows removed there are found by reconcile only."
HIDDEN = "Our role may not read {}: of the people of a deal, its owner and its one contact alone are kept in step."


async def removed(world: World, run: RunRecord) -> set[str]:
    """Give the keys of records beneath which rows were deleted since the last run that asked."""
    window = run.windows[Side.DATAVERSE]
    if window is None or window.by != "changed":
        return set()
    tables = await world.replicas[Side.DATAVERSE].beneath()
    return {owner for table, shown in tables.items() for owner in await _removed_from(world, run, table, shown=shown)}


async def _removed_from(world: World, run: RunRecord, table: str, *, shown: bool) -> set[str]:
    name = f"{NAME}{world.table}.{table}"
    known = world.state.recall(name)
    if _is_off(known, world.clock()):
        return set()
    if not shown:
        return _untold(world, run, table, HIDDEN)
    tracked = await world.replicas[Side.DATAVERSE].track(table, known if isinstance(known, str) else None)
    if tracked.link is None:
        return _untold(world, run, table, OFF)
    lost = _lost(world, table, tracked)
    owners = set(lost.values())
    if not run.dry_run:
        world.state.settle(list(look_again(world, owners)))
        world.state.track(table, (name, tracked.link), standing=tracked.standing, gone={*tracked.gone, *lost})
    return owners


def _is_off(known: object, now: datetime) -> bool:
    return isinstance(known, dict) and now < datetime.fromisoformat(known["off"]) + ASK_AGAIN


def _untold(world: World, run: RunRecord, table: str, sentence: str) -> set[str]:
    """Say once a day what cannot be seen here; the whole lists of reconcile still find what they can."""
    if not run.dry_run:
        world.state.remember(f"{NAME}{world.table}.{table}", {"off": world.clock().isoformat()})
        world.state.report(run.run_id, f"tracking_{table}", {"warning": sentence.format(table)})
    return set()


def _lost(world: World, table: str, tracked: Tracked) -> dict[str, str]:
    """Give the rows that went, by the record that each hung on."""
    seen = None if tracked.whole else [*tracked.gone, *tracked.standing]
    before = world.state.parents(table, seen)
    return {row: parent for row, parent in before.items() if tracked.standing.get(row) != parent}


def look_again(world: World, owners: Collection[str]) -> Iterator[Settlement]:
    """Have the pairs of these rows looked at, whatever becomes of this run; what was said of one stays said."""
    now, refs = world.clock(), [Ref(Side.DATAVERSE, key) for key in sorted(owners)]
    bound = world.state.bindings(refs)
    wanted = {bound[ref].refs[0] if ref in bound else ref for ref in refs}
    known = world.state.unsettled(wanted)
    yield from look_now((r for r in sorted(wanted) if r in known or r.side is PC), known=known, now=now)
