"""take: what lies in the inbox becomes a lot of referrals to look at, noted in memory before a file of it goes."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.arrivals import note_arrivals
from cosell.sync.parallel import in_parallel
from cosell.sync.ports.inbox import OURS, RELATED, VALIDATION, Landed, Notice, UnreadableNoticeError
from cosell.sync.standing import look_now
from cosell.sync.windows import open_run

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from cosell.sync.ports import RunRecord
    from cosell.sync.ports.inbox import Inbox
    from cosell.sync.windows import RunFacts
    from cosell.sync.world import World

PC = Side.PARTNER_CENTER
TAKEN = "inbox"
"""The part of a run's report that tells what was taken."""


@dataclass(slots=True)
class Taken:
    """What was taken out of the inbox at a time."""

    notices: list[tuple[str, Notice]] = field(default_factory=list)
    """With the name of each one's file."""
    unreadable: list[str] = field(default_factory=list)
    """Files that are no notices; they were put aside."""
    left: list[str] = field(default_factory=list)
    """Files that the storage did not let us read now; they lie where they lay."""
    hidden: list[str] = field(default_factory=list)
    """Referrals that lead to none of ours."""

    def as_json(self, referrals: int, *, now: datetime) -> dict[str, object]:
        """Give the report as plain JSON."""
        waited = sorted((now - notice.received).total_seconds() for _, notice in self.notices)
        told: dict[str, object] = {
            "events": dict(Counter(notice.event for _, notice in self.notices)),
            "referrals": referrals,
            "validation": [notice.subject for _, notice in self.notices if notice.event == VALIDATION],
            "hidden": len(self.hidden),
            "unreadable": self.unreadable,
            "left": len(self.left),
        }
        return told | ({"waited_seconds": {"p50": _at(waited, 50), "p95": _at(waited, 95)}} if waited else {})


async def take(
    world: World, inbox: Inbox, facts: RunFacts, *, most: int, without: Collection[str]
) -> tuple[RunRecord, Taken] | None:
    """Take the events of so many referrals; give the run that is to carry them, or None where nothing is to be taken.

    They are noted before their files are removed: whoever dies in between leaves files, and at most reads once more.
    """
    landed = [each for each in await asyncio.to_thread(inbox.landed) if each.name not in without]
    chosen = _chosen(landed, most)
    if not chosen:
        return None
    taken = await _read(inbox, chosen)
    wanted = await _ours(world, taken)
    run, now = open_run(world, replace(facts, referral_ids=tuple(wanted))), world.clock()
    refs = [Ref(PC, each) for each in wanted]
    world.state.settle(list(look_now(refs, known=world.state.unsettled(refs), now=now)))
    received = {notice.subject: notice.received for _, notice in taken.notices if notice.event == VALIDATION}
    note_arrivals(world.state, received)
    if taken.hidden:
        world.state.expect_engagements(now)
    world.state.report(run.run_id, TAKEN, taken.as_json(len(wanted), now=now))
    await in_parallel([name for name, _ in taken.notices], lambda name: asyncio.to_thread(inbox.remove, name))
    return run, taken


def _chosen(landed: Sequence[Landed], most: int) -> list[Landed]:
    """Give all files of the first subjects: a burst about one referral is one reading of it."""
    subjects = set(list(dict.fromkeys(each.subject for each in landed))[:most])
    return [each for each in landed if each.subject in subjects]


async def _read(inbox: Inbox, chosen: Sequence[Landed]) -> Taken:
    taken = Taken()

    async def one(landed: Landed) -> None:
        try:
            notice = await asyncio.to_thread(_read_or_put_aside, inbox, landed.name)
        except OSError:
            taken.left.append(landed.name)
        except UnreadableNoticeError:
            taken.unreadable.append(landed.name)
        else:
            taken.notices += [(landed.name, notice)] if notice else []

    await in_parallel(chosen, one)
    return taken


def _read_or_put_aside(inbox: Inbox, name: str) -> Notice | None:
    try:
        return inbox.read(name)
    except UnreadableNoticeError:
        inbox.put_aside(name)
        raise


async def _ours(world: World, taken: Taken) -> list[str]:
    """Give the referrals of ours that the events are about; those of others lead to ours by the engagement."""
    own = _subjects(taken, OURS)
    others = _subjects(taken, RELATED) - own
    known = world.state.beside(others)
    rest = sorted(others - known.keys())
    found = await world.engagements.ours_beside(rest) if world.engagements and rest else {}
    taken.hidden.extend(each for each in rest if each not in found)
    return sorted({*own, *known.values(), *found.values()})


def _subjects(taken: Taken, events: Collection[str]) -> set[str]:
    return {notice.subject for _, notice in taken.notices if notice.event in events}


def _at(ordered: Sequence[float], percent: int) -> float:
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)
