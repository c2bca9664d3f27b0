"""What every SyncState keeps of engagements: when Microsoft's part of each was read, and which are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.sync.ports import EngagementRead, Settlement

if TYPE_CHECKING:
    from conftest import Example
    from cosell.adapters.state import SqlState


def known(example: Example, name: str, *, minutes: float | None, watched: bool = True) -> Settlement:
    """Give a settlement that says when an engagement was read."""
    read = None if minutes is None else example.at(minutes)
    return Settlement(engagement=EngagementRead(name, f"referral of {name}", None, read, watched=watched))


def test_the_longest_unread_come_first(state: SqlState, example: Example) -> None:
    """Never read comes before all; what is not watched, or was read since, never comes."""
    reads = [known(example, "late", minutes=-61), known(example, "early", minutes=-90)]
    closed = known(example, "closed", minutes=-90, watched=False)
    state.settle([*reads, closed, known(example, "fresh", minutes=-59), known(example, "never", minutes=None)])
    assert state.engagements_due(example.at(-60), limit=10) == ["never", "early", "late"]
    assert state.engagements_due(example.at(-60), limit=2) == ["never", "early"]


def test_one_that_cannot_be_read_waits_like_any_other(state: SqlState, example: Example) -> None:
    """What is put off counts as asked for then; what nobody knows is not made known by it."""
    state.settle([known(example, "refused", minutes=None), known(example, "early", minutes=-90)])
    state.put_off_engagements(["refused", "unheard"], example.at(0))
    assert state.engagements_due(example.at(-60), limit=10) == ["early"]
    assert state.engagements_due(example.at(0), limit=10) == ["early", "refused"]


def test_the_last_word_on_an_engagement_counts(state: SqlState, example: Example) -> None:
    """Within one settling and after it: a read engagement is due again only in its time, and no more once it ended."""
    state.settle([known(example, "deal", minutes=None), known(example, "deal", minutes=0)])
    assert state.engagements_due(example.at(-1), limit=10) == []
    assert state.engagements_due(example.at(0), limit=10) == ["deal"]
    state.settle([known(example, "deal", minutes=5, watched=False)])
    assert state.engagements_due(example.at(600), limit=10) == []


def test_what_may_have_moved_is_read_again_at_once(state: SqlState, example: Example) -> None:
    """Of those that are watched, each that was last read before then; they are counted."""
    state.settle([known(example, "before", minutes=-5), known(example, "since", minutes=5)])
    state.settle([known(example, "over", minutes=-5, watched=False), known(example, "never", minutes=None)])
    assert state.expect_engagements(example.at(0)) == 1
    assert state.engagements_due(example.at(-60), limit=10) == ["before", "never"]


def test_microsofts_referral_leads_to_ours(state: SqlState, example: Example) -> None:
    """In whatever case its id is asked; one that was never met leads nowhere."""
    for name in ("one", "two"):
        part = f"M-{name}".upper()
        state.settle(
            [Settlement(engagement=EngagementRead(name, f"ours of {name}", part, example.at(0), watched=True))]
        )
    assert state.beside(["m-one", "M-TWO", "m-three"]) == {"m-one": "ours of one", "M-TWO": "ours of two"}
    assert state.beside([]) == {}
