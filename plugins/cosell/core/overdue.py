"""overdue: a deal that is still open after its close date: time alone brings that about, without anybody's edit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cosell.core.lifecycle import OPEN, is_closed, is_qualified
from cosell.core.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value
    from cosell.core.rules import Severity

    Values = Mapping[str, Value]

RULE = next(rule for rule in RULES if rule.id == "CLOSE-DATE-2")
(_DATE,) = RULE.fields


class Overdue(NamedTuple):
    """What a seller reads of an overdue deal, and since when it is."""

    sentence: str
    since: date


def overdue(
    referral: Values | None, row: Values, *, now: datetime, severities: Mapping[str, Severity]
) -> Overdue | None:
    """Give what is to be said of a deal that is open on both sides, where its close date has passed."""
    if referral is None or referral.get("status") != OPEN or is_closed(row) or is_qualified(row):
        return None
    day = row.get(_DATE)
    if severities.get(RULE.id, RULE.severity) == "off" or not isinstance(day, date) or not RULE.broken(row, now):
        return None
    since = (day.date() if isinstance(day, datetime) else day) + timedelta(days=1)
    return Overdue(RULE.say(row), since)
