"""An opportunity that came of a qualified lead takes over its referral: one binding, moved in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cosell.core.pair import Pair
from cosell.core.record import Binding, Half, InFlight, Ref, Row, Snapshot
from cosell.sync.gathered import Gathered
from cosell.sync.heirs import find_heirs, handed_over, leave_heirs
from cosell.sync.leasing import Leases
from cosell.sync.ports import HalfChange, Settlement
from cosell.sync.standing import standing
from cosell.sync.tables import with_leads
from sync_examples import DV, NOW, PC, PlainMapper, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.record import Value
    from cosell.sync.world import World

LEAD = Binding("ref-1", "lead-1", table="lead")


class Opportunities:
    """The CRM's opportunities by the lead that they came of."""

    def __init__(self, *rows: Row) -> None:
        self.rows, self.asked = rows, 0

    async def find(self, leads: Sequence[str], *, by: str) -> list[Row]:
        """Give those of these leads."""
        assert by == "lead_id"
        self.asked += 1
        return [row for row in self.rows if str(row.payload["originating_lead"]).lower() in leads]


def deal(key: str, *, days: int = 0, lead: str = "lead-1") -> Row:
    """Give an opportunity, made so many days ago."""
    payload = {"deal_name": "Move", "originating_lead": lead.upper()}
    return Row(DV, key, "1", payload, NOW, NOW - timedelta(days=days))


def worlds(*rows: Row) -> tuple[World, Opportunities]:
    """Give the world of leads beside that of these opportunities."""
    deals: Any = Opportunities(*rows)
    world = replace(small_world(), replicas={DV: deals})
    leads, _ = with_leads(world, replica=deals, mapper=PlainMapper())
    return leads, deals


def lead(*, status: str = "qualified", notes: tuple[InFlight, ...] = ()) -> Pair:
    """Give a bound lead as it was read."""
    values: dict[str, Value] = {"deal_name": "Move", "notes": "a", "status": "open"}
    halves = {ref.side: Half(ref, "1", values) for ref in LEAD.refs}
    row = Snapshot(DV, "lead-1", "1", {**values, "status": status, "flag": True})
    return Pair(LEAD, {PC: Snapshot(PC, "ref-1", "1", values), DV: row}, halves, notes)


def found(world: World, *pairs: Pair) -> Gathered:
    """Give what was gathered, with the heirs put in."""
    gathered = Gathered(pairs=list(pairs))
    asyncio.run(find_heirs(world, gathered, leases=Leases(world, a_run())))
    return gathered


def test_the_oldest_unbound_opportunity_takes_over() -> None:
    """One that belongs to another referral does not."""
    world, _ = worlds(deal("taken", days=9), deal("young"), deal("old", days=2), deal("other", lead="lead-2"))
    world.state.settle([Settlement(bind=Binding("ref-2", "taken"))])
    gathered = found(world, lead())
    assert gathered.heirs == {Ref(PC, "ref-1"): Binding("ref-1", "old")}
    assert gathered.heirs_hold[Ref(PC, "ref-1")]["deal_name"] == "Move"


def test_nobody_is_asked_about_open_leads() -> None:
    """Only a qualified lead is worth a request; the opportunities themselves come of none."""
    world, deals = worlds(deal("deal-1"))
    assert found(world, lead(status="open")).heirs == {}
    assert (deals.asked, world.deals is not None and found(world.deals, lead()).heirs) == (0, {})


def test_an_opportunity_that_another_run_holds_is_left_to_it() -> None:
    """The lead is looked at again by the next run."""
    world, _ = worlds(deal("deal-1"))
    Leases(world, a_run(run_id="run-2")).take([{"deal-1"}])
    gathered = found(world, lead())
    assert (gathered.heirs, gathered.pairs, gathered.held) == ({}, [], [Ref(PC, "ref-1")])


def test_nothing_moves_while_a_side_is_pushed_to() -> None:
    """The other side's push may be at work on the lead: the next run moves it."""
    world, _ = worlds(deal("deal-1"))
    gathered = found(world, lead())
    leave_heirs(gathered)
    assert (gathered.pairs, gathered.held) == ([], [Ref(PC, "ref-1")])


def test_the_binding_moves_with_all_that_hangs_on_it() -> None:
    """The lead's half and notes are gone; the opportunity begins in the lead's state, its flag still to be set.

    What it holds like the lead was agreed with it; what it holds otherwise is the seller's.
    """
    world, _ = worlds(deal("deal-1"))
    note = InFlight(PC, Ref(DV, "lead-1"), "update", "run-1", NOW, "ref-1", {"notes": "b"}, {"notes": "b"})
    pair, heir = lead(notes=(note,)), Binding("ref-1", "deal-1")
    world.state.settle(
        [
            Settlement(
                bind=LEAD,
                halves=tuple(HalfChange(ref, etag="1", values=pair.halves[ref.side].values) for ref in LEAD.refs),
                unsettled=standing(Ref(DV, "deal-1"), "wait", (), prior=None, now=NOW),
            )
        ]
    )
    world.state.note([note])
    world.state.settle([handed_over(world, pair, heir, held={"deal_name": "Move", "notes": "new"}, run_id="run-1")])
    refs = [*LEAD.refs, Ref(DV, "deal-1")]
    assert world.state.bindings(refs) == dict.fromkeys(heir.refs, heir)
    halves = world.state.halves(refs)
    assert halves.keys() == set(heir.refs)
    assert halves[Ref(DV, "deal-1")].values == {"flag": None, "status": "open", "deal_name": "Move"}
    assert halves[Ref(PC, "ref-1")].values["deal_name"] == "Move"
    assert all(half.stale for half in halves.values())
    assert world.state.all_in_flight() == []
    assert {ref: entry.reason for ref, entry in world.state.unsettled(refs).items()} == {Ref(PC, "ref-1"): "notified"}
    (entry,) = world.state.history()
    assert (entry.action, entry.other_key) == ("moved", "deal-1")
