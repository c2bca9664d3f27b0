"""The pure heart of plan: from what both sides hold and what is remembered to what will be done, per bound pair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cosell.core.actions import FieldNote, PairPlan, Said
from cosell.core.choice import choice_for
from cosell.core.course import LIFE_FIELDS, decide_course
from cosell.core.engagement import ask as ask_for_help
from cosell.core.handmade import CODE, hand_edits
from cosell.core.lifecycle import CLOSED, STATE_FIELDS, Gate, gate, is_closed, is_flagged
from cosell.core.merging import merge
from cosell.core.offers import retired_among
from cosell.core.overdue import RULE as OVERDUE
from cosell.core.overdue import overdue
from cosell.core.pair import Draft
from cosell.core.reconcile import FieldView, reconcile
from cosell.core.record import Side
from cosell.core.rules import breaches, verdicts
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.choice import Choice
    from cosell.core.pair import Pair
    from cosell.core.reconcile import Verdict
    from cosell.core.record import Field, Value
    from cosell.core.terms import Terms

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
FLAG, SOLUTIONS = "flag", "solutions"


def decide_pair(pair: Pair, terms: Terms) -> PairPlan:
    """Give the plan of a bound pair whose halves are both there."""
    draft, baseline = Draft(), pair.baseline(terms.fields)
    _remember_landed(pair, baseline, draft=draft)
    _remember_facts(pair, draft=draft, terms=terms)
    draft.notes += hand_edits(pair, terms)
    row = pair.snapshots[DV].values
    if not is_flagged(row):
        found = pair.adopted and terms.switch_on and not is_closed(row)
        if not (pair.is_inherited or found):
            return _paused(pair, draft)
        if pair.is_inherited:
            draft.remember[DV].pop(FLAG, None)  # known only once it is written
        if not is_closed(row):
            draft.updates[DV][FLAG] = True
    draft.said += [Said(CODE, note.detail, note.field, final=True) for note in draft.notes]
    views = {each.name: view_of(each, pair, baseline) for each in terms.compared}
    decide_course(views, pair, draft=draft, terms=terms)
    for name, view in views.items():
        if name not in LIFE_FIELDS:
            _decide_field(view, pair, draft=draft, terms=terms)
    _apply_rules(pair.snapshots[PC].values, draft=draft, terms=terms)
    if overdue(pair.snapshots[PC].values, row, now=terms.now, severities=terms.severities):
        draft.rules.setdefault(OVERDUE.id, "warned")
    ask_for_help(pair, draft, terms)
    _tell_retired(row, draft=draft, terms=terms)
    return _planned(pair, draft)


def decide_orphan(pair: Pair, *, gone: Side, out_of_scope: bool) -> PairPlan:
    """Give the plan of a pair of which one half is gone: reported, kept, never deleted."""
    code = "SCOPE-1" if out_of_scope else "ORPHAN-1"
    said = Said(code, say(code, side=gone))
    return PairPlan(snapshots=pair.snapshots, binding=pair.binding, reason="orphan", said=(said,), choices=pair.choices)


def _planned(pair: Pair, draft: Draft) -> PairPlan:
    return PairPlan(
        snapshots=pair.snapshots,
        binding=replace(pair.binding, paused=False),
        adopted=pair.adopted,
        updates=draft.planned_updates(),
        invite=draft.invite,
        remember=draft.remember,
        stale=draft.stale,
        reason=draft.reason(),
        said=tuple(draft.said),
        notes=tuple(draft.notes),
        rules=draft.rules,
        choices=tuple(draft.choices),
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
        notes=tuple(draft.notes),
        choices=pair.choices,
    )


def view_of(each: Field, pair: Pair, baseline: Mapping[Side, Mapping[str, Value]]) -> FieldView:
    """Give one field of the pair as both sides hold it now, and as each held it when they last agreed."""
    held = {side: pair.snapshots[side].values.get(each.name) for side in Side}
    return FieldView(each, held, {side: baseline[side][each.name] for side in Side if each.name in baseline[side]})


def _decide_field(view: FieldView, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    if (choice := choice_for(view, pair.choices)) is not None:
        _take(view, choice, pair, draft=draft, terms=terms)
        return
    if view.field.merge is not None:
        _merge_field(view, pair, draft=draft, terms=terms)
        return
    verdict = reconcile(view, fit=terms.fit)
    name = view.field.name
    match verdict.kind:
        case "keep":
            draft.kept += 1
        case "agree":
            draft.agree(view)
        case "differ":
            draft.differ(view)
        case "conflict" if view.field.written_on:
            draft.hold(view, reason="conflict", said=Said("CONFLICT-1", say("CONFLICT-1", field=name), name))
        case "shortened" if verdict.to:
            said = Said("CUT-1", say("CUT-1", field=name, side=verdict.to), name, final=True)
            draft.hold(view, reason="final", said=said)
        case _:
            _carry(view, verdict, pair, draft=draft, terms=terms)


def _take(view: FieldView, choice: Choice, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Carry the value that a person took, whatever the table of the laws says; only the gate may stop it."""
    name, target = view.field.name, choice.take.other
    draft.choices.append(choice)
    value, passed = terms.fit(target, name, view.held[choice.take]), _gate(view, target, pair, draft=draft)
    if passed is not Gate.OPEN:
        draft.stop(view, passed, target=target)
        return
    draft.put(target, name, value=value, sent_from=view.held[choice.take])
    draft.lose(view, target)


