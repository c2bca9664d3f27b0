"""`python -m bench.planning FILE`: the whole plan task over staged referrals, with memory on disk and an empty CRM."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from cosell.adapters.partner_center.referral import row_of
from cosell.adapters.staging import FileStaging
from cosell.adapters.state import open_state
from cosell.core.newcomers import decide_new_referral
from cosell.core.record import Row, Side, Snapshot, Window
from cosell.mapping import load_mapping
from cosell.sync.garbage import look_less_often
from cosell.sync.ports import Gone
from cosell.sync.steps import PlanOptions, RunFacts, Settings, World, open_run, plan, pull

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
_PAGE = 100


@dataclass(frozen=True)
class _Still:
    """A side that shows what a file holds, finds nothing else, and takes no time to say so."""

    payloads: Path | None = None
    skipped_foreign: int = 0
    unknown: tuple[str, ...] = ()

    async def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:  # noqa: ARG002 - the port's signature
        """Give the file's referrals page by page."""
        for page in _pages(self.payloads) if self.payloads else ():
            yield page

    async def find(self, field_values: Collection[str], *, by: str, since: datetime | None = None) -> list[Row]:  # noqa: ARG002 - the port's signature
        """Find nothing."""
        return []

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Find nothing."""
        return {key: Gone() for key in keys}

    async def beneath(self) -> dict[str, bool]:
        """Name no tables."""
        return {}

    async def retired(self, known: Collection[str]) -> None:
        """Give nothing: there is no catalogue."""

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Take everybody for a user."""
        return addresses


def _pages(payloads: Path) -> Iterator[list[Row]]:
    page: list[Row] = []
    with payloads.open("rb") as file:
        for line in file:
            page.append(row_of(json.loads(line, parse_float=Decimal)))
            if len(page) == _PAGE:
                yield page
                page = []
    yield page


def _world(folder: Path, payloads: Path) -> World:
    return World(
        replicas={PC: _Still(payloads), DV: _Still()},  # type: ignore[dict-item]  # only what pull and plan ask for
        mapper=load_mapping().mapper(limits={}),
        state=open_state(f"sqlite:///{folder / 'state.db'}"),
        staging=FileStaging(folder, run_key="bench"),
        clock=lambda: datetime.now(UTC),
        settings=Settings(start="everything"),
    )


def _pure(world: World, payloads: Path) -> float:
    """Give the seconds that mapping and deciding take by themselves."""
    terms, chunk, seconds = world.terms(), list[Row](), 0.0
    for page in _pages(payloads):
        chunk += page
        if len(chunk) >= world.settings.chunk or not page:
            began = time.perf_counter()
            for snapshot in world.mapper.snapshots(PC, chunk):
                if isinstance(snapshot, Snapshot):
                    decide_new_referral(snapshot, terms)
            seconds += time.perf_counter() - began
            chunk = []
    return seconds


async def _planned(world: World) -> dict[str, float]:
    """Pull, and give what planning took."""
    now = datetime.now(UTC)
    run = open_run(world, RunFacts("bench", "cosell_sync", "scheduled", now, now))
    for side in Side:
        await pull(world, side, run)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    report = await plan(world, run, PlanOptions())
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    return {
        "creates": report.counts["create_dataverse"],
        "wall": wall,
        "user": after.ru_utime - before.ru_utime,
        "peak_mb": after.ru_maxrss / 1024,
    }


def main(payloads: Path) -> dict[str, float]:
    """Give wall and CPU seconds of the plan, and this process's peak memory."""
    look_less_often()
    with tempfile.TemporaryDirectory() as folder:
        world = _world(Path(folder), payloads)
        return asyncio.run(_planned(world)) | {"pure": _pure(world, payloads)}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
