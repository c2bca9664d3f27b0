"""plan: decide what will be done to every record that was pulled; written down whole before anything is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.actions import PairPlan, Said
from cosell.core.brakes import Totals, check_brakes, empty_side, stop
from cosell.core.decide import decide_orphan, decide_pair
from cosell.core.errors import MappingChangedError
from cosell.core.newcomers import ANOTHERS, decide_new_opportunity, decide_new_referral, skip_reason
from cosell.core.record import Ref, Side
from cosell.core.sentences import SIDE_NAMES, say
from cosell.sync.gather import Gatherer
from cosell.sync.gathered import Batch
from cosell.sync.lines import PlanLine, facts_of, plan_to_line
from cosell.sync.pages import Pages
from cosell.sync.ports import Gone
from cosell.sync.pull import pull
from cosell.sync.remember import needs_line, settle_plans
from cosell.sync.staged import PullFile, Spool, line_to_row
from cosell.sync.standing import mark_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from cosell.core.record import Row
    from cosell.sync.gathered import Gathered
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
PLAN = "plan"
PROBED = 20
"""How many bound records are asked for by id before a side is called empty."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a person lets a manual run do."""

    allow_brake: bool = False
    accept_mapping: bool = False


@dataclass(slots=True)
class PlanReport:
    """What the plan comes to, in numbers."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    brake: str | None = None
    mapping_changed: tuple[str, ...] = ()
    pages: int = 0

    def as_json(self) -> dict[str, object]:
        """Give the report as plain JSON."""
        return {
            "counts": dict(self.counts),
            "skipped": dict(+self.skipped),
            "brake": self.brake,
            "mapping_changed": list(self.mapping_changed),
        }


async def plan(world: World, run: RunRecord, options: PlanOptions) -> PlanReport:
    """Decide on everything that was pulled; pulls anew what is not staged any more."""
    report = PlanReport(mapping_changed=_changed_mapping(world, run, options))
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
    report.brake = await _brake(world, report)
    if report.brake and not options.allow_brake and not run.dry_run:
        world.state.give_back_leases(run.run_id)
        raise stop(report.brake)
    pages.close(pages=report.pages)
    world.state.report(run.run_id, "plan", report.as_json())
    if run.dry_run:
        world.state.report(run.run_id, "dry_run", shown)
    return report


def decide(gathered: Gathered, world: World, report: PlanReport) -> list[PairPlan]:
    """Decide on one chunk; counts what is skipped."""
    terms = world.terms()
    plans = [decide_pair(pair, terms) for pair in gathered.pairs]
    plans += [decide_orphan(o.pair, gone=o.gone, out_of_scope=o.out_of_scope) for o in gathered.orphans]
    for snapshot in gathered.new_referrals:
        decided = decide_new_referral(snapshot, terms)
        if isinstance(decided, str):
            report.skipped[decided] += 1
        else:
            plans.append(decided)
    plans += [decide_new_opportunity(snapshot, terms) for snapshot in gathered.new_opportunities]
    for snapshot, code in gathered.clashes:
        plans.append(PairPlan(snapshots={snapshot.side: snapshot}, reason="set_aside", said=(Said(code, say(code)),)))
    return plans


async def _plan_lines(world: World, run: RunRecord, report: PlanReport) -> AsyncIterator[list[dict[str, object]]]:
    gatherer = make_gatherer(world, run, report)
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


def make_gatherer(world: World, run: RunRecord, report: PlanReport) -> Gatherer:
    """Give a gatherer that leaves out, and counts, what is none of ours to carry."""
    terms = world.terms()

    def skip(values: Mapping[str, object]) -> bool:
        reason = skip_reason(values, terms)  # type: ignore[arg-type]
        if reason:
            report.skipped[reason] += 1
        return reason is not None

    return Gatherer(world, run, skip=skip)


async def plan_batch(
    world: World, gatherer: Gatherer, batch: Batch, report: PlanReport, *, pushing: Side | None = None
) -> list[dict[str, object]]:
    """Gather, decide and remember one chunk; give the lines of the plans that something follows from."""
    gathered = await gatherer.gather(batch)
    plans = decide(gathered, world, report)
    _count(plans, gathered, report)
    revision = settle_plans(world, gatherer.run, plans, gathered, pushing=pushing)
    facts = facts_of(world.mapper.fields)
    return [
        plan_to_line(
            PlanLine(each, revision, mark_of(gathered.unsettled.get(each.ref)) if each.reason is None else None),
            facts=facts,
        )
        for each in plans
        if needs_line(world, each, gathered) or (gatherer.run.dry_run and each.said)
    ]


def _referral_batches(world: World, rows: Spool, read_at: int) -> Iterator[Batch]:
    """Cut the pulled referrals into chunks, each with the CRM rows of its bound pairs."""
    chunk: dict[Ref, Row | None] = {}
    seen: dict[str, str | None] = {}
    for line in PullFile(world.staging, PC).lines():
        key, row = str(line["key"]), line_to_row(PC, line)
        if seen.setdefault(key, row.etag if row else None) != (row.etag if row else None) or Ref(PC, key) in chunk:
            continue  # changed while it was listed: the next window, which overlaps, has it again
        chunk[Ref(PC, key)] = row
        if len(chunk) >= world.settings.chunk:
            yield Batch(_with_partners(world, chunk, rows), read_at)
            chunk = {}
    if chunk:
        yield Batch(_with_partners(world, chunk, rows), read_at)


def _with_partners(world: World, chunk: dict[Ref, Row | None], rows: Spool) -> dict[Ref, Row | None]:
    bound = world.state.bindings(list(chunk))
    partners = {binding.row_id for binding in bound.values() if binding.row_id in rows}
    return chunk | {Ref(DV, key): rows.take(key) for key in partners}


def _count(plans: list[PairPlan], gathered: Gathered, report: PlanReport) -> None:
    counts = report.counts
    for each in plans:
        if each.create:
            counts[f"create_{each.create.side}"] += 1
        for side in each.updates:
            counts[f"update_{side}"] += 1
        counts["adopted"] += each.adopted
        counts["changed_pairs"] += bool(each.updates) and not each.adopted
        if each.reason:
            counts[each.reason] += 1
        if not each.writes and not each.reason and not each.adopted:
            counts["unchanged"] += 1
    counts["set_aside"] += len(gathered.unmapped)
    counts["held"] += len(gathered.held)


def _changed_mapping(world: World, run: RunRecord, options: PlanOptions) -> tuple[str, ...]:
    """Compare the mapping with the one in memory; stop unless a person accepts the change."""
    now, before = dict(world.mapper.fingerprints), world.state.recall("mapping")
    if run.dry_run:
        return _differing(now, before)
    changed = _differing(now, before)
    if changed and not options.accept_mapping:
        names = ", ".join(changed)
        raise MappingChangedError(
            f"The mapping of {names} is not the one in memory. "
            "Look at a manual run with dry_run, then run with accept_mapping."
        )
    if changed:
        world.state.forget_fields(changed)
    if now != before:
        world.state.remember("mapping", now)
    return changed


def _differing(now: Mapping[str, str], before: object) -> tuple[str, ...]:
    if not isinstance(before, dict):
        return ()
    return tuple(sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name)))


async def _brake(world: World, report: PlanReport) -> str | None:
    bound = world.state.binding_count()
    if not bound:
        return None
    for side in Side:
        if next(PullFile(world.staging, side).lines(), None) is None and await _is_really_empty(world, side):
            return empty_side(SIDE_NAMES[side], bound=bound)
    totals = Totals(bound, report.counts["changed_pairs"], report.counts["orphan"])
    return check_brakes(totals, share=world.settings.brake_share, floor=world.settings.brake_floor)


async def _is_really_empty(world: World, side: Side) -> bool:
    """Tell whether the side shows nothing, neither of what it lists nor of what is bound."""
    replica = world.replicas[side]
    if not await replica.is_empty():
        return False
    found = await replica.fetch([binding.key(side) for binding in world.state.some_bindings(PROBED)])
    return all(isinstance(row, Gone) for row in found.values())
