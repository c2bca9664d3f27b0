"""Why a record stays unsettled: since when, when it comes back, and what its Audit column says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from cosell.core.actions import PairPlan, Said
from cosell.core.choice import Choice
from cosell.core.record import Ref
from cosell.sync.ports import Remark, Unsettled
from cosell.sync.standing import mark_of, report_of, standing, with_lasting
from cosell.sync.world import Settings
from sync_examples import DAY, HOUR, MINUTE, NOW, PC

if TYPE_CHECKING:
    from cosell.core.record import Value

REF = Ref(PC, "ref-1")
ONE, TWO = Said("RULE-1", "Do this.", "notes"), Said("RULE-2", "Do that.", final=True)
OFTEN = ("conflict", "refused", "set_aside", "wait", "orphan")


def shown(
    entry: Unsettled | None = None,
    *,
    referral: dict[str, Value] | None = None,
    row: dict[str, Value] | None = None,
    settings: Settings | None = None,
) -> dict[str, Value]:
    """Give what a record's own columns should show."""
    return report_of(entry, referral=referral, row=row or {}, settings=settings or Settings(), now=NOW)


def test_what_a_person_decided_stays_until_it_is_carried_out() -> None:
    """A refusal, a lost answer or a pause in between costs time, not the decision."""
    chosen = (Choice("notes", PC, {}, {}),)
    prior = replace(standing(REF, "conflict", (ONE,), prior=None, now=NOW), choices=chosen)
    for reason in ("refused", "in_flight", "side_paused"):
        assert standing(REF, reason, (TWO,), prior=prior, now=NOW + HOUR).choices == chosen


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


@pytest.mark.parametrize("reason", ["remarked", "paused", "side_paused"])
def test_a_mere_remark_does_not_come_back_by_itself(reason: str) -> None:
    """Only a change of a half brings it back."""
    entry = standing(REF, reason, (TWO,), prior=None, now=NOW)
    assert entry.due is None
    assert standing(REF, reason, (TWO,), prior=entry, now=NOW + DAY).due is None


def test_what_was_put_right_is_read_for_a_day() -> None:
    """A hidden deal is visible again at once: without a sentence that stays for a while nobody would know why."""
    put_right = Said("VISIBLE-1", "It was set to visible again.", "visibility", final=True)
    entry = standing(REF, "remarked", (put_right,), prior=None, now=NOW)
    assert entry.due == NOW + DAY
    in_step = PairPlan(snapshots={})
    later = with_lasting(in_step, entry, NOW + HOUR)
    assert (later.reason, [each.code for each in later.said]) == ("remarked", ["VISIBLE-1"])
    assert standing(REF, "remarked", later.said, prior=entry, now=NOW + HOUR) is entry
    beside = with_lasting(replace(in_step, reason="remarked", said=(TWO,)), entry, NOW + HOUR)
    assert [each.code for each in beside.said] == ["RULE-2", "VISIBLE-1"]
    assert with_lasting(in_step, entry, NOW + DAY) is in_step
    assert with_lasting(in_step, None, NOW) is in_step
    graver = replace(in_step, reason="conflict")
    assert with_lasting(graver, entry, NOW + HOUR) is graver


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
        replace(entry, choices=(Choice("notes", PC, {}, {}),)),
    ]
    marks = {mark_of(each) for each in (entry, *others)}
    assert len(marks) == 5
    assert mark_of(standing(REF, "wait", (ONE,), prior=None, now=NOW)) == mark_of(entry)
    assert mark_of(None) is None


@pytest.mark.parametrize("reason", ["notified", "in_flight", "held"])
def test_our_own_reasons_say_nothing_to_a_seller(reason: str) -> None:
    """Audit, status and mark stay as they are while only we have something to do."""
    entry = standing(REF, reason, (), prior=None, now=NOW)
    assert shown(entry, referral={"status": "open"}) == {}


