"""The pure heart of plan: from what both sides hold and what is remembered to what will be done, per bound pair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.actions import FieldNote, PairPlan, Said
from cosell.core.lifecycle import CARRIED_CLOSED, STATE_FIELDS, Gate, gate, is_flagged
from cosell.core.pair import Draft
from cosell.core.reconcile import FieldView, is_empty, reconcile
from cosell.core.record import Side
from cosell.core.rules import breaches, verdicts
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.pair import Pair
    from cosell.core.reconcile import Verdict
    from cosell.core.record import Field, Value
    from cosell.core.terms import Terms

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
CLOSED_GATES: dict[Gate, tuple[str, str]] = {
    Gate.NEVER: ("final", "FINAL-1"),
    Gate.CLOSED: ("final", "CLOSED-1"),
    Gate.NOT_YET: ("wait", "WAIT-1"),
    Gate.LATER_ISSUE: ("wait", "STATUS-1"),
}
"""Why a write does not go through a gate, and what is said of it."""


def decide_pair(pair: Pair, terms: Terms) -> PairPlan:
    """Give the plan of a bound pair whose halves are both there."""
    draft, baseline = Draft(), pair.baseline(terms.fields)
    _remember_landed(pair, baseline, draft=draft)
    _remember_facts(pair, draft=draft, terms=terms)
    row = pair.snapshots[DV].values
    if not is_flagged(row):
        return _paused(pair, draft)
    for each in terms.compared:
        _decide_field(_view(each, pair, baseline), pair, draft=draft, terms=terms)
    if not is_empty(row.get("help")):
        draft.said.append(Said("HELP-1", say("HELP-1"), "help"))
        draft.reasons.add("wait")
    _apply_rules(pair.snapshots[PC].values, draft=draft, terms=terms)
    return _planned(pair, draft)


def decide_orphan(pair: Pair, *, gone: Side, out_of_scope: bool) -> PairPlan:
    """Give the plan of a pair of which one half is gone: reported, kept, never deleted."""
    code = "SCOPE-1" if out_of_scope else "ORPHAN-1"
    said = Said(code, say(code, side=gone))
    return PairPlan(snapshots=pair.snapshots, binding=pair.binding, reason="orphan", said=(said,))


def _planned(pair: Pair, draft: Draft) -> PairPlan:
    return PairPlan(
        snapshots=pair.snapshots,
        binding=replace(pair.binding, paused=False),
        adopted=pair.adopted,
        updates=draft.planned_updates(),
        remember=draft.remember,
        stale=draft.stale,
        reason=draft.reason(),
        said=tuple(draft.said),
        notes=tuple(draft.notes),
        rules=draft.rules,
        kept=draft.kept,
    )


def _paused(pair: Pair, draft: Draft) -> PairPlan:
    """Carry nothing while the seller's flag says No; remember that both halves must be read again."""
    return PairPlan(
        snapshots=pair.snapshots,
        binding=replace(pair.binding, paused=True),
        adopted=pair.adopted,
        remember=draft.remember,
        stale=dict.fromkeys(Side, True),
        reason="paused",
        said=(Said("PAUSED-1", say("PAUSED-1"), final=True),),
    )


def _view(each: Field, pair: Pair, baseline: Mapping[Side, Mapping[str, Value]]) -> FieldView:
    held = {side: pair.snapshots[side].values.get(each.name) for side in Side}
    return FieldView(each, held, {side: baseline[side][each.name] for side in Side if each.name in baseline[side]})


def _decide_field(view: FieldView, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    verdict = reconcile(view, fit=terms.fit)
    name = view.field.name
    match verdict.kind:
        case "keep":
            draft.kept += 1
        case "agree":
            draft.agree(view)
        case "differ":
            draft.differ(view)
        case "conflict" if name not in STATE_FIELDS and view.field.written_on:
            draft.hold(view, reason="conflict", said=Said("CONFLICT-1", say("CONFLICT-1", field=name), name))
        case "shortened" if verdict.to:
            said = Said("CUT-1", say("CUT-1", field=name, side=verdict.to), name, final=True)
            draft.hold(view, reason="final", said=said)
        case _:
            _carry(view, verdict, pair, draft=draft, terms=terms)


def _carry(view: FieldView, verdict: Verdict, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Let a value through the gate of the side that it goes to, or say why it stays."""
    name, target = view.field.name, verdict.to or DV
    passed = gate(view.field, target, values=pair.snapshots[target].values)
    found = pair.adopted and not pair.notes
    if _completes_creation(view) and not found:
        draft.close_as = str(view.held[PC])
        draft.put(DV, name, value=terms.fit(DV, name, view.held[PC]), sent_from=view.held[PC])
    elif not view.baseline and not view.field.written_on and (found or name not in STATE_FIELDS):
        draft.differ(view)
    elif passed is Gate.OPEN:
        source = view.held[target.other]
        draft.put(target, name, value=terms.fit(target, name, source), sent_from=source)
        if verdict.lost:
            draft.lose(view, verdict.lost)
    else:
        reason, code = CLOSED_GATES[passed]
        said = Said(code, say(code, field=name, side=target), name, final=reason == "final")
        draft.hold(view, reason=reason, said=said)


def _completes_creation(view: FieldView) -> bool:
    """Tell whether a record created open still has to be closed: carried at creation, so no baseline stands yet."""
    return view.field.name == "status" and not view.baseline and view.held[PC] in CARRIED_CLOSED


def _remember_landed(pair: Pair, baseline: Mapping[Side, Mapping[str, Value]], *, draft: Draft) -> None:
    """Keep what unconfirmed writes turned out to have done."""
    for side in Side:
        known = pair.halves[side].values if side in pair.halves else {}
        draft.remember[side] |= {n: v for n, v in baseline[side].items() if known.get(n, ...) != v}


def _remember_facts(pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Remember what one-sided fields and our own bookkeeping show, where it was read."""
    for side, snapshot in pair.snapshots.items():
        if snapshot.remembered:
            continue
        known = pair.halves[side].values if side in pair.halves else {}
        for name in terms.facts[side]:
            if name in snapshot.values and known.get(name, ...) != snapshot.values[name]:
                draft.remember[side][name] = snapshot.values[name]


def _apply_rules(referral: Mapping[str, Value], *, draft: Draft, terms: Terms) -> None:
    """Take out of the edit for Partner Center what a rule refuses there."""
    edit = draft.updates[PC]
    if not edit:
        return
    after = {**referral, **edit}
    touched = frozenset(edit)
    found = list(breaches(after, today=terms.today, touched=touched, severities=terms.severities))
    draft.rules = verdicts(found, touched=touched, severities=terms.severities)
    for breach in found:
        first = breach.rule.fields[0]
        if breach.severity == "warn":
            draft.notes.append(FieldNote("warned", first, detail=breach.sentence))
            continue
        draft.said.append(Said(breach.rule.id, breach.sentence, first))
        draft.reasons.add("refused")
        draft.stale[DV] = True
        for name in breach.rule.fields:
            refused = edit.pop(name, None)
            draft.sent_from[PC].pop(name, None)
            draft.notes.append(FieldNote("refused", name, old=referral.get(name), new=refused, detail=breach.sentence))
