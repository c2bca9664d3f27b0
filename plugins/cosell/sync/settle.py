"""settle: what one answered write changes in memory (laws 1, 2 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from cosell.core.actions import Create, Said, Update
from cosell.core.lifecycle import is_closed
from cosell.core.people import contains
from cosell.core.reconcile import is_empty, same, would_change
from cosell.core.record import Binding, Ref, Side, Snapshot
from cosell.core.sentences import say
from cosell.sync.ports import Gone, HalfChange, HistoryEntry, NoAnswer, Rejected, Settlement, Stale, Written
from cosell.sync.standing import standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cosell.core.record import Half, InFlight, Unmapped, Value
    from cosell.core.terms import Terms
    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import Outcome, RunRecord, Unsettled
    from cosell.sync.world import World


@dataclass(frozen=True, slots=True)
class Write:
    """One write as it goes out: the plan it belongs to, what is sent, the note that was left for it."""

    line: PlanLine
    part: Create | Update
    note: InFlight

    @property
    def source(self) -> Snapshot:
        """Give the record that the values come from."""
        return self.line.plan.snapshots[self.part.side.other]


class Settler:
    """Turns the outcomes of one request into what the memory must say."""

    def __init__(
        self, world: World, run: RunRecord, *, halves: Mapping[Ref, Half], prior: Mapping[Ref, Unsettled]
    ) -> None:
        self._world, self._run, self._halves, self._prior = world, run, halves, prior
        self._terms, self._now = world.terms(), world.clock()

    def settlements(self, writes: Sequence[Write], outcomes: Sequence[Outcome]) -> list[Settlement]:
        """Give the changes of memory that the outcomes of one request ask for, in order."""
        given = given_back(self._world, writes[0].part.side, outcomes)
        return [self._settlement(*each) for each in zip(writes, outcomes, given, strict=True)]

    def _settlement(self, write: Write, outcome: Outcome, given: Snapshot | Unmapped | None) -> Settlement:
        match outcome:
            case Written():
                return self._written(write, outcome, given)
            case Rejected():
                code = "HOLD-1" if outcome.hold else "REJECTED-1"
                said = Said(code, say(code, side=write.part.side, detail=outcome.message))
                return self._not_done(write, "set_aside", said, clear=True)
            case Stale():
                return Settlement(clear=(write.note,))
            case Gone():
                return self._not_done(write, "notified", None, clear=True)
            case NoAnswer():
                return self._not_done(write, "in_flight", None, clear=False)
            case _:
                assert_never(outcome)

    def _not_done(self, write: Write, reason: str, said: Said | None, *, clear: bool) -> Settlement:
        ref, side = write.line.plan.ref, write.part.side
        told = (*write.line.plan.said, *((said,) if said else ()))
        entry = standing(ref, reason, told, prior=self._prior.get(ref), now=self._now)
        known = {r.sentence for r in self._prior[ref].remarks} if ref in self._prior else set()
        history: tuple[HistoryEntry, ...] = ()
        if said and said.sentence not in known:
            history = (HistoryEntry(self._now, self._run.run_id, ref, "set_aside", detail=f"{side}: {said.sentence}"),)
        return Settlement(clear=(write.note,) if clear else (), unsettled=entry, history=history)

    def _written(self, write: Write, written: Written, given: Snapshot | Unmapped | None) -> Settlement:
        held = (
            given
            if isinstance(given, Snapshot)
            else Snapshot(write.part.side, written.row.key, written.row.etag, write.part.values)
        )
        if isinstance(write.part, Create):
            return self._created(write, held, only_ours=written.only_ours)
        return self._updated(write, write.part, held, only_ours=written.only_ours)

    def _created(self, write: Write, given: Snapshot, *, only_ours: bool) -> Settlement:
        source, side = write.source, write.part.side
        keys = {side: given.key, side.other: source.key}
        binding = Binding(keys[Side.PARTNER_CENTER], keys[Side.DATAVERSE], self._world.table)
        target = self._sent(write, given, only_ours=only_ours)
        agreed = {
            name: value
            for name, value in write.part.sent_from.items()
            # What the source left empty is the new record's own: a default of the side is nobody's edit.
            if name in target or (is_empty(value) and only_ours) or self._agrees(name, value, given)
        }
        target |= {name: given.values.get(name) for name in agreed if name not in target}
        return Settlement(
            bind=binding,
            halves=(
                self._half(given, target),
                self._source_half(source, agreed),
            ),
            clear=(write.note,),
            unsettled=self._still_open(write, binding, given),
            settled=(source.ref,) if side is Side.PARTNER_CENTER else (),
            history=(
                HistoryEntry(self._now, self._run.run_id, binding.refs[0], "created", binding.row_id, detail=str(side)),
                *self._unheld(write, given, binding),
            ),
        )

    def _unheld(self, write: Write, given: Snapshot, binding: Binding) -> Iterator[HistoryEntry]:
        """Report people whom the new record does not hold; they stay where they stand."""
        for name, each in self._world.mapper.fields.items():
            if each.merge != "members" or name not in write.part.values:
                continue
            if not contains(given.values.get(name), write.part.sent_from.get(name)):
                said, ref = say("TEAM-5", field=name, side=given.side), binding.refs[0]
                yield HistoryEntry(self._now, self._run.run_id, ref, "differs", binding.row_id, name, detail=said)

    def _still_open(self, write: Write, binding: Binding, given: Snapshot) -> Unsettled | None:
        """Give the entry that brings a new record back which could not be closed as it should be."""
        if write.part.close_as is None or is_closed(given.values):
            return None
        return standing(binding.refs[0], "notified", (), prior=None, now=self._now)

    def _updated(self, write: Write, part: Update, given: Snapshot, *, only_ours: bool) -> Settlement:
        plan = write.line.plan
        target = {**self._sent(write, given, only_ours=only_ours), **part.baselines}
        carried_back = part.side in {side.other for side in plan.updates}
        stale = None if carried_back else plan.stale.get(part.side.other, False)
        return Settlement(
            halves=(
                self._half(given, target),
                HalfChange(write.source.ref, values=part.sent_from, stale=stale),
            ),
            clear=(write.note,),
            history=tuple(self._field_history(write, part)),
        )

    def _sent(self, write: Write, given: Snapshot, *, only_ours: bool) -> dict[str, Value]:
        """Give the baseline of what was sent: what the side gave back, unless that may be somebody's edit (law 2)."""
        sent = {name: value for name, value in write.part.values.items() if name in write.part.sent_from}
        return {
            name: given.values[name]
            if name in given.values and (only_ours or same(given.values[name], value))
            else value
            for name, value in sent.items()
        }

    def _agrees(self, name: str, value: Value, given: Snapshot) -> bool:
        return not would_change(name, value, held=given.values.get(name), side=given.side, fit=self._world.mapper.fit)

    def _source_half(self, source: Snapshot, agreed: Mapping[str, Value]) -> HalfChange:
        """Give the half of a record that a create came from; it is stale where some field is not agreed yet."""
        stale = any(each.name not in agreed for each in self._terms.compared)
        return HalfChange(source.ref, etag=source.etag, values={**_facts(source, self._terms), **agreed}, stale=stale)

    def _half(self, given: Snapshot, sent: Mapping[str, Value]) -> HalfChange:
        return half_change(self._terms, given, sent, known=self._halves.get(given.ref))

    def _field_history(self, write: Write, part: Update) -> Iterator[HistoryEntry]:
        plan, run_id = write.line.plan, self._run.run_id
        before = plan.snapshots[part.side].values
        other = plan.binding.row_id if plan.binding else None
        for name, value in part.values.items():
            yield HistoryEntry(
                self._now, run_id, plan.ref, "updated", other, name, before.get(name), value, str(part.side)
            )
        for note in plan.notes:
            if note.action == "lost" and note.field in part.values:
                yield HistoryEntry(self._now, run_id, plan.ref, "lost", other, note.field, note.old, note.new)


def given_back(world: World, side: Side, outcomes: Sequence[Outcome]) -> list[Snapshot | Unmapped | None]:
    """Give what each written record holds now, all mapped in one go; None where nothing was written."""
    rows = [outcome.row for outcome in outcomes if isinstance(outcome, Written)]
    mapped = iter(world.mapper.snapshots(side, rows) if rows else ())
    return [next(mapped) if isinstance(outcome, Written) else None for outcome in outcomes]


def half_change(terms: Terms, given: Snapshot, sent: Mapping[str, Value], *, known: Half | None) -> HalfChange:
    """Give the change of a half that was just read back; it is stale where it holds what its baseline does not say."""
    baseline, held = {**(known.values if known else {}), **sent}, given.values
    names = [each.name for each in terms.compared]
    stale = any(name not in baseline or not same(baseline[name], held.get(name)) for name in names)
    return HalfChange(given.ref, etag=given.etag, values={**_facts(given, terms), **sent}, stale=stale)


def _facts(snapshot: Snapshot, terms: Terms) -> dict[str, Value]:
    """Give what a snapshot shows of one-sided fields and of our own bookkeeping."""
    values = snapshot.values
    return {name: values[name] for name in terms.facts[snapshot.side] if name in values}
