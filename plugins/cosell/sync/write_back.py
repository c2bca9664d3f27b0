"""write back: put on each record what the other side's push taught us: ids, link, Audit, status, mark."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.bookkeeping import wanted_on_crm, wanted_on_referral
from cosell.core.record import InFlight, Ref, Side, Snapshot
from cosell.sync.leasing import Leases
from cosell.sync.parallel import in_parallel, overlapping
from cosell.sync.pausing import hold_back, is_paused
from cosell.sync.planned import planned, refs_of
from cosell.sync.ports import (
    OUTCOME_NAMES,
    Change,
    Gone,
    HistoryEntry,
    NoAnswer,
    Rejected,
    Settlement,
    Stale,
    Written,
)
from cosell.sync.settle import given_back, half_change
from cosell.sync.standing import mark_of, report_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Half, Value
    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import HalfChange, Outcome, RunRecord, Unsettled
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
ROUNDS = 3


@dataclass(slots=True)
class WriteBackReport:
    """What write back did on each side."""

    counts: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Record:
    """One record or pair as the memory holds it now, and what it says to a seller."""

    ref: Ref
    snapshots: dict[Side, Snapshot]
    entry: Unsettled | None
    halves: Mapping[Side, Half]
    """What is remembered of a pair."""
    stale: set[Side]

    def wanted(self, world: World, side: Side) -> dict[str, Value]:
        """Give what our own columns on that side still need."""
        fields, fit = world.mapper.fields, world.mapper.fit
        referral, row = self._values(PC), self._values(DV)
        paused = self.entry is not None and self.entry.reason == "paused"
        if side is DV and row is not None:
            report = report_of(self.entry, referral=referral, row=row, settings=world.settings, now=world.clock())
            return wanted_on_crm(referral, row, report=report, fields=fields, fit=fit)
        paused = paused or world.settings.scope.is_restricted  # its own deals bear our id from the start
        if side is PC and row is not None and referral is not None and not paused:
            return wanted_on_referral(referral, row, fields=fields, fit=fit)
        return {}

    def _values(self, side: Side) -> Mapping[str, Value] | None:
        return self.snapshots[side].values if side in self.snapshots else None


@dataclass(frozen=True, slots=True)
class _Edit:
    """What one record still needs on the side that is written to."""

    record: _Record
    wanted: Mapping[str, Value]


async def write_back(world: World, run: RunRecord) -> WriteBackReport:
    """Bring our own columns up to date on both sides for every record of the run's plan; give the leases back."""
    report = WriteBackReport()
    if run.dry_run:
        return report

    async def page(lines: Sequence[PlanLine]) -> None:
        _settle_done(world, lines)
        records = _records(world, run, lines)
        for side in Side:
            await _write_side(world, run, side, records, report=report)
        world.state.give_back_leases(run.run_id, {ref.key for line in lines for ref in refs_of(line)})

    await overlapping(planned(world, run), page)
    world.state.report(run.run_id, world.part("write_back"), {"counts": dict(report.counts)})
    return report


def _settle_done(world: World, lines: Sequence[PlanLine]) -> None:
    """Clear the unsettled entries that the plan did away with, unless another took their place or a write is open."""
    marks = {line.plan.ref: line.clears for line in lines if line.clears}
    entries = world.state.unsettled(list(marks))
    notes = world.state.in_flight(list(marks))
    noted = {note.source for note in notes} | {Ref(note.target, note.key) for note in notes if note.key}
    done = tuple(ref for ref, entry in entries.items() if mark_of(entry) == marks[ref] and ref not in noted)
    if done:
        world.state.settle([Settlement(settled=done)])


def _records(world: World, run: RunRecord, lines: Sequence[PlanLine]) -> list[_Record]:
    """Give the records of the lines as the memory holds them now, leaving out what another run holds."""
    asked = {ref for line in lines for ref in refs_of(line)}
    bindings = world.state.bindings(asked)
    refs = asked | {ref for binding in bindings.values() for ref in binding.refs}
    halves, entries = world.state.halves(refs), world.state.unsettled(refs)
    records = []
    for line in lines:
        if line.plan.heir is not None:
            records.append(_left_behind(line))
            continue
        binding = next((bindings[ref] for ref in refs_of(line) if ref in bindings), None)
        if binding is not None and binding.table != world.table:
            continue  # moved to another table meanwhile, whose own run tells it
        ref = binding.refs[0] if binding else line.plan.ref
        own = binding.refs if binding else (ref,)
        known = {each.side: halves[each] for each in own if each in halves}
        held = line.plan.snapshots if binding is None else {side: _recalled(half, line) for side, half in known.items()}
        stale = {side for side, half in known.items() if half.stale}
        records.append(_Record(ref, dict(held), entries.get(ref), known, stale))
    taken = Leases(world, run).take([{s.key for s in each.snapshots.values()} for each in records])
    return [record for record, held in zip(records, taken, strict=True) if held]


