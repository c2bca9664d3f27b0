"""Records that the other side does not know: created there, refused, put off, or none of ours to carry."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.actions import Create, FieldNote, PairPlan, Said
from cosell.core.bookkeeping import ending
from cosell.core.engagement import SHARED, asked_of_microsoft, invite_with_creation
from cosell.core.lifecycle import (
    CARRIED_CLOSED,
    STATE_FIELDS,
    Category,
    category,
    closes_as,
    is_closed,
)
from cosell.core.reconcile import is_empty
from cosell.core.record import Side
from cosell.core.rules import breaches, verdicts
from cosell.core.scope import label_of
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Snapshot, Value
    from cosell.core.terms import Terms

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE

ANOTHERS = "another organisation's"
"""Why a referral of the engagement's other parties is skipped."""


def decide_new_referral(snapshot: Snapshot, terms: Terms) -> PairPlan | str:
    """Give the plan of a referral that the CRM does not know, or why it is skipped."""
    skipped = skip_reason(snapshot.values, terms) or terms.scope.leaves(snapshot.values, None)
    if skipped:
        return skipped
    for name, code in (("deal_name", "NAME-2"), ("customer_name", "CUSTOMER-2")):
        if name in terms.fields and is_empty(snapshot.values.get(name)):
            return PairPlan(snapshots={PC: snapshot}, reason="set_aside", said=(Said(code, say(code), name),))
    told = replace(snapshot, values={**snapshot.values, **ending(snapshot.values)})
    values, sent_from = _carried(
        told, terms, without=STATE_FIELDS - {"close_reason"} if closes_as(snapshot.values) else frozenset()
    )
    values["flag"] = True
    if (asked := asked_of_microsoft(snapshot.values)) and "help" in terms.fields:
        values["help"] = asked
    create = Create(DV, values, sent_from, close_as=closes_as(snapshot.values))
    return PairPlan(snapshots={PC: snapshot}, create=create)


def decide_new_opportunity(snapshot: Snapshot, terms: Terms) -> PairPlan:
    """Give the plan of a flagged opportunity that Partner Center does not know."""
    if is_closed(snapshot.values):
        return PairPlan(snapshots={DV: snapshot}, reason="wait", said=(Said("STATUS-2", say("STATUS-2")),))
    found = list(breaches(snapshot.values, now=terms.now, severities=terms.severities))
    plan = PairPlan(
        snapshots={DV: snapshot},
        notes=tuple(FieldNote("warned", b.rule.fields[0], detail=b.sentence) for b in found if b.severity == "warn"),
        rules=verdicts(found, severities=terms.severities),
    )
    refused = tuple(Said(b.rule.id, b.sentence, b.rule.fields[0]) for b in found if b.severity == "refuse")
    if other := terms.scope.claims_for_another(snapshot.values.get("deal_name")):
        detail = label_of(other).strip()
        refused = (*refused, Said("ENV-2", say("ENV-2", detail=detail), "deal_name"))
    if refused:
        return replace(plan, reason="refused", said=refused)
    values, sent_from = _carried(snapshot, terms, without=STATE_FIELDS)
    invite = invite_with_creation(snapshot, terms)
    if invite is not None:
        values |= {name: value for name, value in SHARED.items() if name in terms.fields}
    return replace(plan, create=Create(PC, values, sent_from), invite=invite)


def skip_reason(values: Mapping[str, Value], terms: Terms) -> str | None:
    """Tell why a referral unknown to the CRM is none of ours to carry, if so."""
    if foreign := foreign_reason(values, terms):
        return foreign
    status = values.get("status")
    if is_closed(values) and (terms.leads or status not in CARRIED_CLOSED):
        return f"closed at first sight ({status})"
    if terms.states is not None and status not in terms.states:
        return f"state not asked for ({status})"
    return None


def foreign_reason(values: Mapping[str, Value], terms: Terms) -> str | None:
    """Tell why a referral can be the other half of no opportunity of ours, if so."""
    if terms.organization_id and values.get("organization_id") not in {None, "", terms.organization_id}:
        return ANOTHERS
    if passed := terms.scope.passes_by(values):
        return passed
    kind = category(values)
    return None if (kind is not Category.COSELL) is terms.leads else str(kind)


def _carried(snapshot: Snapshot, terms: Terms, *, without: frozenset[str]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Give what a new record on the other side is made of: fitted values, and the source's own."""
    target, held = snapshot.side.other, snapshot.values
    values = {
        name: terms.fit(target, name, value)
        for name in terms.told_to_new[target]
        if not is_empty(value := held.get(name)) and name not in without
    }
    return values, {each.name: held.get(each.name) for each in terms.compared}
