"""What belongs together among records that are not bound yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cosell.core.actions import Said
from cosell.core.record import Binding, InFlight, Ref, Row, Side, Snapshot
from cosell.core.scope import Scope
from cosell.sync.alike import Alike, Look
from cosell.sync.gathered import Batch, Gathered
from cosell.sync.leasing import Leases
from cosell.sync.match import Judge, Matcher
from cosell.sync.ports import Gone, Settlement
from cosell.sync.standing import standing
from sync_examples import DV, NOW, PC, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from cosell.core.record import Value
    from cosell.sync.ports import Unsettled
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


def matched(
    world: World,
    fresh: Sequence[Snapshot],
    *away: Snapshot,
    alike: Alike | None = None,
    unsettled: dict[Ref, Unsettled] | None = None,
) -> Gathered:
    """Give what becomes of the records that were read, while the others are there too."""
    replicas: Any = {side: Shelf(side, *fresh, *away) for side in Side}
    world, run, gathered = replace(world, replicas=replicas), a_run(), Gathered(unsettled=unsettled or {})
    judge = Judge(
        lambda v: v.get("type") == "Lead", lambda v: "foreign" if v.get("type") == "Foreign" else None, Scope().leaves
    )
    matcher = Matcher(world, leases=Leases(world, run), judge=judge, alike=alike)
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


def test_an_opportunity_of_a_shared_lead_begins_nothing() -> None:
    """It waits for the lead's referral; one of a lead that nobody shares is a deal like any other."""
    world = small_world()
    world.state.settle([Settlement(bind=Binding("ref-1", SECOND, table="lead"))])
    heir = record(DV, FIRST, originating_lead=SECOND.upper())
    other = record(DV, "00000000-0000-4000-8000-000000000003", originating_lead=FIRST)
    gathered = matched(world, [heir, other])
    assert gathered.clashes == [(heir, "LEAD-1")]
    assert gathered.new_opportunities == [other]
    assert gathered.withdrawn == []


def test_an_opportunity_of_a_lead_that_may_be_ours_is_put_off() -> None:
    """While the answer to a new row is lost, nobody knows whose lead it is; a deal of its own is not put off."""
    world = small_world()
    world.state.note([InFlight(DV, Ref(PC, "ref-1"), "create", "gone", NOW, None)])
    heir = record(DV, FIRST, originating_lead=SECOND)
    other = record(DV, "00000000-0000-4000-8000-000000000003")
    gathered = matched(world, [heir, other])
    assert gathered.held == [heir.ref]
    assert gathered.new_opportunities == [other]


def test_a_lead_of_the_crm_starts_nothing() -> None:
    """Neither a flag nor a referral's id on it makes a lead that nobody sent ours to share."""
    world = replace(small_world(), table="lead")
    rows = [record(DV, FIRST), record(DV, SECOND, referral_identifier="ref-1")]
    gathered = matched(world, rows, record(PC, "ref-1"))
    assert (gathered.pairs, gathered.new_opportunities, gathered.clashes) == ([], [], [])


def test_an_unflagged_row_is_bound_and_rests() -> None:
    """Found to be the same deal, but the seller has not said Yes."""
    row = record(DV, FIRST, referral_identifier="ref-1", flag=False)
    (pair,) = matched(small_world(), [record(PC, "ref-1")], row).pairs
    assert pair.binding == Binding("ref-1", FIRST, paused=True)


def found(referral: str, row: str) -> Alike:
    """Give that these two are the same deal."""
    alike = Alike()
    alike.pair(*(Look(key, "", "", "", None) for key in (referral, row)))
    return alike


