"""What belongs together among records that are not bound yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cosell.core.record import Binding, Ref, Row, Side, Snapshot
from cosell.sync.gathered import Batch, Gathered
from cosell.sync.leasing import Leases
from cosell.sync.match import Matcher
from cosell.sync.ports import Gone, Settlement
from sync_examples import DV, PC, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from cosell.core.record import Value
    from cosell.sync.world import World

FIRST, SECOND = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))


class Shelf:
    """One side that gives what it holds by key, and by the link that its records carry."""

    def __init__(self, side: Side, *held: Snapshot) -> None:
        self.link = "crm_id" if side is PC else "referral_identifier"
        self.rows = {s.key: Row(side, s.key, s.etag, s.values) for s in held if s.side is side}

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give records by key."""
        return {key: self.rows.get(key, Gone()) for key in keys}

    async def find(self, values: Collection[str], *, by: str, since: datetime | None = None) -> list[Row]:
        """Give records by their link."""
        del by, since
        return [row for row in self.rows.values() if row.payload.get(self.link) in values]


def record(side: Side, key: str, **values: Value) -> Snapshot:
    """Give an unbound record; rows are flagged."""
    own: dict[str, Value] = {"deal_name": "Move", **({"flag": True} if side is DV else {}), **values}
    return Snapshot(side, key, "1", own)


def matched(world: World, fresh: Sequence[Snapshot], *away: Snapshot) -> Gathered:
    """Give what becomes of the records that were read, while the others are there too."""
    replicas: Any = {side: Shelf(side, *fresh, *away) for side in Side}
    world, run, gathered = replace(world, replicas=replicas), a_run(), Gathered()
    matcher = Matcher(world, leases=Leases(world, run), skip=lambda values: values.get("type") == "Lead")
    asyncio.run(matcher.match(fresh, Batch({}, read_at=0), notes=(), gathered=gathered))
    return gathered


def pairs(gathered: Gathered) -> list[tuple[str, str]]:
    """Give who was adopted by whom."""
    return [(pair.binding.referral_id, pair.binding.row_id) for pair in gathered.pairs if pair.adopted]


def test_a_row_that_names_a_referral_is_its_other_half() -> None:
    """Whichever of the two was read, the other is looked up; nothing is new then."""
    referral, row = record(PC, "ref-1"), record(DV, FIRST, referral_identifier="ref-1")
    for fresh, away in ((referral, row), (row, referral)):
        gathered = matched(small_world(), [fresh], away)
        assert pairs(gathered) == [("ref-1", FIRST)]
        assert (gathered.new_referrals, gathered.new_opportunities) == ([], [])


def test_a_referral_that_names_a_row_is_its_other_half() -> None:
    """The CRM id on the referral counts where the row names no other referral."""
    referral, row = record(PC, "ref-1", crm_id=FIRST), record(DV, FIRST)
    for fresh, away in ((referral, row), (row, referral)):
        assert pairs(matched(small_world(), [fresh], away)) == [("ref-1", FIRST)]


def test_what_nobody_names_is_new() -> None:
    """A referral is new whatever odd CRM id it carries, a row where it is flagged; a lead is neither."""
    fresh = [
        record(PC, "ref-1", crm_id="our deal 7"),
        record(PC, "ref-2", type="Lead"),
        record(DV, FIRST),
        record(DV, SECOND, flag=False),
    ]
    gathered = matched(small_world(), fresh)
    assert gathered.new_referrals == [fresh[0]]
    assert gathered.new_opportunities == [fresh[2]]
    assert gathered.pairs == []


def test_two_rows_that_name_one_referral_are_not_two_deals() -> None:
    """One is its other half; the other is set aside with a sentence, and no second referral is made of it."""
    rows = [record(DV, key, referral_identifier="ref-1") for key in (FIRST, SECOND)]
    gathered = matched(small_world(), rows, record(PC, "ref-1"))
    assert pairs(gathered) == [("ref-1", FIRST)]
    assert gathered.clashes == [(rows[1], "BOUND-2")]
    assert gathered.new_opportunities == []


def test_two_referrals_that_name_one_row_are_not_two_deals() -> None:
    """The same from the other side."""
    referrals = [record(PC, key, crm_id=FIRST) for key in ("ref-1", "ref-2")]
    gathered = matched(small_world(), referrals, record(DV, FIRST))
    assert pairs(gathered) == [("ref-1", FIRST)]
    assert gathered.clashes == [(referrals[1], "BOUND-1")]
    assert gathered.new_referrals == []


def test_a_link_to_what_belongs_to_another_is_a_clash() -> None:
    """A bound record is not taken from its pair, whoever names it."""
    world = small_world()
    world.state.settle([Settlement(bind=Binding("ref-1", FIRST))])
    stranger = record(DV, SECOND, referral_identifier="ref-1")
    assert matched(world, [stranger], record(PC, "ref-1")).clashes == [(stranger, "BOUND-2")]
    newcomer = record(PC, "ref-2", crm_id=FIRST)
    assert matched(world, [newcomer], record(DV, FIRST)).clashes == [(newcomer, "BOUND-1")]


def test_an_unflagged_row_is_bound_and_rests() -> None:
    """Found to be the same deal, but the seller has not said Yes."""
    row = record(DV, FIRST, referral_identifier="ref-1", flag=False)
    (pair,) = matched(small_world(), [record(PC, "ref-1")], row).pairs
    assert pair.binding == Binding("ref-1", FIRST, paused=True)


def test_what_another_run_holds_is_left_to_it() -> None:
    """Half of a pair under another's lease: no binding, no creation, looked at again."""
    world, run = small_world(), a_run(run_id="run-2")
    Leases(world, run).take([{FIRST}])
    gathered = matched(world, [record(PC, "ref-1")], record(DV, FIRST, referral_identifier="ref-1"))
    assert gathered.held == [Ref(PC, "ref-1")]
    assert (gathered.pairs, gathered.new_referrals) == ([], [])
