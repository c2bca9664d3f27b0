"""Leads beside opportunities: each record is planned in the world of its own table, and nowhere else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Binding, Ref, Row, Side
from cosell.core.scope import Scope
from cosell.sync.gather import Gatherer
from cosell.sync.gathered import Batch
from cosell.sync.match import Judge
from cosell.sync.ports import Gone, Settlement, Tracked
from cosell.sync.pull import pull, pull_tables
from cosell.sync.staged import PullFile
from cosell.sync.standing import standing
from cosell.sync.tables import for_each, main_of, with_leads
from sync_examples import DV, NOW, PC, PlainMapper, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from cosell.core.record import Window
    from cosell.sync.world import World

LEAD = {"type": "Independent", "qualification": "Direct", "invited_by": "msft"}
DEAL = {"type": "Shared", "qualification": "SalesQualified", "invited_by": "msft"}


class Shelf:
    """One side with these records."""

    skipped_foreign = 3
    unknown = ()

    def __init__(self, *rows: Row) -> None:
        self.rows = {row.key: row for row in rows}
        self.asked: list[str] = []
        self.windows = 0

    async def changed(self, _window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give all of them."""
        self.windows += 1
        yield list(self.rows.values())

    async def retired(self, known: Collection[str]) -> None:
        """Give nothing: there is no catalogue."""
        del known

    async def beneath(self) -> dict[str, bool]:
        """Give nothing: a record here holds its rows itself."""
        return {}

    async def track(self, table: str, link: str | None) -> Tracked:
        """Give nothing new: there are no such tables."""
        del table
        return Tracked(link)

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Give all of them."""
        return addresses

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give records by key."""
        self.asked += keys
        return {key: self.rows.get(key, Gone()) for key in keys}


def referral(key: str, **values: object) -> Row:
    """Give a referral."""
    return Row(PC, key, "1", {"deal_name": key, **values})


def two(*referrals: Row) -> tuple[list[World], Shelf]:
    """Give the worlds of both tables, and the Partner Center that they share."""
    shelf: Any = Shelf(*referrals)
    rows: list[Any] = [Shelf(), Shelf()]
    world = replace(small_world(), replicas={PC: shelf, DV: rows[0]})
    return with_leads(world, replica=rows[1], mapper=PlainMapper()), shelf


def staged(world: World, side: Side = PC) -> list[object]:
    """Give the keys that were pulled for a table."""
    return [line["key"] for line in PullFile(world.staging, side).lines()]


def test_referrals_are_read_once_and_sorted() -> None:
    """A lead goes to the leads, whatever else to the opportunities; a bound one, or one that is gone, to its pair."""
    (leads, deals), shelf = two(referral("lead", **LEAD), referral("deal", **DEAL), referral("bound", **LEAD))
    deals.state.settle(
        [Settlement(bind=Binding("bound", "row-1")), Settlement(bind=Binding("away", "row-2", table="lead"))]
    )
    run = a_run("manual", referral_ids=("away", "nobody"))
    reports = asyncio.run(pull_tables([leads, deals], PC, run))
    assert shelf.windows == 1
    assert (staged(leads), staged(deals)) == (["lead", "away"], ["deal", "bound", "nobody"])
    assert [(table, report.rows) for table, report in reports.items()] == [("opportunity", 5)]
    assert (PullFile(leads.staging, PC).foreign(), PullFile(deals.staging, PC).foreign()) == (0, 3)


def test_a_table_that_pulls_by_itself_takes_its_own_only() -> None:
    """Where the staged files are gone, each table reads anew what is its own."""
    (leads, _), _ = two(referral("lead", **LEAD), referral("deal", **DEAL))
    asyncio.run(pull(leads, PC, a_run()))
    assert staged(leads) == ["lead"]


def test_without_leads_every_referral_is_an_opportunitys() -> None:
    """With one table nothing is sorted: leads are met, skipped and counted by the plan."""
    shelf: Any = Shelf(referral("lead", **LEAD))
    world = replace(small_world(), replicas={PC: shelf})
    asyncio.run(pull_tables([world], PC, a_run()))
    assert staged(world) == ["lead"]


def test_rows_are_asked_for_by_their_own_table() -> None:
    """A due pair's row is read in its table; a row without a pair belongs to the opportunities."""
    worlds, _ = two()
    leads, deals = worlds
    deals.state.settle([Settlement(bind=Binding("deal", "row-1"))])
    deals.state.settle([Settlement(bind=Binding("lead", "row-2", table="lead"))])
    for ref in (Ref(PC, "deal"), Ref(PC, "lead"), Ref(DV, "row-3")):
        deals.state.settle([Settlement(unsettled=standing(ref, "notified", (), prior=None, now=NOW))])
    asyncio.run(pull_tables(worlds, DV, a_run()))
    asked: list[Any] = [each.replicas[DV] for each in (leads, deals)]
    assert [each.asked for each in asked] == [["row-2"], ["row-1", "row-3"]]


@pytest.mark.parametrize("leads_too", [True, False])
def test_a_pair_of_another_table_is_left_alone(leads_too: bool) -> None:
    """One that moved to the other table meanwhile is left to the next pull; one of a table that is off is counted."""
    (_, deals), _ = two(referral("lead", **LEAD))
    world = deals if leads_too else replace(deals, tables=frozenset({"opportunity"}))
    world.state.settle([Settlement(bind=Binding("lead", "row-2", table="lead"))])
    gatherer = Gatherer(world, a_run(), judge=Judge(lambda _values: False, lambda _values: None, Scope().leaves))
    gathered = asyncio.run(gatherer.gather(Batch({Ref(PC, "lead"): referral("lead", **LEAD)}, read_at=0)))
    assert (gathered.pairs, gathered.new_referrals) == ([], [])
    assert gathered.held == ([Ref(PC, "lead")] if leads_too else [])
    assert dict(gathered.elsewhere) == ({} if leads_too else {"lead": 1})


def test_each_table_has_files_and_a_report_of_its_own() -> None:
    """Nothing that one table stages, reports or remembers takes the place of the other's."""
    worlds, _ = two()
    for world in worlds:
        world.staging.write("plan", [{"table": world.table}])
    assert [list(world.staging.read("plan") or ()) for world in worlds] == [
        [{"table": "lead"}],
        [{"table": "opportunity"}],
    ]
    assert [world.part("plan") for world in worlds] == ["plan_lead", "plan"]
    assert main_of(worlds).table == "opportunity"
    worlds[0].staging.remove()
    assert worlds[1].staging.read("plan") is None


def test_a_step_is_done_for_each_table_in_order() -> None:
    """Leads come first."""
    worlds, _ = two()

    async def step(world: World) -> str:
        return world.table.upper()

    assert list(asyncio.run(for_each(worlds, step)).items()) == [("lead", "LEAD"), ("opportunity", "OPPORTUNITY")]