def _left_behind(line: PlanLine) -> _Record:
    """Give a lead that was qualified and whose referral goes on elsewhere: nothing waits for its seller any more."""
    lead = line.plan.snapshots[DV]
    return _Record(lead.ref, {DV: lead}, None, {}, {DV} if lead.remembered else set())


def _recalled(half: Half, line: PlanLine) -> Snapshot:
    """Give a half from memory, with the state that the plan saw: a state that waits is not in the baseline."""
    seen, update = line.plan.snapshots.get(half.ref.side), line.plan.updates.get(half.ref.side)
    moved_by_us = update is not None and "status" in update.values
    status = {"status": seen.values["status"]} if seen and "status" in seen.values and not moved_by_us else {}
    return Snapshot(half.ref.side, half.ref.key, half.etag, {**half.values, **status}, remembered=True)


async def _write_side(
    world: World, run: RunRecord, side: Side, records: Sequence[_Record], *, report: WriteBackReport
) -> None:
    left = [record for record in records if record.wanted(world, side)]
    if is_paused(world, side):
        held = hold_back(world, side, [record.ref for record in left])
        for record in left:
            record.entry = held.get(record.ref, record.entry)
        report.counts[f"held_back_{side}"] += len(left)
        return
    await _refresh(world, side, [record for record in left if side in record.stale])
    for _ in range(ROUNDS):
        edits = [_Edit(record, record.wanted(world, side)) for record in left if side in record.snapshots]
        left = await _write(world, run, side, [edit for edit in edits if edit.wanted], report=report)
        await _refresh(world, side, left)


async def _refresh(world: World, side: Side, records: Sequence[_Record]) -> None:
    """Read these records again: memory cannot vouch for them."""
    if not records:
        return
    by_key = {record.snapshots[side].key: record for record in records}
    found = await world.replicas[side].fetch(list(by_key))
    rows = [row for row in found.values() if not isinstance(row, Gone)]
    fresh = {s.ref.key: s for s in world.mapper.snapshots(side, rows) if isinstance(s, Snapshot)}
    for key, record in by_key.items():
        if key in fresh:
            record.snapshots[side] = fresh[key]
        else:
            del record.snapshots[side]


async def _write(
    world: World, run: RunRecord, side: Side, edits: Sequence[_Edit], *, report: WriteBackReport
) -> list[_Record]:
    """Write these edits in batches, several at once; give the records that had changed since they were read."""
    size = world.replicas[side].update_size
    batches = [edits[start : start + size] for start in range(0, len(edits), size)]
    again = await in_parallel(batches, lambda batch: _write_batch(world, run, side, batch, report=report))
    return [record for each in again for record in each]


async def _write_batch(
    world: World, run: RunRecord, side: Side, edits: Sequence[_Edit], *, report: WriteBackReport
) -> list[_Record]:
    records, now = [edit.record for edit in edits], world.clock()
    refs = [record.snapshots[side].ref for record in records]
    notes = [
        InFlight(side, ref, "write_back", run.run_id, now, ref.key, edit.wanted)
        for ref, edit in zip(refs, edits, strict=True)
    ]
    world.state.note(notes)
    outcomes = await world.replicas[side].update([_change(world, side, edit) for edit in edits])
    halves = _read_back(world, side, records, outcomes)
    settled = zip(records, notes, outcomes, halves, strict=True)
    world.state.settle([_settlement(world, *each) for each in settled])
    report.counts.update(f"{OUTCOME_NAMES[type(outcome)]}_{side}" for outcome in outcomes)
    return [record for record, outcome in zip(records, outcomes, strict=True) if isinstance(outcome, Stale)]


def _change(world: World, side: Side, edit: _Edit) -> Change:
    snapshot = edit.record.snapshots[side]
    columns = world.mapper.wire(side, edit.wanted, held=snapshot.values)
    return Change(snapshot.ref, snapshot.etag, columns)


def _settlement(world: World, record: _Record, note: InFlight, outcome: Outcome, half: HalfChange | None) -> Settlement:
    """Give what an outcome changes in memory. A refusal of our own columns is reported, no reason to come back."""
    match outcome:
        case Written():
            # an unbound row has no half; it is read whole whenever it comes back
            bound = not (record.ref.side is note.target is DV)
            return Settlement(halves=(half,) if half is not None and bound else (), clear=(note,))
        case NoAnswer():
            return Settlement()
        case Rejected():
            entry = HistoryEntry(
                world.clock(), note.run_id, record.ref, "set_aside", detail=f"write back: {outcome.message}"
            )
            return Settlement(clear=(note,), history=(entry,))
        case _:
            return Settlement(clear=(note,))


def _read_back(
    world: World, side: Side, records: Sequence[_Record], outcomes: Sequence[Outcome]
) -> list[HalfChange | None]:
    """Give the change of each written half, from what the side gave back."""
    terms, given = world.terms(), given_back(world, side, outcomes)
    return [
        half_change(terms, each, {}, known=record.halves.get(side)) if isinstance(each, Snapshot) else None
        for record, each in zip(records, given, strict=True)
    ]