def _carry(view: FieldView, verdict: Verdict, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Let a value through the gate of the side that it goes to, or say why it stays."""
    name, target = view.field.name, verdict.to or DV
    passed = _gate(view, target, pair, draft=draft)
    if not view.baseline and not view.field.written_on:
        draft.differ(view)
    elif passed is Gate.OPEN:
        source = view.held[target.other]
        draft.put(target, name, value=terms.fit(target, name, source), sent_from=source)
        if verdict.lost:
            draft.lose(view, verdict.lost)
    else:
        draft.stop(view, passed, target=target)


def _gate(view: FieldView, target: Side, pair: Pair, *, draft: Draft) -> Gate:
    answer = draft.answer if target is PC else None
    return gate(view.field, target, values=pair.snapshots[target].values, answer=answer)


def _merge_field(view: FieldView, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Carry what either side added to the other, each through the gate of the side that it goes to."""
    name, merged = view.field.name, merge(view, fit=terms.fit)
    match merged.kind:
        case "keep":
            draft.kept += 1
        case "agree":
            draft.agree(view)
        case "conflict":
            draft.hold(view, reason="conflict", said=Said("CONFLICT-1", say("CONFLICT-1", field=name), name))
    for target, value in merged.writes.items():
        passed = _gate(view, target, pair, draft=draft)
        if passed is Gate.OPEN:
            draft.put(target, name, value=value, sent_from=view.held[target.other])
            draft.baselines[target] |= {name: merged.baselines[target]} if target in merged.baselines else {}
        else:
            draft.stop(view, passed, target=target)
    for code, sides in (("NOTES-1", merged.took_away), ("NOTES-2", merged.overflowing), ("TEAM-5", merged.unheld)):
        for side in sides:
            draft.hold(view, reason="final", said=Said(code, say(code, field=name, side=side), name, final=True))


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


def _tell_retired(row: Mapping[str, Value], *, draft: Draft, terms: Terms) -> None:
    """Warn of solutions that are offered no more; where the record comes back at once, that run says it."""
    names = retired_among(row.get(SOLUTIONS), terms.retired)
    if names and not is_closed(row) and "notified" not in draft.reasons:
        draft.said.append(Said("SOLUTION-3", say("SOLUTION-3", detail=", ".join(names)), SOLUTIONS, final=True))


def _apply_rules(referral: Mapping[str, Value], *, draft: Draft, terms: Terms) -> None:
    """Take out of the edit for Partner Center what a rule refuses there; a closing waits for what goes with it."""
    edit = draft.updates[PC]
    if not edit:
        return
    after = {**referral, **edit}
    touched = frozenset(edit)
    found = list(breaches(after, now=terms.now, touched=touched, severities=terms.severities))
    draft.rules = verdicts(found, touched=touched, severities=terms.severities)
    for breach in found:
        first = breach.rule.fields[0]
        if breach.severity == "warn":
            draft.notes.append(FieldNote("warned", first, detail=breach.sentence))
            continue
        draft.said.append(Said(breach.rule.id, breach.sentence, first))
        draft.reasons.add("refused")
        draft.stale[DV] = True
        closing = STATE_FIELDS if edit.get("status") in CLOSED else frozenset()
        for name in sorted({*breach.rule.fields, *closing}):
            if name not in edit:
                continue
            refused = edit.pop(name)
            draft.sent_from[PC].pop(name, None)
            draft.notes.append(FieldNote("refused", name, old=referral.get(name), new=refused, detail=breach.sentence))
