"""The trial of a registered address: what is known of the test event's way, and what follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

MOST_ATTEMPTS: Final = 10
"""So often Partner Center tries; then never again."""
_LONGEST = 200
_PASSING = {408, 425, 429}
_OTHER_WORDS = {"requestentitytoolarge": 413, "redirect": 302, "moved": 301, "unused": 306}
_WORDS = {re.sub("[^a-z]", "", status.name.lower()): int(status) for status in HTTPStatus} | _OTHER_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of Partner Center's to deliver the test event, as it tells of it."""

    answer: str
    """What our side answered: the word for a status, or its number."""
    message: str = ""
    at: datetime | None = None

    @property
    def status(self) -> int | None:
        """Give the status; None where no answer came, or one that has no number."""
        word = re.sub("[^a-z0-9]", "", self.answer.lower())
        return _WORDS.get(word) if not word.isdigit() else int(word) or None

    @property
    def delivered(self) -> bool:
        """Tell whether our side took it."""
        status = self.status
        return status is not None and 200 <= status < 300  # noqa: PLR2004 - the class of statuses

    @property
    def in_vain(self) -> bool:
        """Tell whether our side will say the same to every further try."""
        status = self.status
        return status is not None and 300 <= status < 500 and status not in _PASSING  # noqa: PLR2004 - classes

    def __str__(self) -> str:
        """Give what was answered, cut and escaped: it comes from outside."""
        told = f"{self.answer} {self.message}".strip() or "no answer"
        return ascii(told[:_LONGEST])[1:-1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the trial has come to, in a sentence."""

    sentence: str
    ended: bool = False
    works: bool = False


def judge(*, arrived: bool, attempts: Sequence[Attempt], waited: timedelta, patience: timedelta) -> Verdict:
    """Give what is known now: it works, it does not, or it is to be waited for."""
    delivered = any(attempt.delivered for attempt in attempts)
    if arrived and delivered:
        return Verdict("The test event has arrived in our inbox, and Partner Center says so.", ended=True, works=True)
    if not delivered and attempts and (attempts[-1].in_vain or len(attempts) >= MOST_ATTEMPTS):
        return Verdict(_refused(attempts), ended=True)
    if waited < patience:
        return Verdict(_so_far(arrived=arrived, attempts=attempts))
    return Verdict(_too_late(arrived=arrived, attempts=attempts, waited=waited), ended=True)


def _refused(attempts: Sequence[Attempt]) -> str:
    last = attempts[-1]
    return f"Partner Center could not deliver the test event ({_tries(attempts)}): {last}. {_what_to_do(last.status)}"


def _what_to_do(status: int | None) -> str:
    match status:
        case 401:
            return (
                "The receiver took the signature for a wrong one: its log says why; look at COSELL_WEBHOOK_TRUST and "
                "COSELL_WEBHOOK_CERTIFICATES, and whether the proxy hands on body and headers as they are."
            )
        case 403 | 404 | 405:
            return "The address answers, but no receiver does: let the proxy forward POST of this path to it."
        case 413:
            return "Something before the receiver takes no body of this size: allow 16 KB."
        case 503:
            return "The receiver had no certificate or no inbox at that time: its log says which."
        case None:
            return "No receiver answered: can the address be reached from outside, with a valid certificate?"
        case _:
            return "Look at the receiver's log, and at the proxy before it."


def _so_far(*, arrived: bool, attempts: Sequence[Attempt]) -> str:
    inbox = "the test event has arrived in our inbox" if arrived else "no test event in our inbox yet"
    return f"Waiting: {inbox}; Partner Center tells of {_tries(attempts)}{_last(attempts)}."


def _too_late(*, arrived: bool, attempts: Sequence[Attempt], waited: timedelta) -> str:
    after = f"after {waited.total_seconds():.0f} s"
    if arrived:
        return (
            f"The test event arrived in our inbox, but {after} Partner Center does not tell that it was delivered "
            f"({_tries(attempts)}{_last(attempts)}). Run this again; if it stays so, the receiver answers too slowly."
        )
    if any(attempt.delivered for attempt in attempts):
        return (
            f"Partner Center says that the test event was delivered, but {after} it is not in our inbox: the address "
            "leads to another receiver, or its COSELL_INBOX is not the one of Airflow."
        )
    if attempts:
        return _refused(attempts)
    return (
        f"Partner Center has not tried to deliver the test event {after}. Run this again later; if it stays so, the "
        "address cannot be reached from outside, or Partner Center's service is down."
    )


def _tries(attempts: Sequence[Attempt]) -> str:
    return f"{len(attempts)} {'try' if len(attempts) == 1 else 'tries'}"


def _last(attempts: Sequence[Attempt]) -> str:
    return f", the last answered {attempts[-1]}" if attempts else ""
