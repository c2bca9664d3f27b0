"""Leases of one run: a record is held by one run at a time, from plan to the last write."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World


class Leases:
    """Takes leases for a run; a dry run holds nothing."""

    def __init__(self, world: World, run: RunRecord) -> None:
        self._world, self._run = world, run
        self._renewed: datetime | None = None

    def take(self, groups: Sequence[Collection[str]]) -> list[bool]:
        """Take each group of ids whole or not at all; tell which were taken."""
        if self._run.dry_run:
            return [True] * len(groups)
        now = self._world.clock()
        until = now + self._world.settings.lease
        return self._world.state.take_leases(groups, run_id=self._run.run_id, now=now, until=until)

    def renew(self) -> None:
        """Hold on to everything that the run holds, unless that was done a moment ago."""
        now, lease = self._world.clock(), self._world.settings.lease
        if self._renewed is None or now - self._renewed > lease / 5:
            self._world.state.renew_leases(self._run.run_id, until=now + lease)
            self._renewed = now
