"""Leads: they only come from Partner Center; one that is qualified hands its referral to the opportunity made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.actions import PairPlan, Said
from cosell.core.decide import decide_pair
from cosell.core.lifecycle import is_closed, is_flagged, is_qualified
from cosell.core.record import Side
from cosell.core.rules import ANCHORS
from cosell.core.sentences import say

if TYPE_CHECKING:
    from cosell.core.pair import Pair
    from cosell.core.record import Binding
    from cosell.core.terms import Terms

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
GRAVER = frozenset({"conflict", "refused", "paused"})
_OF_THE_ROW = ANCHORS | {
    "ANSWER-1", "CLOSED-2", "CUSTOMER-2", "ERROR-1", "EXPIRED-1", "NAME-2", "REOPENED-1", "STATE-1",
}  # fmt: skip
"""Ids of sentences that speak of the seller's own record; none of them quotes what people wrote."""
_WORDS = {"an opportunity": "a lead", "opportunity": "lead", "On Hold": "New", "In Progress": "Contacted"}


def decide_lead(pair: Pair, terms: Terms, *, heir: Binding | None) -> PairPlan:
    """Give the plan of a bound lead; `heir` is the binding that takes over where an opportunity came of it."""
    row = pair.snapshots[DV].values
    if not is_qualified(row):
        return decide_pair(pair, terms)
    if heir is not None:
        return PairPlan(snapshots=pair.snapshots, binding=pair.binding, heir=replace(heir, paused=not is_flagged(row)))
    return _without_heir(pair, terms)


def in_words_of_leads(plan: PairPlan) -> PairPlan:
    """Give the plan with a lead, and its own states, wherever its sentences speak of the seller's opportunity."""
    now = {each.sentence: _of_a_lead(each.sentence) for each in plan.said if each.code in _OF_THE_ROW}
    said = tuple(replace(each, sentence=now.get(each.sentence, each.sentence)) for each in plan.said)
    notes = tuple(replace(each, detail=now.get(each.detail, each.detail)) for each in plan.notes)
    return replace(plan, said=said, notes=notes)


def _of_a_lead(sentence: str) -> str:
    for word, of_a_lead in _WORDS.items():
        sentence = sentence.replace(word, of_a_lead)
    return sentence


def _without_heir(pair: Pair, terms: Terms) -> PairPlan:
    """Answer the referral, for qualifying a lead accepts it, and wait for the opportunity; the lead takes no edit."""
    plan = PairPlan(snapshots=pair.snapshots, binding=pair.binding)
    if not is_closed(pair.snapshots[PC].values):
        plan = decide_pair(pair, terms)
    if plan.reason in GRAVER:
        return plan
    said = (*plan.said, Said("QUALIFIED-1", say("QUALIFIED-1")))
    carried = {side: update for side, update in plan.updates.items() if side is PC}
    stale = {**plan.stale, PC: plan.stale.get(PC, False) or DV in plan.updates}
    return replace(plan, reason="wait", said=said, updates=carried, stale=stale)
