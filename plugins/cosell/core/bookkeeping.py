"""What we keep on the records ourselves (ids, link, Audit, status, mark): what is wanted against what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.clocks import soonest_end
from cosell.core.lifecycle import is_closed, is_qualified, is_unanswered
from cosell.core.phrases import ENGLISH
from cosell.core.reconcile import would_change
from cosell.core.record import Side
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cosell.core.phrases import Phrasebook
    from cosell.core.reconcile import Fit
    from cosell.core.record import Field, Value

    Values = Mapping[str, Value]

STATUS_BY_REASON = {
    "wait": "Waiting",
    "conflict": "Conflict",
    "refused": "Refused",
    "set_aside": "Refused",
    "orphan": "Refused",
    "paused": "Paused",
    "side_paused": "Waiting",
}
CROSSED = frozenset({"Conflict", "Refused"})
REPORTED = ("audit", "sync_status", "mark")


def reported(
    *, reason: str | None, lines: Iterable[str], unanswered: bool, marks: bool, phrases: Phrasebook = ENGLISH
) -> dict[str, Value]:
    """Give the Audit text, status and mark that the CRM record should show."""
    status = STATUS_BY_REASON.get(reason or "", "Waiting" if unanswered else "Synced")
    quiet = "UNANSWERED-1" if status == "Waiting" else "SYNCED-1"
    text = "\n".join(lines) or phrases.said(quiet, say(quiet))
    mark = "check" if status == "Synced" else "cross" if status in CROSSED else None
    shown: dict[str, Value] = {"audit": text, "sync_status": status}
    return {**shown, "mark": mark} if marks else shown


def wanted_on_crm(
    referral: Values | None, row: Values, *, report: Values, fields: Mapping[str, Field], fit: Fit
) -> dict[str, Value]:
    """Give what must be written on the CRM record: only what differs from what it holds."""
    wanted = dict(report)
    if referral is not None:
        wanted |= {**_linked(referral, Side.PARTNER_CENTER, fields), **ending(referral)}
    if is_closed(row) or is_qualified(row):
        wanted.pop("mark", None)  # the name of a closed record is not ours to touch
    return {
        name: value
        for name, value in wanted.items()
        if name in fields and would_change(name, value, held=row.get(name), side=Side.DATAVERSE, fit=fit)
    }


def ending(referral: Values) -> dict[str, Value]:
    """Give when the first of the clocks ends that run on the referral, where its own end is known or one runs."""
    ends = soonest_end(referral)
    return {"expires_on": ends} if ends or "expires_on" in referral else {}


def wanted_on_referral(referral: Values, row: Values, *, fields: Mapping[str, Field], fit: Fit) -> dict[str, Value]:
    """Give what must be written on the referral: our id there, once its state takes it."""
    if is_unanswered(referral) or is_closed(referral):
        return {}
    return {
        name: value
        for name, value in _linked(row, Side.DATAVERSE, fields).items()
        if would_change(name, value, held=referral.get(name), side=Side.PARTNER_CENTER, fit=fit)
    }


def _linked(source: Values, side: Side, fields: Mapping[str, Field]) -> dict[str, Value]:
    return {
        name: source[name]
        for name, each in fields.items()
        if each.bookkeeping and each.is_shared_by_both and each.authority is side and name in source
    }
