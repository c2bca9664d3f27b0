"""Which span of time each kind of run reads, and that a repeat finds the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import ConfigurationError
from cosell.core.record import Side, Window
from cosell.sync.windows import RunFacts, open_run
from sync_examples import DAY, DV, HOUR, MINUTE, NOW, PC, small_world

if TYPE_CHECKING:
    from cosell.sync.world import World

START, END = NOW - 5 * MINUTE, NOW - MINUTE
DUE = RunFacts("run-1", "cosell_sync", "scheduled", interval_start=START, interval_end=END)
BY_HAND = RunFacts("run-2", "cosell_sync", "manual")
BACKFILL = RunFacts("run-3", "cosell_backfill", "backfill", interval_start=NOW - 30 * DAY, interval_end=NOW)


def windows(world: World, facts: RunFacts) -> dict[Side, Window | None]:
    """Give the windows of a new run."""
    return dict(open_run(world, facts).windows)


def read_until(moment: datetime, **settings: object) -> World:
    """Give a world in which both sides were read up to then."""
    world = small_world(**settings)
    for side in Side:
        world.state.advance(side, moment)
    return world


def test_a_due_run_reads_from_the_watermark_to_its_interval_s_end() -> None:
    """The window begins before the watermark by the overlap, so that an outage loses nothing."""
    assert windows(read_until(NOW - HOUR), DUE) == dict.fromkeys(Side, Window(NOW - HOUR - 10 * MINUTE, END))
    wider = read_until(NOW - HOUR, overlap=timedelta(hours=2))
    assert windows(wider, DUE) == dict.fromkeys(Side, Window(NOW - 3 * HOUR, END))


def test_a_due_run_s_beginning_is_nobody_s_to_say() -> None:
    """A param left over on a scheduled run does not leave a gap behind the watermark."""
    assert windows(read_until(NOW - HOUR), replace(DUE, since=NOW - MINUTE))[PC] == Window(
        NOW - HOUR - 10 * MINUTE, END
    )


def test_each_side_has_a_watermark_of_its_own() -> None:
    """A side that was not read catches up alone."""
    world = small_world(start="everything")
    world.state.advance(PC, NOW - HOUR)
    assert windows(world, DUE) == {PC: Window(NOW - HOUR - 10 * MINUTE, END), DV: Window(None, END)}


@pytest.mark.parametrize(
    ("start", "since"),
    [
        ("everything", None),
        ("now", NOW - 10 * MINUTE),
        ("2026-01-31T00:00:00Z", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T00:00:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_the_first_run_begins_where_it_is_told(start: str, since: datetime | None) -> None:
    """Without a watermark the variable cosell_start decides; a time without a zone is UTC."""
    given = windows(small_world(start=start), DUE)
    assert given == dict.fromkeys(Side, Window(since, END))
    assert all(w is not None and (w.since is None or w.since.tzinfo is UTC) for w in given.values())


def test_a_watermark_counts_for_more_than_the_start() -> None:
    """The start is for the first run only."""
    since = windows(read_until(NOW - HOUR, start="everything"), DUE)[PC]
    assert since == Window(NOW - HOUR - 10 * MINUTE, END)


@pytest.mark.parametrize("start", [None, ""])
def test_a_first_run_that_is_not_told_where_to_begin_stops(start: str | None) -> None:
    """The CRM may hold another connector's deals: a person must say, and reads what can be said."""
    with pytest.raises(ConfigurationError, match=r"cosell_start is not set.* `now` or `everything`"):
        open_run(small_world(start=start), DUE)


@pytest.mark.parametrize("start", ["yesterday", "2026-13-01", "Everything", "0"])
def test_a_start_that_is_no_time_stops_the_run(start: str) -> None:
    """The value and what was expected are both named."""
    with pytest.raises(ConfigurationError, match=f"cosell_start is '{start}'; expected a time such as"):
        open_run(small_world(start=start), DUE)


def test_a_backfill_reads_exactly_its_interval_by_creation() -> None:
    """Our own writes do not move it, and no watermark or start is asked for."""
    expected = Window(NOW - 30 * DAY, NOW, by="created")
    assert windows(small_world(), BACKFILL) == dict.fromkeys(Side, expected)
    assert windows(read_until(NOW), replace(BACKFILL, since=NOW, referral_ids=("a",))) == dict.fromkeys(Side, expected)


def test_a_run_by_events_reads_no_window() -> None:
    """It fetches what was notified."""
    assert windows(small_world(), RunFacts("run-4", "cosell_events", "events")) == dict.fromkeys(Side, None)


def test_a_run_by_hand_reads_like_a_due_one_up_to_now() -> None:
    """Without a word from the person it begins at the watermark."""
    assert windows(read_until(NOW - HOUR), BY_HAND) == dict.fromkeys(Side, Window(NOW - HOUR - 10 * MINUTE, NOW))


def test_a_run_by_hand_reads_the_span_that_it_is_told() -> None:
    """Either end may be open: back to the beginning, up to now; the watermark plays no part."""
    world, day = read_until(NOW - HOUR), NOW - DAY
    said = [
        replace(BY_HAND, run_id=f"run-{n}", since=s, until=u) for n, (s, u) in enumerate([(day, None), (None, day)])
    ]
    assert windows(world, said[0]) == dict.fromkeys(Side, Window(day, NOW))
    assert windows(world, said[1]) == dict.fromkeys(Side, Window(None, day))
    both = replace(BY_HAND, since=day, until=NOW - HOUR)
    assert windows(world, both) == dict.fromkeys(Side, Window(day, NOW - HOUR))


def test_a_run_by_hand_for_named_referrals_reads_only_those() -> None:
    """Ids alone mean no window; with a time they are read besides."""
    named = replace(BY_HAND, referral_ids=("ref-1",))
    assert windows(small_world(), named) == dict.fromkeys(Side, None)
    timed = [replace(named, run_id="a", since=NOW - DAY), replace(named, run_id="b", until=NOW - DAY)]
    assert windows(small_world(), timed[0]) == dict.fromkeys(Side, Window(NOW - DAY, NOW))
    assert windows(small_world(), timed[1]) == dict.fromkeys(Side, Window(None, NOW - DAY))


def test_a_repeat_finds_the_run_as_it_was_first_stored() -> None:
    """Days later, with the watermark moved and no start set, any task of it reads the same windows."""
    world = read_until(NOW - HOUR)
    run = open_run(world, replace(DUE, dry_run=True, referral_ids=("ref-1",), since=START))
    assert (run.run_id, run.dag_id, run.kind, run.started) == ("run-1", "cosell_sync", "scheduled", NOW)
    assert (run.dry_run, run.referral_ids, run.finished) == (True, ("ref-1",), None)
    for side in Side:
        world.state.advance(side, NOW)
    assert open_run(world, DUE) == run


def test_a_repeat_asks_for_no_start_again() -> None:
    """The variable may be gone once the first run stands; what was not said of a run is not so."""
    world = small_world(start="everything")
    run = open_run(world, DUE)
    assert (run.dry_run, run.referral_ids) == (False, ())
    assert open_run(replace(world, settings=replace(world.settings, start=None)), DUE) == run


def test_a_run_id_belongs_to_one_dag() -> None:
    """A person may name a run by hand: the name of another DAG's run is refused, in words."""
    world = read_until(NOW)
    open_run(world, DUE)
    with pytest.raises(ConfigurationError, match="run id run-1 belongs to a run of cosell_sync"):
        open_run(world, replace(DUE, dag_id="cosell_backfill"))