def test_what_is_alike_is_bound() -> None:
    """Where no id says so and a look at both sides whole did; not where the row names another meanwhile."""
    referral, row = record(PC, "ref-1"), record(DV, FIRST, flag=False)
    gathered = matched(small_world(), [referral], row, alike=found("ref-1", FIRST))
    assert pairs(gathered) == [("ref-1", FIRST)]
    renamed = record(DV, FIRST, flag=False, referral_identifier="ref-9")
    assert matched(small_world(), [referral], renamed, alike=found("ref-1", FIRST)).new_referrals == [referral]


def test_a_row_whose_referral_cannot_be_bound_now_waits() -> None:
    """It is not made anew; where the referral turned out to belong elsewhere it is a deal of its own."""
    row = record(DV, FIRST)
    gathered = matched(small_world(), [row], alike=found("ref-1", FIRST))
    assert [(snapshot, said.code) for snapshot, said in gathered.doubtful] == [(row, "ALIKE-2")]
    assert gathered.new_opportunities == []
    world = small_world()
    world.state.settle([Settlement(bind=Binding("ref-1", SECOND))])
    assert matched(world, [row], alike=found("ref-1", FIRST)).new_opportunities == [row]


def test_what_was_held_stays_held_until_both_sides_are_read_whole() -> None:
    """A run over a window cannot tell; a known id decides at once, and so does a new look at everything."""
    world, referral = small_world(), record(PC, "ref-1")
    entry = standing(referral.ref, "conflict", (Said("ALIKE-1", "perhaps"),), prior=None, now=NOW)
    known = {referral.ref: entry}
    assert [said.code for _, said in matched(world, [referral], unsettled=known).doubtful] == ["ALIKE-1"]
    assert matched(world, [referral], unsettled=known, alike=Alike()).new_referrals == [referral]
    row = record(DV, FIRST, referral_identifier="ref-1")
    assert pairs(matched(world, [referral], row, unsettled=known)) == [("ref-1", FIRST)]


def test_a_row_that_names_what_cannot_be_its_own_is_held() -> None:
    """Neither bound nor carried as a new deal."""
    row = record(DV, FIRST, referral_identifier="ref-1")
    gathered = matched(small_world(), [row], record(PC, "ref-1", type="Foreign"))
    assert [(snapshot, said.code) for snapshot, said in gathered.doubtful] == [(row, "BOUND-3")]
    assert (gathered.pairs, gathered.new_opportunities) == ([], [])


def test_a_row_that_nobody_flagged_is_not_written_to() -> None:
    """Another connector may have noted any referral there; without the switch nothing is said, and what was is over."""
    row = record(DV, FIRST, referral_identifier="ref-1", flag=False)
    known = {row.ref: standing(row.ref, "conflict", (Said("BOUND-3", "no"),), prior=None, now=NOW)}
    gathered = matched(small_world(), [row], record(PC, "ref-1", type="Foreign"), unsettled=known)
    assert (gathered.doubtful, gathered.pairs, gathered.withdrawn) == ([], [], [row.ref])


def test_two_rows_that_name_one_referral_by_two_columns() -> None:
    """Another connector's column is a known id as ours is; one of two such rows is the other half."""
    referral = record(PC, "ref-1")
    rows = [record(DV, FIRST, referral_identifier="ref-1"), record(DV, SECOND, other_referral_identifier="REF-1 ")]
    assert pairs(matched(small_world(), [rows[1]], referral)) == [("ref-1", SECOND)]
    gathered = matched(small_world(), [referral, *rows])
    assert pairs(gathered) == [("ref-1", FIRST)]
    assert gathered.clashes == [(rows[1], "BOUND-2")]


def test_what_another_run_holds_is_left_to_it() -> None:
    """Half of a pair under another's lease: no binding, no creation, looked at again."""
    world, run = small_world(), a_run(run_id="run-2")
    Leases(world, run).take([{FIRST}])
    gathered = matched(world, [record(PC, "ref-1")], record(DV, FIRST, referral_identifier="ref-1"))
    assert gathered.held == [Ref(PC, "ref-1")]
    assert (gathered.pairs, gathered.new_referrals) == ([], [])
