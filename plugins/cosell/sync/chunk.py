"""chunk: one chunk of a plan: gathered, decided, remembered; and what all chunks come to, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from cosell.core.actions import PairPlan, Said
from cosell.core.decide import decide_orphan, decide_pair
from cosell.core.leads import decide_lead, in_words_of_leads
from cosell.core.newcomers import decide_new_opportunity, decide_new_referral, foreign_reason, skip_reason
from cosell.core.people import with_colleagues
from cosell.core.record import Side
from cosell.core.scope import restrained
from cosell.core.sentences import say
from cosell.sync.gather import Gatherer
from cosell.sync.heirs import leave_heirs
from cosell.sync.lines import PlanLine, facts_of, plan_to_line
from cosell.sync.match import Judge
from cosell.sync.remember import needs_line, settle_plans
from cosell.sync.standing import mark_of, with_lasting
from cosell.sync.windows import begun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.pair import Pair
    from cosell.core.record import Snapshot
    from cosell.core.scope import Scope
    from cosell.core.terms import Terms
    from cosell.sync.alike import Alike
    from cosell.sync.gathered import Batch, Gathered
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
WAITING = frozenset({"LEAD-1"})
"""Ties to another's record that end by themselves."""
UNASKED = frozenset({"scheduled", "events", "reconcile"})
"""Kinds of runs for which no person said which deals are to be carried."""
TOLD_OF = 50
"""Engagements named in the report that hold several referrals of ours."""


@dataclass(slots=True)
class PlanReport:
    """What the plan comes to, in numbers."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    """Sentences to sellers, by id."""
    warned: Counter[str] = field(default_factory=Counter)
    """Rules that let a deal pass with a warning, by id."""
    brake: str | None = None
    mapping_changed: tuple[str, ...] = ()
    pages: int = 0
    twice: Mapping[str, list[str]] = field(default_factory=dict)
    """Engagement → our own open referrals in it, where there are several."""

    def as_json(self) -> dict[str, object]:
        """Give the report as plain JSON."""
        told: dict[str, object] = {
            "counts": dict(self.counts),
            "skipped": dict(+self.skipped),
            "said": dict(self.said),
            "warned": dict(self.warned),
            "brake": self.brake,
            "mapping_changed": list(self.mapping_changed),
        }
        return told | ({"twice": dict(islice(self.twice.items(), TOLD_OF))} if self.twice else {})


def make_gatherer(world: World, run: RunRecord, report: PlanReport, *, alike: Alike | None = None) -> Gatherer:
    """Give a gatherer that leaves out, and counts, what is none of ours to carry."""
    terms = world.terms()

    def skip(values: Mapping[str, object]) -> bool:
        reason = skip_reason(values, terms)  # type: ignore[arg-type]
        if reason:
            report.skipped[reason] += 1
        return reason is not None

    judge = Judge(skip, lambda values: foreign_reason(values, terms), terms.scope.leaves, switch_on=terms.switch_on)
    forgotten = report.mapping_changed if run.dry_run else ()
    return Gatherer(world, run, judge=judge, alike=alike, forgotten=forgotten)


async def plan_batch(
    world: World, gatherer: Gatherer, batch: Batch, report: PlanReport, *, pushing: Side | None = None
) -> list[dict[str, object]]:
    """Gather, decide and remember one chunk; give the lines of the plans that something follows from."""
    gathered = await gatherer.gather(batch)
    if pushing is not None:
        leave_heirs(gathered)
    if gatherer.run.kind in UNASKED:
        _leave_past(world, gatherer.run, gathered, report)
    now = world.clock()
    _drop(world.settings.scope, gathered, report)
    plans = [with_lasting(each, gathered.unsettled.get(each.ref), now) for each in decide(gathered, world, report)]
    _count(plans, gathered, report)
    report.skipped.update({f"bound to a {table}": count for table, count in gathered.elsewhere.items()})
    revision = settle_plans(world, gatherer.run, plans, gathered, pushing=pushing)
    facts = facts_of(world.mapper.fields)
    left = [each for each in plans if needs_line(world, each, gathered) or (gatherer.run.dry_run and each.said)]
    if gatherer.run.kind == "reconcile" and pushing is None:
        _let_go(world, gatherer.run, batch, gathered, left=left)
    return [
        plan_to_line(
            PlanLine(each, revision, _clears(each, gathered)),
            facts=facts,
        )
        for each in left
    ]


def _drop(scope: Scope, gathered: Gathered, report: PlanReport) -> None:
    """Leave pairs alone that are none of this environment's any more."""
    kept = [pair for pair in gathered.pairs if not scope.drops(pair.snapshots[PC].values, pair.snapshots[DV])]
    if dropped := len(gathered.pairs) - len(kept):
        report.skipped["bound, but of another environment"] += dropped
        gathered.pairs = kept


