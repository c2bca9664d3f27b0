"""pull: read one side's changes of the window, and every record that is due, into staged files."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.parallel import ahead
from cosell.sync.ports import Gone
from cosell.sync.related import Related
from cosell.sync.removals import removed
from cosell.sync.retired import newly_retired
from cosell.sync.staged import PullFile, gone_to_line, row_to_line
from cosell.sync.tables import for_each, main_of, tables_of
from cosell.sync.unknown import newly_unknown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence

    from cosell.core.record import Binding, InFlight, Row
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

DUE_AT_ONCE, MOST = 10_000, 100_000
"""Unsettled records looked at in one run; and by one that leaves none out."""
KEYS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class PullReport:
    """What one side's pull read."""

    side: Side
    rows: int
    due: int
    """Records asked for by id because they were unsettled, in flight or named."""
    engagements: int = 0
    """Engagements read for Microsoft's part, with one more request each."""
    unknown: tuple[str, ...] = ()
    """What the side's contract does not name and no run has told of yet."""


async def pull_tables(worlds: Sequence[World], side: Side, run: RunRecord) -> dict[str, PullReport]:
    """Pull one side for every table; Partner Center once for all. Give the reports by table."""
    main = main_of(worlds)
    if side is Side.PARTNER_CENTER:
        return {main.table: await pull(main, side, run, beside=[each for each in worlds if each is not main])}
    if main.left_out:
        main.state.report(run.run_id, "left_out", {"warning": main.left_out})
    return await for_each(worlds, lambda world: pull(world, side, run))


@dataclass(slots=True)
class _File:
    """The pull's file of one table, while it is written."""

    file: PullFile
    pages: int = 0
    rows: int = 0

    def page(self, found: Sequence[tuple[str, Row | Gone]]) -> None:
        """Write one page, unless it is empty."""
        if found:
            lines = (gone_to_line(key, row) if isinstance(row, Gone) else row_to_line(row) for key, row in found)
            self.file.page(self.pages, lines)
            self.pages += 1
            self.rows += len(found)


async def pull(world: World, side: Side, run: RunRecord, *, beside: Sequence[World] = ()) -> PullReport:
    """Read the window and the due records of one side into staged files.

    Partner Center is read once for all tables: each referral goes to the world, of this one and those `beside` it, of
    its table.
    """
    revision = world.state.revision()
    owners = await removed(world, run) | await newly_retired(world, run) if side is Side.DATAVERSE else set[str]()
    wanted = [] if run.kind == "backfill" else sorted(owners.union(_due_keys(world, side, run)))
    related = Related(world, run)
    pages = ahead(_pages(world, side, run, wanted))
    files = {each.table: _File(PullFile(each.staging, side)) for each in (world, *beside)}
    async for found in related.beside(pages) if side is Side.PARTNER_CENTER else pages:
        tables = tables_of(world, found) if side is Side.PARTNER_CENTER else [world.table] * len(found)
        for table, file in files.items():
            file.page([each for each, belongs in zip(found, tables, strict=True) if belongs == table])
    foreign = world.replicas[side].skipped_foreign
    for table, file in files.items():
        others = foreign if table == world.table else 0
        file.file.close(pages=file.pages, rows=file.rows, revision=revision, foreign=others)
    rows = sum(file.rows for file in files.values())
    return PullReport(side, rows, len(wanted), related.reads, unknown=newly_unknown(world, side, run))


async def _pages(
    world: World, side: Side, run: RunRecord, wanted: list[str]
) -> AsyncIterator[list[tuple[str, Row | Gone]]]:
    replica, window = world.replicas[side], run.windows[side]
    seen: set[str] = set()
    if window is not None:
        async for rows in replica.changed(window):
            seen.update(row.key for row in rows)
            yield [(row.key, row) for row in rows]
    for missing in _cut(key for key in wanted if key not in seen):
        yield list((await replica.fetch(missing)).items())
    if run.kind == "reconcile":
        seen.update(wanted)
        for unlisted in _cut(key for key in _bound_keys(world, side) if key not in seen):
            yield list((await replica.fetch(unlisted)).items())


def _cut(keys: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while piece := list(islice(rest, KEYS_AT_ONCE)):
        yield piece


def _bound_keys(world: World, side: Side) -> Iterator[str]:
    """Give the key on this side of every pair: one that a whole list lacks is asked for by id before it is missed."""
    after = ""
    while some := world.state.some_bindings(KEYS_AT_ONCE, after=after):
        yield from (each.key(side) for each in some if _is_kept(world, side, each))
        after = some[-1].referral_id


def _due_keys(world: World, side: Side, run: RunRecord) -> list[str]:
    """Give the keys on this side of every record that must be looked at whatever its window says."""
    state = world.state
    refs = {Ref(Side.PARTNER_CENTER, each) for each in run.referral_ids}
    if run.kind != "events" and (run.kind != "manual" or not run.referral_ids):
        whole = run.kind == "reconcile"
        due = state.all_unsettled(limit=MOST) if whole else state.due(world.clock(), limit=DUE_AT_ONCE)
        refs.update(each.ref for each in due)
        refs.update(_touched(state.all_in_flight()))
    bound = state.bindings(refs)
    keys = {ref.key for ref in refs if ref.side is side and ref not in bound and _is_sought(world, side)}
    return sorted(keys | {each.key(side) for each in bound.values() if _is_kept(world, side, each)})


def _is_sought(world: World, side: Side) -> bool:
    """Tell whether unbound records of the side are looked up here: a row of the CRM does not tell its table."""
    return side is Side.PARTNER_CENTER or world.is_main


def _is_kept(world: World, side: Side, binding: Binding) -> bool:
    """Tell whether the pair's record on the side is to be read here."""
    return binding.table in world.tables if side is Side.PARTNER_CENTER else binding.table == world.table


def _touched(notes: Collection[InFlight]) -> set[Ref]:
    return {note.source for note in notes} | {Ref(note.target, note.key) for note in notes if note.key is not None}
