"""Why a record stays unsettled, since when, when to look again, and what its Audit column says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from cosell.core.bookkeeping import reported
from cosell.core.lifecycle import is_unanswered
from cosell.sync.ports import Remark, Unsettled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cosell.core.actions import Said
    from cosell.core.record import Ref, Value
    from cosell.sync.ports import Reason

COME_BACK = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))
QUIET = frozenset({"remarked", "paused"})
"""Reasons that do not bring a record back by themselves: only a change of a half does."""
AT_ONCE = frozenset({"notified", "in_flight", "held"})
SILENT = AT_ONCE
"""Reasons that say nothing to a seller: Audit, status and mark stay as they are."""


def standing(ref: Ref, reason: str, said: Sequence[Said], *, prior: Unsettled | None, now: datetime) -> Unsettled:
    """Give the unsettled entry of a record; what is said again keeps its first date."""
    first = {(r.code, r.sentence): r.since for r in prior.remarks} if prior else {}
    remarks = tuple(Remark(s.code, s.sentence, first.get((s.code, s.sentence), now), s.final) for s in said)
    repeated = prior is not None and prior.reason == reason and {(r.code, r.sentence) for r in remarks} == set(first)
    if prior is not None and repeated and prior.due is not None and prior.due > now:
        return prior  # looked at before its time, for another field's sake: no try of its own
    tries = prior.tries + 1 if prior is not None and repeated else 0
    return Unsettled(
        ref=ref,
        reason=cast("Reason", reason),
        since=prior.since if prior is not None and repeated else now,
        due=_due(reason, tries, now),
        tries=tries,
        remarks=remarks,
    )


def _due(reason: str, tries: int, now: datetime) -> datetime | None:
    if reason in QUIET:
        return None
    if reason in AT_ONCE:
        return now
    return now + COME_BACK[min(tries, len(COME_BACK) - 1)]


def mark_of(entry: Unsettled | None) -> str | None:
    """Tell one unsettled entry from another in a staged plan."""
    return None if entry is None else f"{entry.reason}/{entry.since.isoformat()}/{entry.tries}"


def report_of(entry: Unsettled | None, *, referral: Mapping[str, Value] | None, marks: bool) -> dict[str, Value]:
    """Give the Audit text, status and mark of a record; nothing where it says nothing to a seller."""
    if entry is not None and entry.reason in SILENT:
        return {}
    lines = [f"{r.since:%Y-%m-%d}: {r.sentence} [{r.code}]" for r in entry.remarks] if entry else []
    return reported(
        reason=entry.reason if entry else None,
        lines=lines,
        unanswered=referral is not None and is_unanswered(referral),
        marks=marks,
    )