def _leave_past(world: World, run: RunRecord, gathered: Gathered, report: PlanReport) -> None:
    """Leave deals that were over before the sync began: a whole list or an old event shows them, nobody asked."""
    since = begun(world)
    if since is None:
        return

    def is_past(new: Snapshot) -> bool:
        entry = gathered.unsettled.get(new.ref)
        only_met = entry.reason == "notified" if entry else run.kind == "reconcile"
        return only_met and new.changed is not None and new.changed < since

    past = [each for each in gathered.new_referrals if is_past(each)]
    gathered.new_referrals = [each for each in gathered.new_referrals if each not in past]
    gathered.withdrawn.extend(each.ref for each in past if each.ref in gathered.unsettled)
    report.skipped["older than cosell_start"] += len(past)


def _let_go(world: World, run: RunRecord, batch: Batch, gathered: Gathered, *, left: Sequence[PairPlan]) -> None:
    """Give back at once what nothing follows for: a run over everything must not keep the others from their work."""
    bound = {ref.key for pair in gathered.pairs for ref in pair.binding.refs}
    busy = {ref.key for each in left for ref in each.refs}
    world.state.give_back_leases(run.run_id, ({ref.key for ref in batch.rows} | bound) - busy)


def decide(gathered: Gathered, world: World, report: PlanReport) -> list[PairPlan]:
    """Decide on one chunk; counts what is skipped."""
    terms = world.terms()
    terms = replace(terms, fit=with_colleagues(terms.fit, gathered.colleagues))
    plans = [_decide_bound(pair, gathered, terms) for pair in gathered.pairs]
    for each in gathered.orphans:
        orphan = decide_orphan(each.pair, gone=each.gone, out_of_scope=each.out_of_scope)
        # Gone for one reading is not gone from a whole list: the reconciling run looks there.
        plans.append(orphan if each.confirmed else replace(orphan, reason="notified", said=()))
    for snapshot in gathered.new_referrals:
        decided = decide_new_referral(snapshot, terms)
        if isinstance(decided, str):
            report.skipped[decided] += 1
        else:
            plans.append(decided)
    plans += [decide_new_opportunity(snapshot, terms) for snapshot in gathered.new_opportunities]
    for snapshot, code in gathered.clashes:
        reason = "wait" if code in WAITING else "set_aside"
        plans.append(PairPlan(snapshots={snapshot.side: snapshot}, reason=reason, said=(Said(code, say(code)),)))
    for snapshot, said in gathered.doubtful:
        plans.append(PairPlan(snapshots={snapshot.side: snapshot}, reason="conflict", said=(said,)))
    plans = [restrained(each, terms.scope) for each in plans]
    return [in_words_of_leads(each) for each in plans] if terms.leads else plans


def _decide_bound(pair: Pair, gathered: Gathered, terms: Terms) -> PairPlan:
    if terms.leads:
        return decide_lead(pair, terms, heir=gathered.heirs.get(pair.binding.refs[0]))
    return decide_pair(pair, terms)


def _clears(plan: PairPlan, gathered: Gathered) -> str | None:
    """Give the mark of the unsettled entry that falls away with the plan."""
    return None if plan.reason or plan.heir else mark_of(gathered.unsettled.get(plan.ref))


def _count(plans: list[PairPlan], gathered: Gathered, report: PlanReport) -> None:
    counts = report.counts
    for each in plans:
        if each.create:
            counts[f"create_{each.create.side}"] += 1
        for side in each.updates:
            counts[f"update_{side}"] += 1
        if each.invite:
            counts["ask_microsoft"] += 1
        counts["adopted"] += each.adopted
        counts["moved"] += each.heir is not None
        counts["changed_pairs"] += bool(each.updates) and not each.adopted
        if each.reason:
            counts[each.reason] += 1
        report.said.update(said.code for said in each.said)
        report.warned.update(rule for rule, verdict in each.rules.items() if verdict == "warned")
        if not each.writes and not each.reason and not each.adopted and not each.heir:
            counts["unchanged"] += 1
    counts["set_aside"] += len(gathered.unmapped)
    counts["held"] += len(gathered.held)
    counts["ambiguous"] += sum(snapshot.side is PC for snapshot, _ in gathered.doubtful)
