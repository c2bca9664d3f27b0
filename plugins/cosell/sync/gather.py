"""gather: everything a decision needs, read under lease: both halves, what is remembered, what may belong together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cosell.core.engagement import recalled
from cosell.core.pair import Pair
from cosell.core.record import Ref, Side, Snapshot, Unmapped
from cosell.sync.colleagues import colleagues
from cosell.sync.gathered import Gathered, Orphaned
from cosell.sync.heirs import find_heirs
from cosell.sync.leasing import Leases
from cosell.sync.match import Matcher
from cosell.sync.related import is_engaged
from cosell.sync.standing import REMARKED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cosell.core.record import Binding, Half, InFlight
    from cosell.sync.alike import Alike
    from cosell.sync.gathered import Batch
    from cosell.sync.match import Judge
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


@dataclass(frozen=True, slots=True)
class _Known:
    """What memory says of a chunk's records."""

    halves: Mapping[Ref, Half]
    notes: Mapping[Ref, Sequence[InFlight]]
    """By every record that a note touches."""

    def notes_of(self, binding: Binding) -> tuple[InFlight, ...]:
        """Give the writes in flight on either half, each once."""
        return tuple({id(note): note for ref in binding.refs for note in self.notes.get(ref, ())}.values())


class Gatherer:
    """Gathers one chunk after the other for a run."""

    def __init__(
        self,
        world: World,
        run: RunRecord,
        *,
        judge: Judge,
        alike: Alike | None = None,
        forgotten: Collection[str] = (),
    ) -> None:
        self._world, self._state, self.run = world, world.state, run
        self._forgotten = frozenset(forgotten)
        """Fields whose mapping changed and that nobody accepted yet: a dry run shows what would be without them."""
        self._leases = Leases(world, run)
        self._matcher = Matcher(world, leases=self._leases, judge=judge, alike=alike)
        self.adopted = self._matcher.adopted
        windows = run.windows.values()
        self._blind = any(window is None or window.by == "created" for window in windows)
        """Absence from this run's pulls does not tell that a half is unchanged."""

    async def gather(self, batch: Batch) -> Gathered:
        """Give all that is needed to decide on these records."""
        gathered = Gathered()
        batch.whole = self.run.kind == "reconcile"
        pair_of = self._lease(batch, gathered)
        if not batch.rows:
            return gathered
        bindings = list(dict.fromkeys(pair_of[ref] for ref in batch.rows if ref in pair_of))
        refs = {ref for binding in bindings for ref in binding.refs} | set(batch.rows)
        notes = self._state.in_flight(refs)
        halves = self._state.halves(refs)
        if self._forgotten:
            halves = {ref: _without(half, self._forgotten) for ref, half in halves.items()}
        known = _Known(halves, _by_record(notes))
        gathered.unsettled = self._state.unsettled(refs)
        waiting = {ref for ref, entry in gathered.unsettled.items() if entry.reason != REMARKED}
        await self._complete(batch, bindings, known, asked=set(known.notes) | waiting)
        snapshots = {ref: _whole(s, known.halves.get(ref)) for ref, s in self._map(batch, gathered).items()}
        gathered.engaged = {ref for ref, row in batch.rows.items() if row is not None and is_engaged(row)}
        pair_of = {ref: binding for binding in bindings for ref in binding.refs}
        gathered.unmapped = [
            replace(u, ref=pair_of[u.ref].refs[0]) if u.ref in pair_of else u for u in gathered.unmapped
        ]
        for binding in bindings:
            _pair(binding, batch, snapshots, known=known, gathered=gathered)
            if binding.refs[1] in gathered.unsettled:
                gathered.withdrawn.append(binding.refs[1])  # said before it was bound: the pair speaks now
        await find_heirs(self._world, gathered, leases=self._leases)
        fresh = [snapshot for ref, snapshot in snapshots.items() if ref not in pair_of]
        await self._matcher.match(fresh, batch, notes=notes, gathered=gathered)
        gone = [ref for ref, row in batch.rows.items() if row is None and ref not in pair_of]
        gathered.withdrawn.extend(ref for ref in gone if ref in gathered.unsettled)
        gathered.colleagues = await colleagues(self._world, gathered)
        return gathered

    def _lease(self, batch: Batch, gathered: Gathered) -> dict[Ref, Binding]:
        """Lease the chunk's records and drop what another run holds; give the bindings as they are under lease."""
        refs = list(batch.rows)
        bindings = self._state.bindings(refs)
        groups = [{each.key for each in bindings[ref].refs} if ref in bindings else {ref.key} for ref in refs]
        for ref, taken in zip(refs, self._leases.take(groups), strict=True):
            if not taken:
                gathered.held.append(bindings[ref].refs[0] if ref in bindings else ref)
                row = batch.rows.pop(ref)
                if row is not None and row.side is Side.PARTNER_CENTER:
                    self._matcher.leave_to_others(row)
        bindings = self._state.bindings(list(batch.rows))
        for ref, binding in list(bindings.items()):
            if binding.table != self._world.table:
                self._leave(ref, binding, gathered)
                del batch.rows[ref], bindings[ref]
        return bindings

    def _leave(self, ref: Ref, binding: Binding, gathered: Gathered) -> None:
        """Leave a record whose pair is of another table: to that table's next pull, if it is kept in step at all."""
        if binding.table in self._world.tables:
            gathered.held.append(binding.refs[0])
        elif ref.side is Side.PARTNER_CENTER:
            gathered.elsewhere[binding.table] += 1

    async def _complete(self, batch: Batch, bindings: Collection[Binding], known: _Known, *, asked: set[Ref]) -> None:
        """Fetch the halves that memory cannot vouch for; leave the others to memory."""
        for side in Side:
            keys = []
            for binding in bindings:
                ref = Ref(side, binding.key(side))
                forced = self._blind or binding.paused or not asked.isdisjoint(binding.refs)
                if _must_fetch(ref, batch, known.halves.get(ref), forced=forced):
                    keys.append(ref.key)
            if keys:
                batch.take(side, await self._world.replicas[side].fetch(keys))

    def _map(self, batch: Batch, gathered: Gathered) -> dict[Ref, Snapshot]:
        snapshots: dict[Ref, Snapshot] = {}
        for side in Side:
            rows = [row for row in batch.rows.values() if row is not None and row.side is side]
            for mapped in self._world.mapper.snapshots(side, rows) if rows else ():
                if isinstance(mapped, Unmapped):
                    gathered.unmapped.append(mapped)
                else:
                    snapshots[mapped.ref] = mapped
            wrong = {each.ref.key for each in gathered.unmapped if each.ref.side is side}
            self._matcher.unread.note(side, [row for row in rows if row.key in wrong])
        return snapshots


