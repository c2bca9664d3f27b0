"""pull: read one side's changes of the window, and every record that is due, into staged files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.ports import Gone
from cosell.sync.staged import PullFile, gone_to_line, row_to_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from cosell.core.record import InFlight
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

DUE_AT_ONCE = 10_000
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one side's pull read."""

    side: Side
    rows: int
    due: int
    """Records asked for by id because they were unsettled, in flight or named."""


async def pull(world: World, side: Side, run: RunRecord) -> PullReport:
    """Read the window and the due records of one side into staged files."""
    revision = world.state.revision()
    wanted = [] if run.kind == "backfill" else _due_keys(world, side, run)
    file = PullFile(world.staging, side)
    pages = rows = 0
    async for lines in _pages(world, side, run, wanted):
        file.page(pages, lines)
        pages += 1
        rows += len(lines)
    file.close(pages=pages, rows=rows, revision=revision, foreign=world.replicas[side].skipped_foreign)
    return PullReport(side, rows, len(wanted))


async def _pages(
    world: World, side: Side, run: RunRecord, wanted: list[str]
) -> AsyncIterator[list[Mapping[str, object]]]:
    replica, window = world.replicas[side], run.windows[side]
    seen: set[str] = set()
    if window is not None:
        async for rows in replica.changed(window):
            seen.update(row.key for row in rows)
            yield [row_to_line(row) for row in rows]
    missing = [key for key in wanted if key not in seen]
    for start in range(0, len(missing), KEYS_AT_ONCE):
        found = await replica.fetch(missing[start : start + KEYS_AT_ONCE])
        yield [gone_to_line(key, row) if isinstance(row, Gone) else row_to_line(row) for key, row in found.items()]


def _due_keys(world: World, side: Side, run: RunRecord) -> list[str]:
    """Give the keys on this side of every record that must be looked at whatever its window says."""
    state = world.state
    refs = {Ref(Side.PARTNER_CENTER, each) for each in run.referral_ids}
    if run.kind != "manual" or not run.referral_ids:
        refs.update(each.ref for each in state.due(world.clock(), limit=DUE_AT_ONCE))
        refs.update(_touched(state.all_in_flight()))
    bound = state.bindings(refs)
    keys = {ref.key for ref in refs if ref.side is side and ref not in bound}
    return sorted(keys | {binding.key(side) for binding in bound.values()})


def _touched(notes: Collection[InFlight]) -> set[Ref]:
    return {note.source for note in notes} | {Ref(note.target, note.key) for note in notes if note.key is not None}
