"""lots: the events of the inbox, carried some referrals at a time with the steps of any other run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.advance import advance
from cosell.sync.parallel import in_parallel
from cosell.sync.plan import PlanOptions, plan
from cosell.sync.pull import pull_tables
from cosell.sync.push import push
from cosell.sync.staged import PullFile
from cosell.sync.tables import for_each, main_of
from cosell.sync.taking import TAKEN, Taken, take
from cosell.sync.write_back import write_back

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from cosell.sync.ports import RunRecord
    from cosell.sync.ports.inbox import Inbox
    from cosell.sync.windows import RunFacts
    from cosell.sync.world import World

PC = Side.PARTNER_CENTER
REFERRALS = 200
"""Referrals of a lot: as many as a task carries in seconds, and holds leases on."""
MOST = 25
"""Lots of one run; what came meanwhile is left to the next."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What became of some events."""

    run_id: str
    """Under which its report and history are kept: that of the task's run, or with a number behind it."""
    carried: bool
    """False: noted only, since nobody said yet which deals are wanted."""
    report: Mapping[str, object]
    unreadable: Sequence[str] = ()
    """Names of files that are no events; they were put aside."""
    left: Sequence[str] = ()
    """Names of files that could not be read now; they lie where they lay."""
    unknown: Sequence[str] = ()
    """What Partner Center sent that its contract does not name."""

    @property
    def taken(self) -> dict[str, int]:
        """Give how many events were taken, and of how many referrals."""
        told = self.report.get(TAKEN)
        part = told if isinstance(told, dict) else {}
        return {"events": sum(part.get("events", {}).values()), "referrals": part.get("referrals", 0)}

    def as_json(self) -> dict[str, object]:
        """Give what is told of it: what was taken, planned and done."""
        return {name: part for name, part in self.report.items() if name not in {"clocks", "finished"}}

    def done(self) -> Counter[str]:
        """Give what became of the writes to both sides, by name."""
        pushes = [part for name, part in self.report.items() if name.startswith("push") and isinstance(part, dict)]
        return sum((Counter(part["counts"]) for part in pushes), Counter())


async def carry_inbox(worlds: Sequence[World], inbox: Inbox, facts: RunFacts) -> AsyncIterator[Lot]:
    """Carry all that lies in the inbox, lot by lot; a task that is done again finishes the lots that it had begun."""
    state, left = main_of(worlds).state, set[str]()
    for number in range(1, MOST + 1):
        own = replace(facts, run_id=facts.run_id if number == 1 else f"{facts.run_id}/{number}")
        run, taken = state.runs(own.run_id), Taken()
        if run is not None and run.finished:
            continue
        if run is None:
            found = await take(main_of(worlds), inbox, own, most=REFERRALS, without=left)
            if found is None:
                return
            run, taken = found
            left.update(taken.left)
        yield replace(await _carry(worlds, run), unreadable=taken.unreadable, left=taken.left)


async def _carry(worlds: Sequence[World], run: RunRecord) -> Lot:
    main, unknown = main_of(worlds), tuple[str, ...]()
    wanted = main.state.watermark(PC) is not None or bool(main.settings.start)
    carried = wanted and bool(run.referral_ids)
    if carried:
        pulled = await in_parallel(list(Side), lambda side: pull_tables(worlds, side, run))
        unknown = tuple(name for reports in pulled for report in reports.values() for name in report.unknown)
        _expect_unseen(worlds, run)
        await for_each(worlds, lambda world: plan(world, run, PlanOptions()))
        await in_parallel(list(Side), lambda side: for_each(worlds, lambda world: push(world, side, run)))
        await for_each(worlds, lambda world: write_back(world, run))
    done = await advance(main, run)
    return Lot(run.run_id, wanted, done.report, unknown=unknown)


def _expect_unseen(worlds: Sequence[World], run: RunRecord) -> None:
    """Have the engagements read that may have changed, where an event's referral is not ours to see."""
    state = main_of(worlds).state
    lines = (line for world in worlds for line in PullFile(world.staging, PC).lines())
    gone = {Ref(PC, str(line["key"])) for line in lines if line.get("gone")}
    unseen = gone - state.bindings(gone).keys()
    if unseen:
        due = state.expect_engagements(run.started)
        state.report(run.run_id, "unseen", {"referrals": len(unseen), "engagements_due": due})
