"""Carries what Partner Center told of, with all steps in one task: seven tasks would wait longer than they work."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from cosell.core.errors import ServiceUnavailableError
from cosell.operators.base import CosellOperator
from cosell.operators.counts import counts_of
from cosell.operators.telling import alarming

if TYPE_CHECKING:
    from airflow.sdk import Context

    from cosell.sync.lots import Lot


class CarryEventsOperator(CosellOperator):
    """Takes everything in the inbox, and carries just the referrals that it is about.

    An error that a person must mend is tried again like any other: the next run begins at once and would meet it again,
    and the delay between tries is what keeps that from going round thousands of times a day.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Carry lot after lot; give what was done, in numbers."""
        with alarming(self.environment):
            lots = asyncio.run(self._carry(context))
        taken = [lot.taken for lot in lots]
        return {
            "lots": len(lots),
            "events": sum(each.get("events", 0) for each in taken),
            "referrals": sum(each.get("referrals", 0) for each in taken),
            "done": dict(sum((lot.done() for lot in lots), Counter())),
        }

    async def _carry(self, context: Context) -> list[Lot]:
        from cosell.adapters.inbox import StoredInbox
        from cosell.hooks.inbox import inbox_place
        from cosell.hooks.world import open_worlds
        from cosell.sync.lots import carry_inbox
        from cosell.sync.windows import RunFacts

        run, lots = context["dag_run"], []
        facts = RunFacts(run_id=run.run_id, dag_id=run.dag_id, kind="events")
        async with open_worlds(self.environment, run_id=run.run_id) as worlds:
            async for lot in carry_inbox(worlds, StoredInbox(inbox_place(environment=self.environment)), facts):
                self._tell(lot)
                lots.append(lot)
        if left := [name for lot in lots for name in lot.left]:
            raise ServiceUnavailableError(f"{len(left)} files of the inbox cannot be read now, such as {left[0]}")
        return lots

    def _tell(self, lot: Lot) -> None:
        self.log.info("carry %s: %s", lot.run_id, counts_of(lot))
        for name in lot.unreadable:
            self.log.warning("take: %s is no event; it was put aside, into `unreadable` beside `events`", name)
        if lot.unknown:
            self.log.warning("Partner Center sent what its contract does not name; it is kept: %s", lot.unknown)
        if not lot.carried:
            self.log.warning(
                "take: noted only; %s has not read Partner Center yet, its first run carries them",
                self.environment.own("cosell_sync"),
            )
