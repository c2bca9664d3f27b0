"""gather: everything a decision needs, read under lease: both halves, what is remembered, what may belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from cosell.core.decide import Pair
from cosell.core.lifecycle import is_flagged
from cosell.core.record import Binding, Ref, Side, Snapshot, Unmapped
from cosell.sync.ports import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from cosell.core.record import Half, InFlight, Row, Value
    from cosell.sync.ports import RunRecord, Unsettled
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


@dataclass(slots=True)
class Batch:
    """The records of one chunk, as far as they are known."""

    rows: dict[Ref, Row | None]
    """Read in this run; None: asked for by id and gone."""
    read_at: int
    """The state's revision when they were read: a half changed since makes its row out of date. -1: read none of them."""
    out_of_scope: set[Ref] = field(default_factory=set)

    def take(self, side: Side, found: Mapping[str, Row | Gone]) -> None:
        """Put in what was just fetched by key."""
        for key, row in found.items():
            ref = Ref(side, key)
            self.rows[ref] = None if isinstance(row, Gone) else row
            if isinstance(row, Gone) and row.out_of_scope:
                self.out_of_scope.add(ref)


@dataclass(frozen=True, slots=True)
class Orphaned:
    """A bound pair of which one half is gone."""

    pair: Pair
    gone: Side
    out_of_scope: bool


@dataclass(slots=True)
class Gathered:
    """What the decisions of one chunk are made from."""

    pairs: list[Pair] = field(default_factory=list)
    orphans: list[Orphaned] = field(default_factory=list)
    new_referrals: list[Snapshot] = field(default_factory=list)
    new_opportunities: list[Snapshot] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    clashes: list[tuple[Snapshot, str]] = field(default_factory=list)
    """Records whose link names one that belongs to another, with the sentence's id."""
    withdrawn: list[Ref] = field(default_factory=list)
    """Records that were unsettled and need nothing any more: gone, or no longer shared."""
    held: list[Ref] = field(default_factory=list)
    """Records that another run works on."""
    unsettled: dict[Ref, Unsettled] = field(default_factory=dict)