def _must_fetch(ref: Ref, batch: Batch, half: Half | None, *, forced: bool) -> bool:
    if ref in batch.rows:
        # A half that a pull did not find is looked for once more, under lease, before it is called gone.
        return batch.rows[ref] is None or (half is not None and half.revision > batch.read_at)
    return forced or half is None or half.stale


def _pair(
    binding: Binding, batch: Batch, snapshots: Mapping[Ref, Snapshot], *, known: _Known, gathered: Gathered
) -> None:
    """Put a bound pair together; one with an unreadable half is left out, it is set aside already."""
    refs = binding.refs
    held = {ref.side: snapshots.get(ref) if ref in batch.rows else _from_memory(known.halves.get(ref)) for ref in refs}
    entry = gathered.unsettled.get(refs[0])
    pair = Pair(
        binding,
        {side: snapshot for side, snapshot in held.items() if snapshot is not None},
        {ref.side: known.halves[ref] for ref in refs if ref in known.halves},
        known.notes_of(binding),
        choices=entry.choices if entry else (),
        told=frozenset(remark.code for remark in entry.remarks) if entry else frozenset(),
    )
    gone = next((ref for ref in refs if ref in batch.rows and batch.rows[ref] is None), None)
    if gone:
        hidden, prior = gone in batch.out_of_scope, gathered.unsettled.get(refs[0])
        confirmed = hidden or batch.whole or (prior is not None and prior.reason == "orphan")
        gathered.orphans.append(Orphaned(pair, gone.side, out_of_scope=hidden, confirmed=confirmed))
    elif len(pair.snapshots) == len(Side):
        gathered.pairs.append(pair)


def _whole(snapshot: Snapshot, half: Half | None) -> Snapshot:
    """Give a record with what is remembered of Microsoft's part, where this reading did not look at it."""
    known = recalled(half, read=snapshot.values)
    return replace(snapshot, values={**snapshot.values, **known}) if known else snapshot


def _without(half: Half, names: Collection[str]) -> Half:
    """Give a half as it will be once these fields are forgotten."""
    return replace(half, values={name: value for name, value in half.values.items() if name not in names}, stale=True)


def _from_memory(half: Half | None) -> Snapshot | None:
    if half is None:
        return None
    return Snapshot(half.ref.side, half.ref.key, half.etag, half.values, remembered=True)


def _by_record(notes: Iterable[InFlight]) -> dict[Ref, list[InFlight]]:
    """Give the notes by every record that they touch."""
    touched: dict[Ref, list[InFlight]] = defaultdict(list)
    for note in notes:
        touched[note.source].append(note)
        if note.key is not None and Ref(note.target, note.key) != note.source:
            touched[Ref(note.target, note.key)].append(note)
    return touched
