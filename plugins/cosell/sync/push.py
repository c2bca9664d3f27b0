"""push: carry out one side's part of the plan; note before each request, settle after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.actions import Create, PairPlan, Update
from cosell.core.errors import AlreadyBoundError
from cosell.core.record import InFlight, Side
from cosell.sync.invite import invite
from cosell.sync.leasing import Leases
from cosell.sync.parallel import in_parallel, overlapping
from cosell.sync.pausing import hold_back_lines, is_paused
from cosell.sync.planned import out_of_date, planned, refs_of, replan
from cosell.sync.ports import OUTCOME_NAMES, Change, Draft, Settlement, Stale
from cosell.sync.settle import Settler, Write
from cosell.sync.standing import report_of, standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cosell.core.record import Snapshot, Value
    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import Outcome, RunRecord
    from cosell.sync.world import World

ROUNDS = 3
"""How often a record that keeps changing under our hands is read and tried again in one task."""


@dataclass(slots=True)
class PushReport:
    """What one side's push did."""

    side: Side
    counts: Counter[str] = field(default_factory=Counter)
    lags: list[float] = field(default_factory=list)
    """Seconds from each edit on the other side to its arrival here."""
    edited_since: datetime | None = None
    """Only edits made since then have a lag: what is older was not there to be carried. None: nothing has."""

    paused: bool = False
    """Nothing was written, since the side is paused."""

    def arrived(self, source: Snapshot, *, now: datetime) -> None:
        """Count how long an edit was under way."""
        edited = None if source.remembered else source.changed
        if edited is not None and self.edited_since is not None and edited >= self.edited_since:
            self.lags.append((now - edited).total_seconds())

    def as_json(self) -> dict[str, object]:
        """Give the report as plain JSON."""
        ordered = sorted(self.lags)
        lag = (
            {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1) for p in (50, 95)}
            if ordered
            else {}
        )
        return {"counts": dict(self.counts), "lag_seconds": lag, **({"paused": True} if self.paused else {})}


async def push(world: World, side: Side, run: RunRecord) -> PushReport:
    """Write to one side what the plan says; what is out of date is read and decided again first."""
    report = PushReport(side, edited_since=_last_read(world, run, side.other), paused=is_paused(world, side))
    if run.dry_run:
        return report
    leases = Leases(world, run)

    async def page(lines: Sequence[PlanLine]) -> None:
        mine = [line for line in lines if _is_for(line.plan, side)]
        if report.paused:
            report.counts["held_back"] += hold_back_lines(world, side, mine)
            return
        leases.renew()
        await _push_lines(world, side, run, mine, report=report)

    await overlapping(planned(world, run), page)
    world.state.report(run.run_id, world.part(f"push_{side}"), report.as_json())
    return report


def _last_read(world: World, run: RunRecord, side: Side) -> datetime | None:
    """Give where the run before had read to; only scheduled runs follow one another."""
    window = run.windows[side] if run.kind == "scheduled" else None
    return window.since + world.settings.overlap if window is not None and window.since is not None else None


async def _push_lines(
    world: World, side: Side, run: RunRecord, lines: Sequence[PlanLine], *, report: PushReport
) -> None:
    old = out_of_date(world, run, side, lines)
    skipped = {id(line) for line in old}
    again = await _write_lines(world, side, run, [line for line in lines if id(line) not in skipped], report=report)
    for _ in range(ROUNDS):
        old = [*old, *again]
        if not old:
            return
        made = await replan(world, run, side, old)
        _leave_to_next(world, side, made)
        old, again = [], await _write_lines(world, side, run, [m for m in made if _is_for(m.plan, side)], report=report)
    _note_again(world, again)


async def _write_lines(
    world: World, side: Side, run: RunRecord, lines: Sequence[PlanLine], *, report: PushReport
) -> list[PlanLine]:
    """Write these lines in batches, several under way at once; give those that had changed since they were read."""
    creates = [line for line in lines if isinstance(_part(line.plan, side), Create)]
    updates = [line for line in lines if isinstance(_part(line.plan, side), Update)]
    replica = world.replicas[side]
    batches = [
        *(creates[i : i + replica.create_size] for i in range(0, len(creates), replica.create_size)),
        *(updates[i : i + replica.update_size] for i in range(0, len(updates), replica.update_size)),
    ]
    again = await in_parallel(batches, lambda batch: _write_batch(world, side, run, batch, report=report))
    stale = [line for each in again for line in each]
    if side is Side.PARTNER_CENTER:
        left = {id(line) for line in stale}
        report.counts += await invite(world, run, [line for line in lines if id(line) not in left])
    return stale


