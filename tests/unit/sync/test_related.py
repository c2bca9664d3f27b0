"""Which engagements a pull reads for Microsoft's part, told by the kind of run and by what is remembered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Ref, Row, Snapshot
from cosell.sync.ports import PART, EngagementRead, Gone, HalfChange, Settlement, Unsettled
from cosell.sync.related import Related, engagement_read
from sync_examples import MINUTE, NOW, PC, a_run, small_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cosell.core.record import Value
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

THEIRS = {"id": "theirs"}


@dataclass
class Noted:
    """Engagements that note who asks; engagement `e-x` holds our referral `x`."""

    asked: list[str] = field(default_factory=list)
    lost: frozenset[str] = frozenset()

    def shared(self, row: Row) -> str | None:
        """Give the engagement of a shared deal."""
        return f"e-{row.key}" if row.payload.get("type") == "Shared" else None

    async def read(self, engagement_ids: Sequence[str]) -> dict[str, Row]:
        """Give our referral with Microsoft's."""
        self.asked.extend(engagement_ids)
        found = [each for each in engagement_ids if each not in self.lost]
        return {each: deal(each.removeprefix("e-"), **{PART: THEIRS}) for each in found}

    async def invite(self, invitations: object) -> Any:  # noqa: ANN401 - never called
        """Refuse: a pull writes nothing."""
        raise NotImplementedError(invitations)


def deal(key: str, etag: str = "1", **payload: Any) -> Row:  # noqa: ANN401 - members of a referral
    """Give our referral, shared unless said otherwise."""
    return Row(PC, key, etag, {"type": "Shared", **payload})


def a_world(engagements: Noted | None) -> World:
    """Give a world whose state knows nothing yet."""
    return replace(small_world(), engagements=engagements)


def known(world: World, key: str, *, minutes: float | None, watched: bool = True, **values: Value) -> None:
    """Let the state remember a deal, and when its engagement was read."""
    read = None if minutes is None else NOW - minutes * MINUTE
    settled = Settlement(
        halves=(HalfChange(Ref(PC, key), etag="1", values={"engagement_identifier": f"e-{key}", **values}),),
        engagement=EngagementRead(f"e-{key}", key, "theirs", read, watched=watched),
    )
    world.state.settle([settled])


def pulled(world: World, *rows: Row, run: RunRecord | None = None) -> tuple[dict[str, object], int]:
    """Give Microsoft's part of every referral that a pull of one page stages (...: nobody looked), and the reads."""

    async def pages() -> AsyncIterator[list[tuple[str, Row | Gone]]]:
        yield [(row.key, row) for row in rows]

    async def gather() -> tuple[dict[str, object], int]:
        related = Related(world, run or a_run())
        found = {key: row async for page in related.beside(pages()) for key, row in page}
        parts = {key: row.payload.get(PART, ...) for key, row in found.items() if isinstance(row, Row)}
        return parts, related.reads

    return asyncio.run(gather())


def test_new_and_changed_deals_are_read_once() -> None:
    """One that memory knows with its part, and that has not changed since, is left; so is a private one."""
    engagements = Noted()
    world = a_world(engagements)
    known(world, "quiet", minutes=1, microsoft_referral="theirs")
    known(world, "changed", minutes=1, microsoft_referral="theirs")
    known(world, "unlooked", minutes=1)
    rows = [
        deal("quiet"),
        deal("changed", "2"),
        deal("unlooked"),
        deal("new"),
        deal("new", "2"),
        deal("alone", type=""),
    ]
    parts, reads = pulled(world, *rows)
    assert parts == {"quiet": ..., "changed": THEIRS, "unlooked": THEIRS, "new": THEIRS, "alone": ...}
    assert sorted(engagements.asked) == ["e-changed", "e-new", "e-unlooked"]
    assert reads == 3


def test_a_deal_that_microsoft_may_see_is_looked_at_when_somebody_changed_it() -> None:
    """Asked for help in the portal, a referral may stay of its own; our own writes, and private deals, cost nothing."""
    engagements = Noted()
    world = a_world(engagements)
    for key in ("changed", "ours", "private"):
        known(world, key, minutes=1, watched=False)
    rows = [
        deal("changed", "2", type="", visibility=True),
        deal("ours", type="", visibility=True),
        deal("private", "2", type=""),
        deal("new", "2", type="", visibility=True),
    ]
    assert pulled(world, *rows) == ({"changed": THEIRS, "ours": ..., "private": ..., "new": ...}, 1)
    assert engagements.asked == ["e-changed"]


