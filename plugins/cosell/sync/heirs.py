"""heirs: the opportunities that came of qualified leads take over their referrals: one binding, moved whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.core.lifecycle import is_qualified
from cosell.core.reconcile import same
from cosell.core.record import Binding, Ref, Side, Snapshot
from cosell.sync.ports import HalfChange, HistoryEntry, Settlement
from cosell.sync.standing import standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.pair import Pair
    from cosell.core.record import Row, Value
    from cosell.sync.gathered import Gathered
    from cosell.sync.leasing import Leases
    from cosell.sync.world import World

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
ORIGIN = "originating_lead"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def find_heirs(world: World, gathered: Gathered, *, leases: Leases) -> None:
    """Put in which binding takes over from each qualified lead; leave a pair whose heir another run holds."""
    qualified = {pair.binding.row_id: pair for pair in gathered.pairs if is_qualified(pair.snapshots[DV].values)}
    if world.deals is None or not qualified:
        return
    for lead, row in (await _came_of(world.deals, qualified)).items():
        referral = qualified[lead].binding.refs[0]
        (taken,) = leases.take([{row.key}])
        if taken:
            gathered.heirs[referral] = Binding(referral.key, row.key, world.deals.table)
            (read,) = world.deals.mapper.snapshots(DV, [row])
            gathered.heirs_hold[referral] = read.values if isinstance(read, Snapshot) else {}
        else:
            gathered.held.append(referral)
            gathered.pairs.remove(qualified[lead])


def leave_heirs(gathered: Gathered) -> None:
    """Leave qualified leads to the next run: while one side is pushed to, the other's push may be at work on them."""
    gathered.pairs = [pair for pair in gathered.pairs if pair.binding.refs[0] not in gathered.heirs]
    gathered.held.extend(gathered.heirs)


async def _came_of(deals: World, leads: dict[str, Pair]) -> dict[str, Row]:
    """Give the opportunity that came of each lead, where there is one; of several unbound ones the oldest."""
    rows = await deals.replicas[DV].find(list(leads), by="lead_id")
    bound = deals.state.bindings([Ref(DV, row.key) for row in rows])
    free = [row for row in rows if Ref(DV, row.key) not in bound]
    free.sort(key=lambda row: (row.created or _LONG_AGO, row.key), reverse=True)
    read = deals.mapper.read(DV, free, names={ORIGIN})
    found = {str(values.get(ORIGIN) or "").lower(): row for row, values in zip(free, read, strict=True)}
    return {lead: row for lead, row in found.items() if lead in leads}


def handed_over(world: World, pair: Pair, heir: Binding, *, held: Mapping[str, Value], run_id: str) -> Settlement:
    """Give the one change of memory by which the opportunity, which holds these values, takes the lead's place.

    Where it holds what the lead was agreed to hold, that is agreed of it too; the rest is news. It begins in the lead's
    agreed state, so that what the seller made of it counts. Of the referral stays known what can be written there: what
    differs in the rest was found with the opportunity, not edited.
    """
    fields = world.deals.mapper.fields if world.deals else {}
    referral, opportunity = heir.refs
    known, now = pair.baseline(world.mapper.fields), world.clock()
    found = frozenset(name for name, each in fields.items() if not each.written_on and not each.bookkeeping)
    stays = {name: value for name, value in known[PC].items() if name not in found}
    agreed = {name: value for name, value in known[DV].items() if name in stays and same(held.get(name), value)}
    state = {name: known[DV][name] for name in ("status",) if name in known[DV]}
    inherited: dict[str, Value] = {**agreed, **state, "flag": None}
    return Settlement(
        unbind=pair.binding,
        bind=heir,
        halves=(
            HalfChange(referral, values=stays, forget=found, stale=True),
            HalfChange(opportunity, etag="", values=inherited, stale=True),
        ),
        clear=pair.notes,
        unsettled=standing(referral, "notified", (), prior=None, now=now),
        settled=(opportunity,),
        history=(HistoryEntry(now, run_id, referral, "moved", opportunity.key, detail=world.table),),
    )
