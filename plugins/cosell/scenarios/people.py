"""What a seller would do by hand in either system, done through the same clients that the sync uses."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from cosell.core.record import Ref, Row, Side, Snapshot
from cosell.mapping.transform import TableMapper
from cosell.scenarios.steps import StepFailedError
from cosell.sync.ports import Change, Draft, Stale, Written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from cosell.core.record import Value
    from cosell.sync.ports import Mapper, Outcome
    from cosell.sync.world import World

T = TypeVar("T")
_TRIES = 5
"""How often an edit is tried on a record that the sync writes at the same time."""


@dataclass(frozen=True)
class People:
    """A seller at work in both systems, and the patience to wait for the sync between them."""

    world: World
    mapper: TableMapper
    """The mapping, with every field open to be written."""
    carry: Callable[[], Awaitable[None]]
    """Lets the sync do its next run, or waits a little where it runs by itself."""
    patience: float
    """Seconds until an edit must have arrived."""

    async def create(self, side: Side, values: Mapping[str, Value]) -> str:
        """Make a record with these values and give its key; raises StepFailedError."""
        told = self.mapper.wire(side, values, held={})
        stand_ins = {path: value for path, value in self.mapper.defaults(side).items() if told.get(path) is None}
        draft = Draft(Ref(side.other, str(uuid4())), told | stand_ins)
        (outcome,) = await self.world.replicas[side].create([draft])
        return _written(outcome).key

    async def edit(self, side: Side, key: str, values: Mapping[str, Value], *, close_as: str | None = None) -> None:
        """Change a record, and close it where that is said; raises StepFailedError."""
        outcome: Outcome = Stale()
        for _ in range(_TRIES):
            seen = await self.look(side, key)
            columns = self.mapper.wire(side, values, held=seen.values)
            change = Change(Ref(side, key), seen.etag, columns, close_as)
            (outcome,) = await self.world.replicas[side].update([change])
            if not isinstance(outcome, Stale):
                break
        _written(outcome)

    async def look(self, side: Side, key: str) -> Snapshot:
        """Give a record as it is now; raises StepFailedError where it is gone or cannot be read."""
        found = (await self.world.replicas[side].fetch([key]))[key]
        if not isinstance(found, Row):
            raise StepFailedError(f"{key} is not there")
        return self._snapshot(side, found)

    async def opportunities_of(self, referral: str) -> list[Snapshot]:
        """Give the CRM's records that carry a referral's id."""
        rows = await self.world.replicas[Side.DATAVERSE].find([referral], by="referral_id")
        return [self._snapshot(Side.DATAVERSE, row) for row in rows]

    async def until(self, what: str, look: Callable[[], Awaitable[T | None]]) -> tuple[T, float]:
        """Wait for something to be there, the sync going on; give it and the seconds it took."""
        began = time.monotonic()
        while True:
            await self.carry()
            found = await look()
            took = time.monotonic() - began
            if found is not None:
                return found, took
            if took > self.patience:
                raise StepFailedError(f"after {took:.0f} s still waiting for {what}")

    def _snapshot(self, side: Side, row: Row) -> Snapshot:
        (snapshot,) = self.mapper.snapshots(side, [row])
        if not isinstance(snapshot, Snapshot):
            raise StepFailedError(f"{row.key} cannot be read: {snapshot.reason}")
        return snapshot


def with_every_field_open(mapper: Mapper) -> TableMapper:
    """Give a mapper that writes what only people write: the flag, the wish for help, the customer."""
    if not isinstance(mapper, TableMapper):
        raise TypeError(mapper)
    columns = {
        side: {name: replace(column, writable=True) for name, column in held.items()}
        for side, held in mapper.columns.items()
    }
    return replace(mapper, columns=columns)


def _written(outcome: Outcome) -> Row:
    if isinstance(outcome, Written):
        return outcome.row
    raise StepFailedError(f"the write was answered with {outcome}")
