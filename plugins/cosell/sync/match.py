"""match: find what belongs together among records that are not bound yet, before anything is created twice."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from cosell.core.lifecycle import is_flagged
from cosell.core.pair import Pair
from cosell.core.record import Binding, Ref, Side, Snapshot
from cosell.sync.ports import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cosell.core.record import InFlight, Row, Value
    from cosell.sync.gathered import Batch, Gathered
    from cosell.sync.leasing import Leases
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


class Matcher:
    """Looks for the other half of unbound records and binds what it finds."""

    def __init__(self, world: World, *, leases: Leases, skip: Callable[[Mapping[str, Value]], bool]) -> None:
        self._world, self._leases, self._skip = world, leases, skip
        self._state = world.state
        self.adopted: set[Ref] = set()
        """Rows that were bound so far: they may be in the run's pull of their own side too."""

    async def match(
        self, fresh: Sequence[Snapshot], batch: Batch, *, notes: Sequence[InFlight], gathered: Gathered
    ) -> None:
        """Sort unbound records into pairs that belong together and records that are new."""
        skipped = {s.ref for s in fresh if s.side is PC and self._skip(s.values)}
        referrals = [s for s in fresh if s.side is PC and s.ref not in skipped]
        rows = [s for s in fresh if s.side is DV and (is_flagged(s.values) or _names_referral(s))]
        wanted = {s.ref for s in (*referrals, *rows)}
        gathered.withdrawn.extend(s.ref for s in fresh if s.ref not in wanted and s.ref in gathered.unsettled)
        taken = await self._adopt_rows(referrals, batch, notes=notes, gathered=gathered)
        rest = [s for s in rows if s.ref not in taken]
        taken |= await self._adopt_referrals(rest, notes=notes, gathered=gathered)
        gathered.new_referrals.extend(s for s in referrals if s.ref not in taken)
        gathered.new_opportunities.extend(s for s in rest if s.ref not in taken and is_flagged(s.values))

    async def _adopt_rows(
        self, referrals: Sequence[Snapshot], batch: Batch, *, notes: Sequence[InFlight], gathered: Gathered
    ) -> set[Ref]:
        """Find the rows of unbound referrals: by the referral id on a row, then by the CRM id on the referral."""
        if not referrals:
            return set()
        unmatched = {s.key.lower(): s for s in referrals}
        taken: set[Ref] = set()
        keys = [s.key for s in referrals]
        for row in self._mapped(DV, await self._world.replicas[DV].find(keys, by="referral_id")):
            referral = unmatched.pop(_named_by(row), None)
            if referral is not None:
                taken |= self._adopt(referral, row, notes=notes, gathered=gathered)
        named: dict[str, list[Snapshot]] = {}
        for each in unmatched.values():
            if _is_row_id(each.values.get("crm_id")):
                named.setdefault(str(each.values["crm_id"]).lower(), []).append(each)
        for row in self._mapped(DV, await self._rows(list(named), batch)):
            others = named[row.key.lower()]
            if not _names_referral(row):
                taken |= self._adopt(others.pop(0), row, notes=notes, gathered=gathered)
            gathered.clashes.extend((other, "BOUND-1") for other in others)
            taken.update(other.ref for other in others)
        return taken

    async def _adopt_referrals(
        self, rows: Sequence[Snapshot], *, notes: Sequence[InFlight], gathered: Gathered
    ) -> set[Ref]:
        """Find the referrals of unbound rows: by the referral id on the row, then by the CRM id a referral carries."""
        replica = self._world.replicas[PC]
        unmatched = {s.key.lower(): s for s in rows}
        taken: set[Ref] = set()
        named: dict[str, list[Snapshot]] = {}
        for each in rows:
            if _names_referral(each):
                named.setdefault(_named_by(each), []).append(each)
        fetched = await replica.fetch(list(named)) if named else {}
        for referral in self._mapped(PC, [row for row in fetched.values() if not isinstance(row, Gone)]):
            first, *others = [unmatched.pop(s.key.lower()) for s in named[referral.key.lower()]]
            taken |= self._adopt(referral, first, notes=notes, gathered=gathered)
            gathered.clashes.extend((other, "BOUND-2") for other in others)
            taken.update(other.ref for other in others)
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
        (taken,) = self._leases.take([{referral.key, row.key}])
        if not taken:
            gathered.held.append(referral.ref)
            return {referral.ref, row.ref}
        binding = Binding(referral.key, row.key, paused=not is_flagged(row.values))
        own = tuple(n for n in notes if n.source in binding.refs)
        gathered.pairs.append(Pair(binding, {PC: referral, DV: row}, {}, own, adopted=True))
        self.adopted.add(row.ref)
        return {referral.ref, row.ref}


def _names_referral(snapshot: Snapshot) -> bool:
    return bool(_named_by(snapshot))


def _named_by(row: Snapshot) -> str:
    """Give the referral id on a row as ids are compared: people paste them in either case."""
    return str(row.values.get("referral_identifier") or "").strip().lower()


def _is_row_id(value: Value) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
