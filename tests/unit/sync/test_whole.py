"""A look at both sides whole: every pair is asked for, nothing is held in memory but what tells the unbound apart."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.staging import FileStaging
from cosell.core.errors import ConfigurationError
from cosell.core.record import Binding, Ref, Row, Side
from cosell.sync.ports import Gone, Settlement
from cosell.sync.pull import pull
from cosell.sync.staged import PullFile
from cosell.sync.standing import standing
from cosell.sync.whole import look_at_all
from cosell.sync.windows import RunFacts, begun, open_run
from sync_examples import DV, NOW, PC, small_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence
    from pathlib import Path

    from cosell.core.record import Value, Window
    from cosell.sync.world import World

PAGE = 100


class Listed:
    """One side that makes its rows when they are listed, and keeps none; what is asked for by id besides is gone."""

    skipped_foreign = 0
    unknown = ()

    def __init__(self, side: Side, count: int, *, size: int = 0, **values: Value) -> None:
        self.side, self.count, self.size, self.values = side, count, size, values
        self.asked: list[str] = []
        self.windows: list[Window] = []
        self.named: list[str] = []

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give page by page."""
        self.windows.append(window)
        for start in range(0, self.count, PAGE):
            yield [self._row(number) for number in range(start, min(start + PAGE, self.count))]

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Find nothing."""
        self.asked.extend(keys)
        return {key: Gone() for key in keys}

    async def find(self, values: Collection[str], *, by: str) -> list[Row]:
        """Find nothing by name."""
        assert by == "deal_name"
        self.named.extend(values)
        return []

    def _row(self, number: int) -> Row:
        name = f"{self.side}-{number}"
        own = {"deal_name": name, "customer_name": "Adatum", "notes": "x" * self.size, "flag": True, **self.values}
        return Row(self.side, name, "1", own)


def whole(world: World, **sides: Listed) -> World:
    """Give the world of two such sides."""
    replicas: Any = {side: sides[side.value] for side in Side}
    return replace(world, replicas=replicas)


def read(world: World) -> None:
    """Pull both sides as a run over everything does."""
    run = open_run(world, RunFacts("run-1", "cosell_reconcile", "reconcile"))
    for side in Side:
        asyncio.run(pull(world, side, run))


def test_every_pair_and_every_held_record_is_asked_for() -> None:
    """What no list shows is asked for by its id, once; what a list shows is not."""
    world = small_world(start="everything")
    for number in range(1200):
        world.state.settle([Settlement(bind=Binding(f"partner_center-{number}", f"dataverse-{number}"))])
    stuck = standing(Ref(PC, "stuck"), "paused", (), prior=None, now=NOW)
    world.state.settle([Settlement(unsettled=stuck)])
    sides = {PC.value: Listed(PC, 1100), DV.value: Listed(DV, 1150)}
    read(whole(world, **sides))
    assert sorted(sides[PC].asked) == sorted([*(f"partner_center-{number}" for number in range(1100, 1200)), "stuck"])
    assert sorted(sides[DV].asked) == sorted(f"dataverse-{number}" for number in range(1150, 1200))
    lines = list(PullFile(world.staging, PC).lines())
    assert (len(lines), sum(bool(line.get("gone")) for line in lines)) == (1201, 101)


def test_the_whole_list_has_no_bounds() -> None:
    """On either side, whatever the watermark."""
    sides = {side.value: Listed(side, 1) for side in Side}
    read(whole(small_world(start="now"), **sides))
    assert {(w.since, w.until, w.by) for side in sides.values() for w in side.windows} == {(None, None, "created")}


def test_only_a_dry_run_goes_before_it_is_said_where_to_begin() -> None:
    """Deals would be made that nobody asked for."""
    world = small_world(start=None)
    with pytest.raises(ConfigurationError, match="cosell_start is not set"):
        open_run(world, RunFacts("run-1", "cosell_reconcile", "reconcile"))
    assert open_run(world, RunFacts("run-2", "cosell_reconcile", "reconcile", dry_run=True)).windows[PC] is not None
    world.state.advance(PC, NOW)
    world.state.advance(DV, NOW)
    assert open_run(world, RunFacts("run-1", "cosell_reconcile", "reconcile")).windows[DV] is not None


def test_memory_does_not_grow_with_what_is_listed(tmp_path: Path) -> None:
    """Ten times as many long records, a few bytes more for each; rows are staged and read page by page."""
    peaks = []
    for count in (300, 3000):
        files = FileStaging(tmp_path / str(count), run_key="run-1")
        world = replace(small_world(start="everything"), staging=files)
        sides = {side.value: Listed(side, count, size=10_000) for side in Side}
        world = whole(world, **sides)
        tracemalloc.start()
        read(world)
        asyncio.run(look_at_all(world, skip=lambda _values: False))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 2700 < 4000


def test_only_names_of_unbound_referrals_are_looked_up() -> None:
    """Without those that are bound, tied by an id, or none of ours to carry."""
    world = small_world(start="everything")
    world.state.settle([Settlement(bind=Binding("partner_center-0", "dataverse-9"))])
    sides = {PC.value: Listed(PC, 4), DV.value: Listed(DV, 1, referral_identifier="PARTNER_CENTER-1")}
    world = whole(world, **sides)
    read(world)
    asyncio.run(look_at_all(world, skip=lambda values: values.get("deal_name") == "partner_center-2"))
    assert sides[DV].named == ["partner_center-3"]


@pytest.mark.parametrize(("start", "since"), [("everything", None), (None, None), ("now", NOW), ("2026-01-01", "year")])
def test_since_when_deals_are_carried(start: str | None, since: object) -> None:
    """All of them, from a time on, or from the moment of the first run; before that run nothing of the past."""
    world = small_world(start=start)
    expected = NOW.replace(month=1, day=1, hour=0) if since == "year" else since
    assert begun(world) == expected
    if start == "now":
        run = open_run(world, RunFacts("run-1", "cosell_sync", "scheduled", NOW, NOW))
        window = run.windows[PC]
        assert window is not None
        assert begun(replace(world, clock=lambda: NOW.replace(month=12))) == window.since
