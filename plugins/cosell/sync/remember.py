"""remember: what a plan teaches the memory before anything is written: agreed values, bindings, why a record waits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.actions import Said
from cosell.core.bookkeeping import wanted_on_crm, wanted_on_referral
from cosell.core.clocks import Clock, clocks_of
from cosell.core.record import Ref, Side
from cosell.core.sentences import say
from cosell.sync.ending import MOST
from cosell.sync.heirs import handed_over
from cosell.sync.ports import HalfChange, HistoryEntry, Settlement, Unsettled
from cosell.sync.related import engagement_read
from cosell.sync.standing import look_now, report_of, standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from cosell.core.actions import PairPlan
    from cosell.core.record import Half, InFlight
    from cosell.sync.gathered import Gathered
    from cosell.sync.ports import EngagementRead, RunRecord
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


def settle_plans(
    world: World, run: RunRecord, plans: Sequence[PairPlan], gathered: Gathered, *, pushing: Side | None = None
) -> int:
    """Write down what the chunk's plans teach; give the state's revision afterwards.

    While one side is pushed to, the other's notes are left: its own push may be at work on the same pair.
    """
    if run.dry_run:
        return world.state.revision()
    now = world.clock()
    before = world.state.unsettled(gathered.held)
    others = _of_others(run, gathered, now, before=before)
    pairs = {pair.binding.refs[0]: pair for pair in gathered.pairs}
    moved = [
        handed_over(world, pairs[each.ref], each.heir, held=gathered.heirs_hold[each.ref], run_id=run.run_id)
        for each in plans
        if each.heir
    ]
    stay = [each for each in plans if not each.heir]
    made = _of_plans(run, stay, gathered, now, pushing=pushing)
    world.state.settle([*made, *moved, *_clocks(world, stay), *others])
    return world.state.revision()


def needs_line(world: World, plan: PairPlan, gathered: Gathered) -> bool:
    """Tell whether something is left to do for the record after the plan is remembered."""
    if plan.writes or plan.adopted or plan.heir:
        return True
    if gathered.unsettled.get(plan.ref) is not None and plan.reason is None:
        return True
    entry = _entry(plan, gathered, world.clock())
    return any(bookkeeping_of(world, plan, entry).values())


def bookkeeping_of(world: World, plan: PairPlan, entry: Unsettled | None) -> dict[Side, dict[str, object]]:
    """Give what our own columns would still need on each side, judged by the plan's snapshots."""
    fields, fit = world.mapper.fields, world.mapper.fit
    referral = plan.snapshots[PC].values if PC in plan.snapshots else None
    row = plan.snapshots[DV].values if DV in plan.snapshots else None
    wanted: dict[Side, dict[str, object]] = {}
    if row is not None:
        report = report_of(entry, referral=referral, row=row, settings=world.settings, now=world.clock())
        wanted[DV] = dict(wanted_on_crm(referral, row, report=report, fields=fields, fit=fit))
    if row is not None and referral is not None and plan.reason != "paused" and not world.settings.scope.is_restricted:
        wanted[PC] = dict(wanted_on_referral(referral, row, fields=fields, fit=fit))
    return wanted


def _entry(plan: PairPlan, gathered: Gathered, now: datetime) -> Unsettled | None:
    if not plan.reason:
        return None
    entry = standing(plan.ref, plan.reason, plan.said, prior=gathered.unsettled.get(plan.ref), now=now)
    return replace(entry, choices=plan.choices)


def _of_plans(
    run: RunRecord, plans: Sequence[PairPlan], gathered: Gathered, now: datetime, *, pushing: Side | None
) -> Iterator[Settlement]:
    pairs = {pair.binding.refs[0]: pair for pair in gathered.pairs}
    for plan in plans:
        pair = pairs.get(plan.ref)
        entry = _entry(plan, gathered, now)
        prior = gathered.unsettled.get(plan.ref)
        settlement = Settlement(
            bind=plan.binding if plan.adopted or (plan.binding and pair and plan.binding != pair.binding) else None,
            halves=tuple(_half_changes(plan, pair.halves if pair else {})),
            clear=_resolved(plan, pair.notes if pair else (), pushing=pushing),
            unsettled=entry,
            settled=_settled(plan, prior),
            history=tuple(_history(run, plan, prior, now)),
            engagement=_engagement(plan, gathered, now),
        )
        if settlement != Settlement():
            yield settlement


