"""A registered address is believed when a test event has come by it: in our inbox, and told by Partner Center."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cosell.core.trial import MOST_ATTEMPTS, Attempt, judge

TAKEN, DOWN, FORGED = Attempt(answer="Accepted"), Attempt(answer="ServiceUnavailable"), Attempt(answer="Unauthorized")
EARLY, LATE, PATIENCE = timedelta(seconds=5), timedelta(minutes=11), timedelta(minutes=10)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("OK", 200),
        ("Accepted", 202),
        ("202", 202),
        ("Unauthorized", 401),
        ("NotFound", 404),
        ("RequestEntityTooLarge", 413),
        ("ServiceUnavailable", 503),
        ("service_unavailable", 503),
        ("0", None),
        ("", None),
        ("ConnectFailure", None),
    ],
)
def test_an_answer_is_read_as_a_word_or_a_number(answer: str, status: int | None) -> None:
    """Samples show the words of .NET; anything else is no answer."""
    assert Attempt(answer=answer).status == status


@pytest.mark.parametrize(
    ("arrived", "attempts", "waited", "ended", "works", "said"),
    [
        (True, [TAKEN], EARLY, True, True, "has arrived in our inbox, and Partner Center says so"),
        (True, [DOWN, TAKEN], LATE, True, True, "has arrived in our inbox"),
        (False, [], EARLY, False, False, "no test event in our inbox yet; Partner Center tells of 0 tries."),
        (True, [], EARLY, False, False, "has arrived in our inbox; Partner Center tells of 0 tries."),
        (
            False,
            [TAKEN],
            EARLY,
            False,
            False,
            "in our inbox yet; Partner Center tells of 1 try, the last",
        ),
        (False, [DOWN], EARLY, False, False, "1 try, the last answered ServiceUnavailable"),
        (False, [FORGED], EARLY, True, False, "look at COSELL_WEBHOOK_TRUST"),
        (False, [Attempt(answer="NotFound")], EARLY, True, False, "let the proxy forward POST"),
        (False, [Attempt(answer="Redirect")], EARLY, True, False, "the proxy before it"),
        (False, [Attempt(answer="413")], EARLY, True, False, "allow 16 KB"),
        (False, [DOWN] * MOST_ATTEMPTS, EARLY, True, False, "(10 tries): ServiceUnavailable. The receiver had no"),
        (False, [Attempt(answer="")] * 2, LATE, True, False, "(2 tries): no answer. No receiver answered"),
        (True, [], LATE, True, False, "after 660 s Partner Center does not tell that it was delivered"),
        (False, [TAKEN], LATE, True, False, "its COSELL_INBOX is not the one of Airflow"),
        (False, [], LATE, True, False, "has not tried to deliver the test event after 660 s"),
    ],
)
def test_the_trial_ends_where_waiting_helps_no_more(  # noqa: PLR0913 - a row of the table
    *, arrived: bool, attempts: list[Attempt], waited: timedelta, ended: bool, works: bool, said: str
) -> None:
    """Both must say so; what the receiver will always answer so, or ten tries, ends it at once."""
    verdict = judge(arrived=arrived, attempts=attempts, waited=waited, patience=PATIENCE)
    assert (verdict.ended, verdict.works) == (ended, works)
    assert said in verdict.sentence


def test_what_came_from_outside_is_cut_and_escaped() -> None:
    """The text of an answer goes into a log."""
    told = judge(
        arrived=False,
        attempts=[Attempt(answer="Unauthorized", message="\x1b[2J" + "x" * 999)],
        waited=EARLY,
        patience=PATIENCE,
    ).sentence
    assert "\x1b" not in told
    assert len(told) < 700
