"""plan: decide what will be done to every record that was pulled; written down whole before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.brakes import stop
from cosell.core.newcomers import (
    ANOTHERS,
    skip_reason,
)
from cosell.core.record import Ref, Side
from cosell.sync.braking import brakes_of, changed_mapping
from cosell.sync.chunk import PlanReport, make_gatherer, plan_batch
from cosell.sync.gathered import Batch
from cosell.sync.pages import Pages
from cosell.sync.pull import pull
from cosell.sync.staged import PullFile, Spool, line_to_row
from cosell.sync.stops import braked
from cosell.sync.whole import look_at_all

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from cosell.core.record import Row, Value
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
PLAN = "plan"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a person lets a manual run do."""

    allow_brake: bool = False
    accept_mapping: bool = False


async def plan(world: World, run: RunRecord, options: PlanOptions) -> PlanReport:
    """Decide on everything that was pulled; pulls anew what is not staged any more."""
    report = PlanReport(mapping_changed=changed_mapping(world, run, accepted=options.accept_mapping))
    for side in Side:
        if PullFile(world.staging, side).revision() is None:
            await pull(world, side, run)
        report.skipped[ANOTHERS] += PullFile(world.staging, side).foreign()
    shown: list[Mapping[str, object]] = []
    pages = Pages(world.staging, PLAN)
    async for lines in _plan_lines(world, run, report):
        if run.dry_run:
            shown.extend(lines)
        pages.page(report.pages, lines)
        report.pages += 1
    brakes = await brakes_of(world, report.counts)
    report.brake = " ".join(each.sentence for each in brakes) or None
    if braked(world, run, brakes, allowed=options.allow_brake):
        world.state.give_back_leases(run.run_id)
        raise stop(brakes)
    pages.close(pages=report.pages)
    world.state.report(run.run_id, world.part("plan"), report.as_json())
    if run.dry_run:
        world.state.report(run.run_id, world.part("dry_run"), shown)
    return report


async def _plan_lines(world: World, run: RunRecord, report: PlanReport) -> AsyncIterator[list[dict[str, object]]]:
    alike = await look_at_all(world, skip=_skips(world)) if run.kind == "reconcile" else None
    report.twice = alike.twice if alike else {}
    gatherer = make_gatherer(world, run, report, alike=alike)
    with Spool() as rows:
        read_at = min(PullFile(world.staging, side).revision() or 0 for side in Side)
        for line in PullFile(world.staging, DV).lines():
            rows.put(str(line["key"]), line_to_row(DV, line))
        for batch in _referral_batches(world, rows, read_at):
            yield await plan_batch(world, gatherer, batch, report)
        while keys := rows.keys()[: world.settings.chunk]:
            left = {Ref(DV, key): rows.take(key) for key in keys}
            # A row that was bound a moment ago is planned already, with its referral.
            batch = Batch({ref: row for ref, row in left.items() if ref not in gatherer.adopted}, read_at)
            yield await plan_batch(world, gatherer, batch, report)


def _skips(world: World) -> Callable[[Mapping[str, Value]], bool]:
    terms = world.terms()
    return lambda values: skip_reason(values, terms) is not None


def _referral_batches(world: World, rows: Spool, read_at: int) -> Iterator[Batch]:
    """Cut the pulled referrals into chunks, each with the CRM rows of its bound pairs."""
    chunk: dict[Ref, Row | None] = {}
    seen: set[str] = set()
    for line in PullFile(world.staging, PC).lines():
        key = str(line["key"])
        if key in seen:
            continue  # changed while it was listed: the next window, which overlaps, has it again
        seen.add(key)
        chunk[Ref(PC, key)] = line_to_row(PC, line)
        if len(chunk) >= world.settings.chunk:
            yield Batch(_with_partners(world, chunk, rows), read_at)
            chunk = {}
    if chunk:
        yield Batch(_with_partners(world, chunk, rows), read_at)


def _with_partners(world: World, chunk: dict[Ref, Row | None], rows: Spool) -> dict[Ref, Row | None]:
    bound = world.state.bindings(list(chunk))
    partners = [bound[ref].row_id for ref in chunk if ref in bound]
    return chunk | {Ref(DV, key): rows.take(key) for key in partners if key in rows}