def test_audit_tells_since_when_what_and_which_rule() -> None:
    """One line a sentence: the first date, the sentence, the id to look up; no clock, no run."""
    prior = standing(REF, "refused", (ONE,), prior=None, now=NOW)
    entry = standing(REF, "refused", (ONE, TWO), prior=prior, now=NOW + DAY)
    assert shown(entry) == {
        "audit": "2026-11-22: Do this. [RULE-1]\n2026-11-23: Do that. [RULE-2]",
        "sync_status": "Refused",
        "mark": "cross",
    }


def test_a_settled_record_says_so() -> None:
    """Nothing unsettled: in step, or waiting for the answer in Partner Center; without marks the name is left alone."""
    synced = shown(referral={"status": "open"})
    assert (synced["sync_status"], synced["mark"]) == ("Synced", "check")
    assert shown() == synced
    waiting = shown(referral={"status": "new"}, settings=Settings(marks=False))
    assert waiting["sync_status"] == "Waiting"
    assert "mark" not in waiting


OPEN: dict[str, Value] = {"status": "open"}
LATE: dict[str, Value] = {"status": "open", "close_date": date(2026, 11, 1)}
LATE_LINE = (
    "2026-11-02: The estimated close date 2026-11-01 is in the past. Enter the date that you expect now. [CLOSE-DATE-2]"
)


def test_an_open_deal_says_that_its_close_date_has_passed() -> None:
    """BR-21: time alone brings it about; the date is the day after, so that every run writes the same."""
    told = shown(referral=OPEN, row=LATE)
    assert (told["audit"], told["sync_status"], told["mark"]) == (LATE_LINE, "Synced", "check")
    refused = standing(REF, "refused", (ONE,), prior=None, now=NOW)
    audit = str(shown(refused, referral=OPEN, row=LATE)["audit"])
    assert audit.split("\n") == ["2026-11-22: Do this. [RULE-1]", LATE_LINE]


@pytest.mark.parametrize(
    ("referral", "row", "reason"),
    [
        (OPEN, {**LATE, "close_date": NOW.date()}, None),
        (OPEN, {**LATE, "close_date": None}, None),
        (OPEN, {**LATE, "status": "won"}, None),
        (OPEN, {**LATE, "status": "qualified"}, None),
        ({"status": "won"}, LATE, None),
        ({"status": "new"}, LATE, None),
        (None, LATE, None),
        (OPEN, LATE, "paused"),
        (OPEN, LATE, "orphan"),
    ],
)
def test_where_nothing_is_to_be_done_about_the_date_it_is_not_told(
    referral: dict[str, Value] | None, row: dict[str, Value], reason: str | None
) -> None:
    """Today is not past; what is closed, unanswered, unbound, paused or gone has other sorrows, or none."""
    entry = standing(REF, reason, (ONE,), prior=None, now=NOW) if reason else None
    assert "CLOSE-DATE-2" not in str(shown(entry, referral=referral, row=row)["audit"])


def test_the_warning_of_a_past_date_can_be_switched_off_and_is_never_said_twice() -> None:
    """The severity is a setting; where the rule refuses an edit of the date, that is the same sentence."""
    off = Settings(severities={"CLOSE-DATE-2": "off"})
    assert shown(referral=OPEN, row=LATE, settings=off)["audit"] == "In step with Partner Center."
    sentence = LATE_LINE[len("2026-11-02: ") : -len(" [CLOSE-DATE-2]")]
    refused = standing(REF, "refused", (Said("CLOSE-DATE-2", sentence),), prior=None, now=NOW)
    assert str(shown(refused, referral=OPEN, row=LATE)["audit"]).count("CLOSE-DATE-2") == 1


def test_states_of_which_nobody_knows_the_right_one_wear_no_check_mark() -> None:
    """A person must set one of them; the record is not read again and again for it, since only an edit can help."""
    apart = standing(REF, "remarked", (Said("STATE-1", "Set one of them.", "status", final=True),), prior=None, now=NOW)
    told = shown(apart, referral={"status": "won"})
    assert (told["sync_status"], told["mark"], apart.due) == ("Conflict", "cross", None)
