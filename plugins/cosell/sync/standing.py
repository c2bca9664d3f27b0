"""Why a record stays unsettled, since when, when to look again, and what its Audit column says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from cosell.core.actions import Said
from cosell.core.bookkeeping import reported
from cosell.core.lifecycle import is_unanswered
from cosell.core.overdue import RULE, overdue
from cosell.sync.ports import Remark, Settlement, Unsettled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from cosell.core.actions import PairPlan
    from cosell.core.record import Ref, Value
    from cosell.sync.ports import Reason
    from cosell.sync.world import Settings

    Values = Mapping[str, Value]

COME_BACK = (timedelta(minutes=10), timedelta(hours=1), timedelta(days=1))
REMARKED = "remarked"
SIDE_PAUSED = "side_paused"
QUIET = frozenset({REMARKED, "paused", SIDE_PAUSED})
"""Reasons that do not bring a record back by themselves: only a change of a half does, or the end of a side's pause."""
LASTING = dict.fromkeys(("VISIBLE-1", "OWN-1", "NOTES-1"), timedelta(days=1))
"""Sentences on what was put right, or agreed, at once: they stay for a while, or no seller would ever read them."""
AT_ONCE = frozenset({"notified", "in_flight", "held"})
SILENT = AT_ONCE
"""Reasons that say nothing to a seller: Audit, status and mark stay as they are."""
APART = frozenset({"STATE-1"})
"""Sentences on what a person must set right, though only an edit brings the record back."""
ALONE = frozenset({"paused", "orphan"})
"""Reasons for which nothing is carried at all, so that nothing else is worth a word."""


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
        due=_until(said, now) if reason == REMARKED else _due(reason, tries, now),
        tries=tries,
        remarks=remarks,
        choices=prior.choices if prior is not None else (),
    )


def look_now(
    refs: Iterable[Ref], *, known: Mapping[Ref, Unsettled], now: datetime, reason: Reason = "notified"
) -> Iterator[Settlement]:
    """Have records looked at at once, whatever becomes of this run; what was said of one stays said."""
    for ref in refs:
        prior = known.get(ref)
        entry = replace(prior, due=now) if prior else standing(ref, reason, (), prior=None, now=now)
        yield Settlement(unsettled=entry)


def with_lasting(plan: PairPlan, prior: Unsettled | None, now: datetime) -> PairPlan:
    """Give the plan of a record that is in step with what is still to be read of a thing put right before."""
    if prior is None or plan.reason not in {None, REMARKED} or prior.due is None or prior.due <= now:
        return plan
    known = {each.code for each in plan.said}
    lasting = (r for r in prior.remarks if r.code in LASTING and r.code not in known)
    said = (*plan.said, *(Said(r.code, r.sentence, final=r.final) for r in lasting))
    return replace(plan, reason=REMARKED, said=said) if said else plan


def _until(said: Sequence[Said], now: datetime) -> datetime | None:
    spans = [LASTING[each.code] for each in said if each.code in LASTING]
    return now + max(spans) if spans else None


def _due(reason: str, tries: int, now: datetime) -> datetime | None:
    if reason in QUIET:
        return None
    if reason in AT_ONCE:
        return now
    return now + COME_BACK[min(tries, len(COME_BACK) - 1)]


def mark_of(entry: Unsettled | None) -> str | None:
    """Tell one unsettled entry from another in a staged plan."""
    if entry is None:
        return None
    chosen = ",".join(each.field for each in entry.choices)
    return f"{entry.reason}/{entry.since.isoformat()}/{entry.tries}/{chosen}"


def report_of(
    entry: Unsettled | None, *, referral: Values | None, row: Values, settings: Settings, now: datetime
) -> dict[str, Value]:
    """Give the Audit text, status and mark of a record; nothing where it says nothing to a seller."""
    if entry is not None and entry.reason in SILENT:
        return {}
    said: list[tuple[date, str, str]] = [(r.since, r.sentence, r.code) for r in entry.remarks] if entry else []
    late = overdue(referral, row, now=now, severities=settings.severities)
    if late and late.sentence not in {sentence for _, sentence, _ in said} and not (entry and entry.reason in ALONE):
        said.append((late.since, late.sentence, RULE.id))
    phrases = settings.phrases
    return reported(
        reason=_shown_reason(entry) if entry else None,
        lines=[f"{since:%Y-%m-%d}: {phrases.said(code, sentence)} [{code}]" for since, sentence, code in said],
        unanswered=referral is not None and is_unanswered(referral),
        marks=settings.marks,
        phrases=phrases,
    )


def _shown_reason(entry: Unsettled) -> str:
    """Give the reason that status and mark follow: states that a person must set right are a conflict there."""
    return "conflict" if entry.reason == REMARKED and any(r.code in APART for r in entry.remarks) else entry.reason
