"""The plan of a run as push and write back read it: page by page, and made anew where it is gone or out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.chunk import PlanReport, make_gatherer, plan_batch
from cosell.sync.gathered import Batch
from cosell.sync.lines import line_to_plan
from cosell.sync.pages import Pages
from cosell.sync.plan import PLAN, PlanOptions, plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

ACCEPTED = PlanOptions(allow_brake=True, accept_mapping=False)
"""A plan made anew for a run that was planned, shown and let through before."""


async def planned(world: World, run: RunRecord) -> AsyncIterator[list[PlanLine]]:
    """Give the run's plan in pages; pulls and plans again what is not staged any more."""
    pages = Pages(world.staging, PLAN)
    if pages.closing() is None:
        await plan(world, run, ACCEPTED)
    for page in pages.each():
        lines = [line_to_plan(line) for line in page]
        if lines:
            yield lines


async def replan(world: World, run: RunRecord, side: Side, lines: Sequence[PlanLine]) -> list[PlanLine]:
    """Read both halves of these records now and decide again, under lease, while one side is pushed to."""
    refs = {ref for line in lines for ref in refs_of(line)}
    refs |= {ref for binding in world.state.bindings(refs).values() for ref in binding.refs}
    batch = Batch({}, read_at=world.state.revision())
    for each in Side:
        keys = sorted(ref.key for ref in refs if ref.side is each)
        batch.take(each, await world.replicas[each].fetch(keys) if keys else {})
    report = PlanReport()
    made = await plan_batch(world, make_gatherer(world, run, report), batch, report, pushing=side)
    return [line_to_plan(line) for line in made]


def out_of_date(world: World, run: RunRecord, side: Side, lines: Sequence[PlanLine]) -> list[PlanLine]:
    """Give the lines whose record changed in memory since, or that this run does not hold any more."""
    refs = {ref for line in lines for ref in refs_of(line)}
    bindings, halves = world.state.bindings(refs), world.state.halves(refs)
    held = world.state.held_leases({ref.key for ref in refs}, run_id=run.run_id, now=world.clock())
    notes = [note for note in world.state.in_flight(refs) if note.target is side]
    noted = {note.source for note in notes} | {Ref(note.target, note.key) for note in notes if note.key}

    def is_good(line: PlanLine) -> bool:
        own = refs_of(line)
        if not held.issuperset(ref.key for ref in own) or not noted.isdisjoint(own):
            return False
        known = bindings.get(own[0])
        if line.plan.binding is None or known is None:
            return known is line.plan.binding
        same_pair = known.refs == line.plan.binding.refs
        return same_pair and all(halves[ref].revision <= line.revision for ref in own if ref in halves)

    return [line for line in lines if not is_good(line)]


def refs_of(line: PlanLine) -> tuple[Ref, ...]:
    """Name the records that a line is about."""
    binding = line.plan.binding
    return binding.refs if binding else tuple(s.ref for s in line.plan.snapshots.values())
