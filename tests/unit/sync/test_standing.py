"""Why a record stays unsettled: since when, when it comes back, and what its Audit column says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cosell.core.actions import Said
from cosell.core.record import Ref
from cosell.sync.ports import Remark, Unsettled
from cosell.sync.standing import mark_of, report_of, standing
from sync_examples import DAY, HOUR, MINUTE, NOW, PC

REF = Ref(PC, "ref-1")
ONE, TWO = Said("RULE-1", "Do this.", "notes"), Said("RULE-2", "Do that.", final=True)
OFTEN = ("conflict", "refused", "set_aside", "wait", "orphan")


@pytest.mark.parametrize("reason", OFTEN)
def test_a_record_comes_back_after_ten_minutes_an_hour_then_daily(reason: str) -> None:
    """The longer nothing happens, the rarer we look; since when it stands is kept."""
    entry, now, waits = None, NOW, []
    for _ in range(5):
        entry = standing(REF, reason, (ONE,), prior=entry, now=now)
        assert entry.due is not None
        waits.append(entry.due - now)
        now = entry.due
    assert waits == [10 * MINUTE, HOUR, DAY, DAY, DAY]
    assert entry is not None
    assert (entry.ref, entry.reason, entry.since, entry.tries) == (REF, reason, NOW, 4)


@pytest.mark.parametrize("reason", ["notified", "in_flight", "held"])
def test_what_concerns_nobody_but_us_comes_back_at_once(reason: str) -> None:
    """A notice, a write without an answer, another run's hold: the next pull fetches it, every time."""
    entry = standing(REF, reason, (), prior=None, now=NOW)
    assert entry.due == NOW
    assert standing(REF, reason, (), prior=entry, now=NOW + HOUR).due == NOW + HOUR


@pytest.mark.parametrize("reason", ["remarked", "paused"])
def test_a_mere_remark_does_not_come_back_by_itself(reason: str) -> None:
    """Only a change of a half brings it back."""
    entry = standing(REF, reason, (TWO,), prior=None, now=NOW)
    assert entry.due is None
    assert standing(REF, reason, (TWO,), prior=entry, now=NOW + DAY).due is None


def test_what_is_said_again_keeps_its_first_date() -> None:
    """The text of a refusal holds the first date, so that Audit is not written anew every run."""
    prior = standing(REF, "refused", (ONE,), prior=None, now=NOW)
    later = NOW + DAY
    entry = standing(REF, "refused", (TWO, ONE), prior=prior, now=later)
    assert entry.remarks == (
        Remark("RULE-2", "Do that.", later, final=True),
        Remark("RULE-1", "Do this.", NOW, final=False),
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("wait", (ONE,)),
        ("refused", (ONE, TWO)),
        ("refused", ()),
        ("refused", (Said("RULE-1", "Do this now."),)),
        ("refused", (Said("RULE-9", "Do this."),)),
    ],
)
def test_another_reason_or_sentence_starts_anew(reason: str, said: tuple[Said, ...]) -> None:
    """Somebody did something about it: look again soon, and count from now."""
    prior = Unsettled(REF, "refused", NOW, NOW + DAY, 5, (Remark("RULE-1", "Do this.", NOW),))
    entry = standing(REF, reason, said, prior=prior, now=NOW + DAY)
    assert (entry.since, entry.tries, entry.due) == (NOW + DAY, 0, NOW + DAY + 10 * MINUTE)


def test_the_same_sentences_in_another_order_are_the_same() -> None:
    """Order is no news."""
    prior = standing(REF, "refused", (ONE, TWO), prior=None, now=NOW)
    assert standing(REF, "refused", (TWO, ONE), prior=prior, now=NOW + HOUR).tries == 1


def test_entries_are_told_apart_by_what_stands() -> None:
    """A plan clears the entry that it saw, not one that took its place since."""
    entry = standing(REF, "wait", (ONE,), prior=None, now=NOW)
    others = [
        standing(REF, "conflict", (ONE,), prior=None, now=NOW),
        standing(REF, "wait", (ONE,), prior=None, now=NOW + timedelta(seconds=1)),
        standing(REF, "wait", (ONE,), prior=entry, now=NOW + HOUR),
    ]
    marks = {mark_of(each) for each in (entry, *others)}
    assert len(marks) == 4
    assert mark_of(standing(REF, "wait", (ONE,), prior=None, now=NOW)) == mark_of(entry)
    assert mark_of(None) is None


@pytest.mark.parametrize("reason", ["notified", "in_flight", "held"])
def test_our_own_reasons_say_nothing_to_a_seller(reason: str) -> None:
    """Audit, status and mark stay as they are while only we have something to do."""
    entry = standing(REF, reason, (), prior=None, now=NOW)
    assert report_of(entry, referral={"status": "open"}, marks=True) == {}


def test_audit_tells_since_when_what_and_which_rule() -> None:
    """One line a sentence: the first date, the sentence, the id to look up; no clock, no run."""
    prior = standing(REF, "refused", (ONE,), prior=None, now=NOW)
    entry = standing(REF, "refused", (ONE, TWO), prior=prior, now=NOW + DAY)
    assert report_of(entry, referral=None, marks=True) == {
        "audit": "2026-11-22: Do this. [RULE-1]\n2026-11-23: Do that. [RULE-2]",
        "sync_status": "Refused",
        "mark": "cross",
    }


def test_a_settled_record_says_so() -> None:
    """Nothing unsettled: in step, or waiting for the answer in Partner Center; without marks the name is left alone."""
    synced = report_of(None, referral={"status": "open"}, marks=True)
    assert (synced["sync_status"], synced["mark"]) == ("Synced", "check")
    assert report_of(None, referral=None, marks=True) == synced
    waiting = report_of(None, referral={"status": "new"}, marks=False)
    assert waiting["sync_status"] == "Waiting"
    assert "mark" not in waiting