def test_watched_deals_are_read_hourly_also_where_nothing_else_met_them() -> None:
    """What is met in the window too is staged once, with its part."""
    world = a_world(Noted())
    known(world, "due", minutes=60, microsoft_referral="theirs")
    known(world, "met", minutes=90, microsoft_referral="theirs")
    known(world, "early", minutes=59, microsoft_referral="theirs")
    known(world, "over", minutes=600, watched=False, microsoft_referral="theirs")
    assert pulled(world, deal("met"), deal("early")) == ({"met": THEIRS, "early": ..., "due": THEIRS}, 2)


@pytest.mark.parametrize(("dry_run", "again"), [(False, 0), (True, 1)])
def test_one_that_cannot_be_read_is_asked_for_hourly_too(dry_run: bool, again: int) -> None:
    """Where the list is refused or shows none of ours, the next run does not ask at once; a dry run leaves no trace."""
    world = a_world(Noted(lost=frozenset({"e-refused"})))
    known(world, "refused", minutes=None)
    assert pulled(world, run=replace(a_run(), dry_run=dry_run)) == ({}, 1)
    assert pulled(world)[1] == again


@pytest.mark.parametrize(
    ("run", "reads"),
    [
        (a_run("scheduled"), 1),
        (a_run("manual"), 1),
        (a_run("manual", referral_ids=("other",)), 0),
        (a_run("backfill"), 0),
        (a_run("events"), 0),
        (a_run("reconcile"), 2),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_who_reads_what_is_due(run: RunRecord, reads: int) -> None:
    """Runs for chosen records and for the past leave it; the sweep reads all that is watched."""
    world = a_world(Noted())
    known(world, "due", minutes=61, microsoft_referral="theirs")
    known(world, "fresh", minutes=1, microsoft_referral="theirs")
    assert pulled(world, run=run)[1] == reads


def test_what_somebody_asks_for_is_read_at_once() -> None:
    """A notification of Microsoft's moves nothing of ours, and neither does a person who names a referral."""
    world = a_world(Noted())
    for key in ("told", "named", "neither"):
        known(world, key, minutes=1, microsoft_referral="theirs")
    world.state.settle([Settlement(unsettled=Unsettled(Ref(PC, "told"), "notified", NOW, NOW))])
    run = a_run("manual", referral_ids=("named",))
    assert pulled(world, deal("told"), deal("named"), deal("neither"), run=run)[0] == {
        "told": THEIRS,
        "named": THEIRS,
        "neither": ...,
    }


def test_a_deal_that_became_cosell_is_known_by_microsofts_part() -> None:
    """Our referral stays of the kind it was created as; that Microsoft has a part in it is remembered."""
    world = a_world(Noted())
    known(world, "upgraded", minutes=1, microsoft_referral="theirs")
    known(world, "private", minutes=1, microsoft_referral=None)
    rows = [deal("upgraded", "2", type="Independent"), deal("private", "2", type="Independent")]
    assert pulled(world, *rows)[0] == {"upgraded": THEIRS, "private": ...}


def test_what_cannot_be_read_now_is_left_as_it_is() -> None:
    """Nobody looked, so memory stands."""
    engagements = Noted(lost=frozenset({"e-lost"}))
    assert pulled(a_world(engagements), deal("lost"), deal("found"))[0] == {"lost": ..., "found": THEIRS}
    assert pulled(a_world(None), deal("any"))[0] == {"any": ...}


@pytest.mark.parametrize(
    ("values", "looked", "expected"),
    [
        ({"microsoft_referral": "theirs", "microsoft_status": "Pending"}, True, ("theirs", NOW, True)),
        ({"microsoft_referral": "theirs", "microsoft_status": "Declined"}, True, ("theirs", NOW, False)),
        ({"microsoft_referral": None}, True, (None, NOW, False)),
        ({}, False, (None, None, True)),
        ({"microsoft_referral": None}, False, None),
        ({"type": "Independent"}, False, None),
        ({"engagement_identifier": None}, True, None),
    ],
    ids=str,
)
def test_what_is_noted_of_an_engagement(values: dict[str, Value], looked: bool, expected: object) -> None:
    """When it was read and whether it goes on; a shared deal that nobody looked at yet is due at once."""
    whole = {"engagement_identifier": "e-1", "type": "Shared", "status": "open", **values}
    told = engagement_read(Snapshot(PC, "1", "p1", whole), looked=looked, now=NOW)
    assert expected == (told and (told.microsoft_id, told.read, told.watched))
    assert engagement_read(Snapshot(PC, "1", "p1", whole, remembered=True), looked=looked, now=NOW) is None
