"""match: find what belongs together among records that are not bound yet, before anything is created twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cosell.core.actions import Said
from cosell.core.lifecycle import is_flagged
from cosell.core.pair import Pair
from cosell.core.record import Binding, Ref, Side, Snapshot
from cosell.core.sentences import say
from cosell.sync.alike import ALIKE
from cosell.sync.heirs import ORIGIN
from cosell.sync.ports import Gone
from cosell.sync.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cosell.core.record import InFlight, Row, Value
    from cosell.sync.alike import Alike
    from cosell.sync.gathered import Batch, Gathered
    from cosell.sync.leasing import Leases
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


@dataclass(frozen=True, slots=True)
class Judge:
    """Which referrals may be carried, and how what is found is bound."""

    skips: Callable[[Mapping[str, Value]], bool]
    """Whether a referral that the CRM does not know is left alone."""
    is_foreign: Callable[[Mapping[str, Value]], str | None]
    """Why no row here can be the other half of a referral: another organisation's, of another table."""
    leaves: Callable[[Mapping[str, Value], Snapshot | None], str | None]
    """Why a referral is not the other half of the row that it was found with, or of none."""
    switch_on: bool = False


class Matcher:
    """Looks for the other half of unbound records and binds what it finds."""

    def __init__(self, world: World, *, leases: Leases, judge: Judge, alike: Alike | None = None) -> None:
        self._world, self._leases, self._judge, self._alike = world, leases, judge, alike
        self._state = world.state
        self.adopted: set[Ref] = set()
        """Records that were bound so far: they may be in the run's pull of their own side too."""
        self.unread = Unread(world.mapper)
        self._others: set[str] = set()
        """Rows whose referral another run holds."""

    def leave_to_others(self, referral: Row) -> None:
        """Leave the row alone that this referral names: another run holds the referral, and may be binding the two."""
        (values,) = self._world.mapper.read(PC, [referral], names=["crm_id"])
        self._others.add(str(values.get("crm_id")).lower())

    async def match(
        self, fresh: Sequence[Snapshot], batch: Batch, *, notes: Sequence[InFlight], gathered: Gathered
    ) -> None:
        """Sort unbound records into pairs that belong together and records that are new."""
        skipped = {s.ref for s in fresh if s.side is PC and self._judge.skips(s.values)}
        referrals = [s for s in fresh if s.side is PC and s.ref not in skipped]
        rows = [s for s in fresh if s.side is DV and self._is_wanted(s)]
        wanted = {s.ref for s in (*referrals, *rows)}
        gathered.withdrawn.extend(s.ref for s in fresh if s.ref not in wanted and s.ref in gathered.unsettled)
        rows = self._not_of_leads(self._not_of_others(rows, gathered), gathered)
        taken = await self._adopt_rows(referrals, batch, gathered=gathered)
        rest = [s for s in rows if s.ref not in taken]
        taken |= await self._adopt_referrals(rest, notes=notes, gathered=gathered)
        taken |= await self._adopt_alike([s for s in referrals if s.ref not in taken], batch, gathered=gathered)
        left = [s for s in (*referrals, *rest) if s.ref not in taken]
        waiting = {s.ref for s in left if self.unread.concerns(s, alike=self._alike)}
        gathered.held.extend(waiting)
        taken |= waiting
        left = [s for s in left if s.ref not in waiting]
        taken |= self._hold_alike(left, gathered)
        gathered.new_referrals.extend(s for s in referrals if s.ref not in taken)
        gathered.new_opportunities.extend(s for s in rest if s.ref not in taken and is_flagged(s.values))

    def _is_wanted(self, row: Snapshot) -> bool:
        """Tell whether an unbound row may be one half of a deal; a lead of the CRM never begins one."""
        return self._world.is_main and (is_flagged(row.values) or _names_referral(row))

    def _not_of_leads(self, rows: Sequence[Snapshot], gathered: Gathered) -> list[Snapshot]:
        """Leave out opportunities of bound leads: they take over a referral, and begin none."""
        origins = {s.ref: Ref(DV, origin.lower()) for s in rows if isinstance(origin := s.values.get(ORIGIN), str)}
        bound = self._state.bindings(set(origins.values())) if origins else {}
        gathered.clashes.extend((s, "LEAD-1") for s in rows if origins.get(s.ref) in bound)
        rest = [s for s in rows if origins.get(s.ref) not in bound]
        if not any(s.ref in origins for s in rest) or not self._is_a_row_on_its_way():
            return rest
        gathered.held.extend(s.ref for s in rest if s.ref in origins)
        return [s for s in rest if s.ref not in origins]

    def _not_of_others(self, rows: Sequence[Snapshot], gathered: Gathered) -> list[Snapshot]:
        gathered.held.extend(s.ref for s in rows if s.key.lower() in self._others)
        return [s for s in rows if s.key.lower() not in self._others]

    def _is_a_row_on_its_way(self) -> bool:
        """Tell whether some new row of the CRM has no answer yet: it may be the lead that an opportunity came of."""
        return any(note.operation == "create" and note.target is DV for note in self._state.all_in_flight())

    async def _adopt_rows(self, referrals: Sequence[Snapshot], batch: Batch, *, gathered: Gathered) -> set[Ref]:
        """Find the rows of unbound referrals: by the referral id on a row, then by the CRM id on the referral."""
        if not referrals:
            return set()
        unmatched = {s.key.lower(): s for s in referrals}
        taken: set[Ref] = set()
        keys = [s.key for s in referrals]
        for row in self.unread.mapped(DV, await self._world.replicas[DV].find(keys, by="referral_id")):
            referral = unmatched.pop(_named_by(row), None)
            if referral is not None:
                taken |= self._adopt(referral, row, gathered=gathered)
        named: dict[str, list[Snapshot]] = {}
        for each in unmatched.values():
            if _is_row_id(each.values.get("crm_id")):
                named.setdefault(str(each.values["crm_id"]).lower(), []).append(each)
        for row in self.unread.mapped(DV, await self._rows(list(named), batch)):
            others = named[row.key.lower()]
            if not _names_referral(row):
                taken |= self._adopt(others.pop(0), row, gathered=gathered)
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
        for referral in self.unread.mapped(PC, [row for row in fetched.values() if not isinstance(row, Gone)]):
            first, *others = [unmatched.pop(s.key.lower()) for s in named[referral.key.lower()]]
            reason = self._judge.is_foreign(referral.values) or self._judge.leaves(referral.values, first)
            if reason:
                taken |= _misled([first, *others], reason, gathered)
                continue
            taken |= self._adopt(referral, first, gathered=gathered)
            gathered.clashes.extend((other, "BOUND-2") for other in others)
            taken.update(other.ref for other in others)
        begun = [
            n.begun for n in notes if n.operation == "create" and n.target is PC and n.source.key.lower() in unmatched
        ]
        keys = [s.key for s in unmatched.values()]
        listed = await replica.find(keys, by="crm_id", since=min(begun, default=None)) if keys else []
        for referral in self.unread.mapped(PC, listed):
            row_of = unmatched.get(str(referral.values.get("crm_id")).lower())
            if row_of is not None and row_of.ref not in taken and not self._judge.skips(referral.values):
                taken |= self._adopt(referral, row_of, gathered=gathered)
        return taken

    async def _adopt_alike(self, referrals: Sequence[Snapshot], batch: Batch, *, gathered: Gathered) -> set[Ref]:
        """Bind what no id tells and what is the same deal for certain, as both sides whole show it."""
        sought = self._alike.row_of if self._alike else {}
        wanted = {sought[s.key]: s for s in referrals if s.key in sought}
        taken: set[Ref] = set()
        for row in self.unread.mapped(DV, await self._rows(list(wanted), batch)):
            if not _names_referral(row):
                taken |= self._adopt(wanted[row.key], row, gathered=gathered)
        return taken

    def _hold_alike(self, left: Sequence[Snapshot], gathered: Gathered) -> set[Ref]:
        """Hold what may be the other half of something: as both sides whole show it, or did when last looked at."""
        held = [(each, said) for each in left if (said := self._doubt(each.ref, gathered))]
        gathered.doubtful.extend(held)
        return {each.ref for each, _ in held}

    def _doubt(self, ref: Ref, gathered: Gathered) -> Said | None:
        if self._alike is not None:
            return self._alike.doubts.get(ref) or self._unmet(ref, self._alike)
        known = gathered.unsettled.get(ref)
        remarks = known.remarks if known else ()
        return next((Said(each.code, each.sentence) for each in remarks if each.code in ALIKE), None)

    def _unmet(self, ref: Ref, alike: Alike) -> Said | None:
        """Give why a row waits whose referral was found and could not be read, or is another run's at the moment."""
        other = alike.referral_of.get(ref.key) if ref.side is DV else None
        if other is None or Ref(PC, other) in self.adopted or self._state.bindings([Ref(PC, other)]):
            return None
        return Said("ALIKE-2", say("ALIKE-2", detail=other))

    async def _rows(self, keys: Sequence[str], batch: Batch) -> list[Row]:
        """Give CRM rows by key, from the batch where it holds them."""
        in_hand = {ref.key.lower(): row for ref, row in batch.rows.items() if ref.side is DV and row is not None}
        away = [key for key in keys if key not in in_hand]
        fetched = await self._world.replicas[DV].fetch(away) if away else {}
        known = [in_hand[key] for key in keys if key in in_hand]
        return known + [row for row in fetched.values() if not isinstance(row, Gone)]

    def _adopt(self, referral: Snapshot, row: Snapshot, *, gathered: Gathered) -> set[Ref]:
        """Bind two records found to be one deal, unless one belongs to another; gives what needs no other decision."""
        if self._judge.leaves(referral.values, row):
            return set()
        both = (referral.ref, row.ref)
        known = self._state.bindings(both)
        bound = {ref for ref in both if ref in known or ref in self.adopted}
        if bound:
            ours = referral if row.ref in bound else row
            gathered.clashes.append((ours, "BOUND-1" if ours is referral else "BOUND-2"))
            return {ours.ref}
        (taken,) = self._leases.take([{referral.key, row.key}])
        if not taken:
            gathered.held.append(referral.ref)
            return {referral.ref, row.ref}
        paused = not (is_flagged(row.values) or self._judge.switch_on)
        binding = Binding(referral.key, row.key, self._world.table, paused=paused)
        own = tuple(self._state.in_flight(binding.refs))  # the other half's note may not be of this chunk
        gathered.pairs.append(Pair(binding, {PC: referral, DV: row}, {}, own, adopted=True))
        self.adopted.update(binding.refs)
        return {referral.ref, row.ref}


def _misled(rows: Sequence[Snapshot], reason: str, gathered: Gathered) -> set[Ref]:
    """Hold rows that name what cannot be their own; one that is not flagged is nobody's wish, and left alone."""
    said = Said("BOUND-3", say("BOUND-3", detail=reason))
    gathered.doubtful.extend((row, said) for row in rows if is_flagged(row.values))
    unasked = (row.ref for row in rows if not is_flagged(row.values))
    gathered.withdrawn.extend(ref for ref in unasked if ref in gathered.unsettled)
    return {row.ref for row in rows}


def _names_referral(snapshot: Snapshot) -> bool:
    return bool(_named_by(snapshot))


def _named_by(row: Snapshot) -> str:
    """Give the referral id on a row, ours or another connector's, as ids are compared: people paste them anyhow."""
    named = row.values.get("referral_identifier") or row.values.get("other_referral_identifier")
    return str(named or "").strip().lower()


def _is_row_id(value: Value) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