async def _write_batch(
    world: World, side: Side, run: RunRecord, lines: Sequence[PlanLine], *, report: PushReport
) -> list[PlanLine]:
    writes = [_write(world, run, line, side) for line in lines]
    world.state.note(write.note for write in writes)
    replica = world.replicas[side]
    outcomes: Sequence[Outcome]
    if isinstance(writes[0].part, Create):
        outcomes = await replica.create([_draft(world, write) for write in writes])
    else:
        outcomes = await replica.update([_change(world, write) for write in writes])
    _settle(world, run, writes, outcomes)
    _count(world, writes, outcomes, report)
    return [w.line for w, outcome in zip(writes, outcomes, strict=True) if isinstance(outcome, Stale)]


def _settle(world: World, run: RunRecord, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> None:
    refs = {ref for write in writes for ref in refs_of(write.line)}
    settler = Settler(world, run, halves=world.state.halves(refs), prior=world.state.unsettled(refs))
    settlements = settler.settlements(writes, outcomes)
    try:
        world.state.settle(settlements)
    except AlreadyBoundError:
        for each in settlements:
            _settle_alone(world, each)


def _settle_alone(world: World, settlement: Settlement) -> None:
    """Settle one record of a batch in which somebody bound another one meanwhile; that one is left to the next pull."""
    try:
        world.state.settle([settlement])
    except AlreadyBoundError:
        ref = settlement.clear[0].source
        world.state.settle(
            [Settlement(clear=settlement.clear, unsettled=standing(ref, "notified", (), prior=None, now=world.clock()))]
        )


def _is_for(plan: PairPlan, side: Side) -> bool:
    """Tell whether the plan has something to be done on the side."""
    return _part(plan, side) is not None or (side is Side.PARTNER_CENTER and plan.invite is not None)


def _part(plan: PairPlan, side: Side) -> Create | Update | None:
    if plan.create is not None and plan.create.side is side:
        return plan.create
    return plan.updates.get(side)


def _write(world: World, run: RunRecord, line: PlanLine, side: Side) -> Write:
    part = _part(line.plan, side)
    if part is None:
        raise ValueError(side)
    create = isinstance(part, Create)
    note = InFlight(
        target=side,
        source=line.plan.snapshots[side.other].ref,
        operation="create" if create else "update",
        run_id=run.run_id,
        begun=world.clock(),
        key=None if create else line.plan.snapshots[side].key,
        meant=part.values,
        sent_from=part.sent_from,
    )
    return Write(line, part, note)


def _draft(world: World, write: Write) -> Draft:
    values: dict[str, Value] = dict(write.part.values)
    if write.part.side is Side.DATAVERSE:
        values |= report_of(None, referral=write.source.values, row=values, settings=world.settings, now=world.clock())
    side = write.part.side
    told = world.mapper.wire(side, values, held={})
    # a null says nothing about a new record: the default stands in for it
    stand_ins = {path: value for path, value in world.mapper.defaults(side).items() if told.get(path) is None}
    return Draft(write.source.ref, told | stand_ins, write.part.close_as)


def _change(world: World, write: Write) -> Change:
    before = write.line.plan.snapshots[write.part.side]
    values = {n: v for n, v in write.part.values.items() if not (write.part.close_as and n == "status")}
    side, known = write.part.side, {name: before.values[name] for name in values if name in before.values}
    columns, held = (world.mapper.wire(side, each, held=before.values) for each in (values, known))
    return Change(before.ref, before.etag, columns, write.part.close_as, held)


def _count(world: World, writes: Sequence[Write], outcomes: Sequence[Outcome], report: PushReport) -> None:
    now = world.clock()
    for write, outcome in zip(writes, outcomes, strict=True):
        name = OUTCOME_NAMES[type(outcome)]
        if name == "written":
            name = "created" if isinstance(write.part, Create) else "updated"
            report.arrived(write.source, now=now)
        report.counts[name] += 1


def _leave_to_next(world: World, side: Side, made: Sequence[PlanLine]) -> None:
    """Leave what a second look found for the other side to the next run: that side's push may be over."""
    _note_again(world, [line for line in made if _part(line.plan, side.other)])


def _note_again(world: World, lines: Sequence[PlanLine]) -> None:
    now = world.clock()
    refs = [line.plan.ref for line in lines]
    prior = world.state.unsettled(refs)
    world.state.settle(
        Settlement(unsettled=standing(ref, "notified", (), prior=None, now=now)) for ref in refs if ref not in prior
    )