class Gatherer:
    """Gathers one chunk after the other for a run."""

    def __init__(self, world: World, run: RunRecord, *, skip: Callable[[Mapping[str, Value]], bool]) -> None:
        self._world, self.run, self._skip = world, run, skip
        self._state = world.state
        windows = run.windows.values()
        self._blind = any(window is None or window.by == "created" for window in windows)
        """Absence from this run's pulls does not tell that a half is unchanged."""

    async def gather(self, batch: Batch) -> Gathered:
        """Give all that is needed to decide on these records."""
        gathered = Gathered()
        bindings = self._lease(batch, gathered)
        if not batch.rows:
            return gathered
        bound = {ref for binding in bindings.values() for ref in binding.refs}
        refs = bound | set(batch.rows)
        halves, notes = self._state.halves(refs), self._state.in_flight(refs)
        gathered.unsettled = self._state.unsettled(refs)
        await self._complete(batch, set(bindings.values()), halves=halves, asked=_asked(notes, gathered.unsettled))
        snapshots = self._map(batch, gathered)
        for binding in set(bindings.values()):
            self._pair(binding, batch, snapshots, halves=halves, notes=notes, gathered=gathered)
        fresh = [s for ref, s in snapshots.items() if ref not in bound]
        await self._match(fresh, batch, notes=notes, gathered=gathered)
        gone = [ref for ref, row in batch.rows.items() if row is None and ref not in bound]
        gathered.withdrawn.extend(ref for ref in gone if ref in gathered.unsettled)
        return gathered

    # ------------------------------------------------------------ leases

    def _lease(self, batch: Batch, gathered: Gathered) -> dict[Ref, Binding]:
        """Take the leases of the chunk's records; drop what another run holds. Gives the bindings as they are under lease."""
        refs = list(batch.rows)
        bindings = self._state.bindings(refs)
        groups = [_ids(ref, bindings.get(ref)) for ref in refs]
        for ref, taken in zip(refs, self._take(groups), strict=True):
            if not taken:
                gathered.held.append(bindings[ref].refs[0] if ref in bindings else ref)
                del batch.rows[ref]
        return self._state.bindings(list(batch.rows))

    def _take(self, groups: Sequence[Collection[str]]) -> list[bool]:
        if self.run.dry_run:
            return [True] * len(groups)
        now = self._world.clock()
        return self._state.take_leases(groups, run_id=self.run.run_id, now=now, until=now + self._world.settings.lease)

    # ------------------------------------------------------------ the other halves

    async def _complete(
        self, batch: Batch, bindings: set[Binding], *, halves: Mapping[Ref, Half], asked: set[Ref]
    ) -> None:
        """Fetch the halves that memory cannot vouch for; leave the others to memory."""
        for side in Side:
            keys = []
            for binding in bindings:
                ref = Ref(side, binding.key(side))
                forced = self._blind or binding.paused or not asked.isdisjoint(binding.refs)
                if self._must_fetch(ref, batch, halves.get(ref), forced=forced):
                    keys.append(ref.key)
            await self._fetch(side, keys, batch)

    @staticmethod
    def _must_fetch(ref: Ref, batch: Batch, half: Half | None, *, forced: bool) -> bool:
        if ref in batch.rows:
            return half is not None and half.revision > batch.read_at
        return forced or half is None or half.stale

    async def _fetch(self, side: Side, keys: Sequence[str], batch: Batch) -> None:
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
        return snapshots

    def _pair(
        self,
        binding: Binding,
        batch: Batch,
        snapshots: Mapping[Ref, Snapshot],
        *,
        halves: Mapping[Ref, Half],
        notes: Iterable[InFlight],
        gathered: Gathered,
    ) -> None:
        refs = binding.refs
        held = {
            ref.side: snapshots.get(ref) or _from_memory(halves.get(ref))
            for ref in refs
            if batch.rows.get(ref, ...) is not None
        }
        pair = Pair(
            binding,
            {side: snapshot for side, snapshot in held.items() if snapshot is not None},
            {ref.side: halves[ref] for ref in refs if ref in halves},
            tuple(n for n in notes if n.source in refs or (n.key is not None and Ref(n.target, n.key) in refs)),
        )
        gone = [ref for ref in refs if ref in batch.rows and batch.rows[ref] is None]
        if gone:
            gathered.orphans.append(Orphaned(pair, gone[0].side, gone[0] in batch.out_of_scope))
        elif len(pair.snapshots) == len(Side):
            gathered.pairs.append(pair)

    # ------------------------------------------------------------ what may belong together

    async def _match(
        self, fresh: Sequence[Snapshot], batch: Batch, *, notes: Sequence[InFlight], gathered: Gathered
    ) -> None:
        referrals = [s for s in fresh if s.side is PC and not self._skip(s.values)]
        gathered.withdrawn.extend(
            s.ref for s in fresh if s.side is PC and self._skip(s.values) and s.ref in gathered.unsettled
        )
        flagged = [s for s in fresh if s.side is DV and (is_flagged(s.values) or _names_referral(s))]
        gathered.withdrawn.extend(
            s.ref for s in fresh if s.side is DV and s not in flagged and s.ref in gathered.unsettled
        )
        taken = await self._adopt_rows(referrals, batch, notes=notes, gathered=gathered)
        rest = [s for s in flagged if s.ref not in taken]
        taken |= await self._adopt_referrals(rest, notes=notes, gathered=gathered)
        gathered.new_referrals.extend(s for s in referrals if s.ref not in taken)
        gathered.new_opportunities.extend(s for s in rest if s.ref not in taken and is_flagged(s.values))

    async def _adopt_rows(
        self, referrals: Sequence[Snapshot], batch: Batch, *, notes: Sequence[InFlight], gathered: Gathered
    ) -> set[Ref]:
        """Find the CRM rows of unbound referrals: by the referral id they carry, then by the CRM id that the referral carries."""
        if not referrals:
            return set()
        unmatched = {s.key: s for s in referrals}
        taken: set[Ref] = set()
        for row in self._mapped(DV, await self._world.replicas[DV].find(list(unmatched), by="referral_id")):
            referral = unmatched.pop(str(row.values.get("referral_identifier")), None)
            if referral is not None:
                taken |= self._adopt(referral, row, notes=notes, gathered=gathered)
        named = {str(s.values["crm_id"]).lower(): s for s in unmatched.values() if _is_row_id(s.values.get("crm_id"))}
        for row in self._mapped(DV, await self._rows(list(named), batch)):
            if row.values.get("referral_identifier") in {None, "", named[row.key.lower()].key}:
                taken |= self._adopt(named[row.key.lower()], row, notes=notes, gathered=gathered)
        return taken

    async def _adopt_referrals(
        self, rows: Sequence[Snapshot], *, notes: Sequence[InFlight], gathered: Gathered
    ) -> set[Ref]:
        """Find the referrals of unbound rows: by the referral id that the row carries, then by the CRM id they carry."""
        replica = self._world.replicas[PC]
        unmatched = {s.key.lower(): s for s in rows}
        taken: set[Ref] = set()
        named = {str(s.values["referral_identifier"]): s for s in rows if _names_referral(s)}
        fetched = await replica.fetch(list(named)) if named else {}
        for referral in self._mapped(PC, [row for row in fetched.values() if not isinstance(row, Gone)]):
            row = unmatched.pop(named[referral.key].key.lower())
            taken |= self._adopt(referral, row, notes=notes, gathered=gathered)
        begun = [
            n.begun for n in notes if n.operation == "create" and n.target is PC and n.source.key.lower() in unmatched
        ]
        keys = [s.key for s in unmatched.values()]
        listed = await replica.find(keys, by="crm_id", since=min(begun, default=None)) if keys else []
        for referral in self._mapped(PC, listed):
            row_of = unmatched.get(str(referral.values.get("crm_id")).lower())
            if row_of is not None and row_of.ref not in taken and not self._skip(referral.values):
                taken |= self._adopt(referral, row_of, notes=notes, gathered=gathered)
        return taken

    async def _rows(self, keys: Sequence[str], batch: Batch) -> list[Row]:
        """Give CRM rows by key, from the batch where it holds them."""
        in_hand = {ref.key.lower(): row for ref, row in batch.rows.items() if ref.side is DV and row is not None}
        away = [key for key in keys if key not in in_hand]
        fetched = await self._world.replicas[DV].fetch(away) if away else {}
        known = [in_hand[key] for key in keys if key in in_hand]
        return known + [row for row in fetched.values() if not isinstance(row, Gone)]

    def _mapped(self, side: Side, rows: Sequence[Row]) -> list[Snapshot]:
        return [s for s in self._world.mapper.snapshots(side, rows) if isinstance(s, Snapshot)] if rows else []

    def _adopt(self, referral: Snapshot, row: Snapshot, *, notes: Sequence[InFlight], gathered: Gathered) -> set[Ref]:
        """Bind two records found to be one deal, unless one belongs to another; gives what needs no other decision."""
        known = self._state.bindings([referral.ref, row.ref])
        if known:
            ours = referral if row.ref in known else row
            gathered.clashes.append((ours, "BOUND-1" if ours is referral else "BOUND-2"))
            return {ours.ref}
        (taken,) = self._take([{referral.key, row.key}])
        if not taken:
            gathered.held.append(referral.ref)
            return {referral.ref, row.ref}
        binding = Binding(referral.key, row.key, paused=not is_flagged(row.values))
        own = tuple(n for n in notes if n.source in binding.refs)
        gathered.pairs.append(Pair(binding, {PC: referral, DV: row}, {}, own, adopted=True))
        return {referral.ref, row.ref}


def _from_memory(half: Half | None) -> Snapshot | None:
    if half is None:
        return None
    return Snapshot(half.ref.side, half.ref.key, half.etag, half.values, remembered=True)


def _names_referral(snapshot: Snapshot) -> bool:
    return bool(snapshot.values.get("referral_identifier"))


def _is_row_id(value: Value) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def _ids(ref: Ref, binding: Binding | None) -> set[str]:
    return {ref.key} if binding is None else {binding.referral_id, binding.row_id}


def _asked(notes: Iterable[InFlight], unsettled: Iterable[Ref]) -> set[Ref]:
    """Give the records whose halves must both be read: unsettled, or with a write in flight."""
    touched = {note.source for note in notes} | {Ref(n.target, n.key) for n in notes if n.key is not None}
    return touched | set(unsettled)