def _clocks(world: World, plans: Sequence[PairPlan]) -> Iterator[Settlement]:
    """Give the clocks that run on the plans' referrals, where they are others than memory says."""
    known: dict[str, set[Clock]] = defaultdict(set)
    for each in world.state.clocks(limit=MOST):
        known[each.referral_id].add(Clock(each.kind, each.ends))
    running = {
        plan.ref.key: clocks_of(plan.snapshots[PC].values) if PC in plan.snapshots else ()
        for plan in plans
        if plan.ref.side is PC
    }
    changed = {key: clocks for key, clocks in running.items() if set(clocks) != known[key]}
    if changed:
        yield Settlement(clocks=changed)


def _engagement(plan: PairPlan, gathered: Gathered, now: datetime) -> EngagementRead | None:
    referral = plan.snapshots.get(PC)
    return engagement_read(referral, looked=referral.ref in gathered.engaged, now=now) if referral else None


def _half_changes(plan: PairPlan, halves: dict[Side, Half] | object) -> Iterator[HalfChange]:
    """Give what changes in memory of each half: agreed values, a newer etag, whether it is known to hold more."""
    if plan.binding is None or not isinstance(halves, dict):
        return
    for side, snapshot in plan.snapshots.items():
        half = halves.get(side)
        values = plan.remember.get(side, {})
        stale = plan.stale.get(side, False) or side.other in plan.updates
        etag = None if snapshot.remembered or (half and half.etag == snapshot.etag) else snapshot.etag
        if values or etag or half is None or half.stale != stale:
            yield HalfChange(snapshot.ref, etag=etag, values=values, stale=stale)


def _resolved(plan: PairPlan, notes: tuple[InFlight, ...], *, pushing: Side | None) -> tuple[InFlight, ...]:
    """Give the notes that are answered now: those of a pair that was read again."""
    if plan.binding is None or plan.reason == "orphan" or len(plan.snapshots) < len(Side):
        return ()
    return tuple(note for note in notes if pushing in {None, note.target})


def _settled(plan: PairPlan, prior: Unsettled | None) -> tuple[Ref, ...]:
    """Give the unsettled entries that fall away at once; where something is written, write back does it."""
    gone = tuple(ref for ref in (plan.binding.refs[1:] if plan.adopted and plan.binding else ()))
    return gone + (
        (plan.ref,) if prior is not None and plan.reason is None and not plan.writes and not plan.adopted else ()
    )


def _history(run: RunRecord, plan: PairPlan, prior: Unsettled | None, now: datetime) -> Iterator[HistoryEntry]:
    """Give the history of what is new in a plan; what was said before is not said again."""
    known = {remark.sentence for remark in prior.remarks} if prior else set()
    other = plan.binding.row_id if plan.binding else None
    if plan.adopted:
        yield HistoryEntry(now, run.run_id, plan.ref, "adopted", other)
    for note in plan.notes:
        if note.action == "lost" or note.detail in known or (note.action == "warned" and not plan.writes):
            continue  # lost values are told when they are overwritten, warnings when what they are about is done
        yield HistoryEntry(now, run.run_id, plan.ref, note.action, other, note.field, note.old, note.new, note.detail)
    told = known | {note.detail for note in plan.notes}
    for said in plan.said:
        if said.sentence not in told:
            yield HistoryEntry(
                now, run.run_id, plan.ref, plan.reason or "remarked", other, said.field, detail=said.sentence
            )


def _of_others(
    run: RunRecord, gathered: Gathered, now: datetime, *, before: Mapping[Ref, Unsettled]
) -> Iterator[Settlement]:
    """Give what follows for records that no plan was made for: withdrawn, held by another run, unreadable."""
    if gathered.withdrawn:
        yield Settlement(settled=tuple(gathered.withdrawn))
    yield from look_now(gathered.held, known=before, now=now, reason="held")
    for each in gathered.unmapped:
        said = Said("UNMAPPED-1", say("UNMAPPED-1", detail=each.reason), final=False)
        prior = gathered.unsettled.get(each.ref)
        entry = standing(each.ref, "set_aside", (said,), prior=prior, now=now)
        known = prior is not None and any(r.sentence == said.sentence for r in prior.remarks)
        line = () if known else (HistoryEntry(now, run.run_id, each.ref, "set_aside", detail=said.sentence),)
        yield Settlement(unsettled=entry, history=line)
