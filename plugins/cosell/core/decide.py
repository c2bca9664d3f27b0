"""The pure heart of plan: from what both sides hold and what is remembered to what will be done, per record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from cosell.core.actions import Create, FieldNote, PairPlan, Said, Update
from cosell.core.lifecycle import (
    CARRIED_CLOSED,
    STATE_FIELDS,
    UNANSWERED,
    Category,
    Gate,
    category,
    closes_as,
    gate,
    is_closed,
    is_flagged,
)
from cosell.core.reconcile import FieldView, is_empty, reconcile, same
from cosell.core.record import Binding, Side
from cosell.core.rules import breaches
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from cosell.core.reconcile import Fit, Verdict
    from cosell.core.record import Field, Half, InFlight, Snapshot, Value
    from cosell.core.rules import Severity

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


@dataclass(frozen=True)
class Terms:
    """What the decisions of a run stand on besides the records."""

    fields: Mapping[str, Field]
    fit: Fit
    today: date
    severities: Mapping[str, Severity] = field(default_factory=dict)
    states: frozenset[str] | None = None
    """Referral states that a new record may be carried in; None: all that can be."""
    organization_id: str | None = None

    @cached_property
    def compared(self) -> tuple[Field, ...]:
        """Give the fields that both sides hold and people edit."""
        return tuple(each for each in self.fields.values() if each.is_shared_by_both and not each.bookkeeping)

    @cached_property
    def facts(self) -> Mapping[Side, tuple[str, ...]]:
        """Name per side what is only looked at there: one-sided fields, and our own bookkeeping."""
        others = self.fields.keys() - {each.name for each in self.compared}
        return {side: tuple(name for name in sorted(others) if side in self.fields[name].sides) for side in Side}

    @cached_property
    def told_to_new(self) -> Mapping[Side, tuple[str, ...]]:
        """Name per side what a new record there takes from the other side."""
        shared = [each for each in self.fields.values() if each.is_shared_by_both]
        return {
            side: tuple(
                each.name
                for each in shared
                if side in each.created_on and not (each.bookkeeping and each.authority is side)
            )
            for side in Side
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """A bound pair as it stands: both halves now, and what is remembered of them."""

    binding: Binding
    snapshots: Mapping[Side, Snapshot]
    halves: Mapping[Side, Half]
    notes: tuple[InFlight, ...] = ()
    adopted: bool = False

    def baseline(self) -> dict[Side, dict[str, Value]]:
        """Give each side's baseline, with writes that landed unconfirmed counted in (law 4)."""
        known: dict[Side, dict[str, Value]] = {s: dict(self.halves[s].values) if s in self.halves else {} for s in Side}
        for note in self.notes:
            held = self.snapshots[note.target].values if note.target in self.snapshots else {}
            for name, meant in note.meant.items():
                if name not in note.sent_from:
                    continue
                # A create that is found has landed whole; an edit has landed where its value is seen.
                if note.operation == "create" or (name in held and same(held[name], meant)):
                    known[note.target][name] = meant
                    known[note.target.other][name] = note.sent_from[name]
        return known


@dataclass(slots=True)
class _Draft:
    """A plan while it is being worked out."""

    updates: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    sent_from: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    remember: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    stale: dict[Side, bool] = field(default_factory=lambda: dict.fromkeys(Side, False))
    reasons: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    notes: list[FieldNote] = field(default_factory=list)
    close_as: str | None = None
    kept: int = 0

    def reason(self) -> str | None:
        """Give the gravest reason for which the record stays unsettled."""
        for reason in ("conflict", "refused", "wait"):
            if reason in self.reasons:
                return reason
        return "remarked" if self.said else None


def decide_pair(pair: Pair, terms: Terms) -> PairPlan:
    """Give the plan of a bound pair whose halves are both there."""
    if not is_flagged(pair.snapshots[DV].values):
        return _paused(pair, terms)
    draft = _Draft()
    baseline = pair.baseline()
    _remember_landed(pair, baseline, draft)
    for each in terms.compared:
        _decide_field(_view(each, pair, baseline), pair, draft=draft, terms=terms)
    _apply_rules(pair.snapshots[PC].values, draft, terms)
    _remember_facts(pair, draft, terms)
    return PairPlan(
        snapshots=pair.snapshots,
        binding=pair.binding,
        adopted=pair.adopted,
        updates=_updates(draft),
        remember=draft.remember,
        stale=draft.stale,
        reason=draft.reason(),
        said=tuple(draft.said),
        notes=tuple(draft.notes),
        kept=draft.kept,
    )


def decide_orphan(pair: Pair, *, gone: Side, out_of_scope: bool) -> PairPlan:
    """Give the plan of a pair of which one half is gone: reported, kept, never deleted."""
    code = "SCOPE-1" if out_of_scope else "ORPHAN-1"
    said = Said(code, say(code, side=gone))
    return PairPlan(snapshots=pair.snapshots, binding=pair.binding, reason="orphan", said=(said,))


def decide_new_referral(snapshot: Snapshot, terms: Terms) -> PairPlan | str:
    """Give the plan of a referral that the CRM does not know, or why it is skipped."""
    skipped = skip_reason(snapshot.values, terms)
    if skipped:
        return skipped
    for name, code in (("deal_name", "NAME-2"), ("customer_name", "CUSTOMER-2")):
        if name in terms.fields and is_empty(snapshot.values.get(name)):
            return PairPlan(snapshots={PC: snapshot}, reason="set_aside", said=(Said(code, say(code), name),))
    values, sent_from = _carried(
        snapshot, terms, without=STATE_FIELDS - {"close_reason"} if closes_as(snapshot.values) else frozenset()
    )
    values["flag"] = True
    create = Create(DV, values, sent_from, close_as=closes_as(snapshot.values))
    return PairPlan(snapshots={PC: snapshot}, create=create)


def decide_new_opportunity(snapshot: Snapshot, terms: Terms) -> PairPlan:
    """Give the plan of a flagged opportunity that Partner Center does not know."""
    for code, holds in (
        ("HELP-1", not is_empty(snapshot.values.get("help"))),
        ("STATUS-2", is_closed(snapshot.values)),
    ):
        if holds:
            return PairPlan(snapshots={DV: snapshot}, reason="wait", said=(Said(code, say(code)),))
    found = list(breaches(snapshot.values, today=terms.today, severities=terms.severities))
    notes = tuple(FieldNote("warned", b.rule.fields[0], detail=b.sentence) for b in found if b.severity == "warn")
    refused = tuple(Said(b.rule.id, b.sentence, b.rule.fields[0]) for b in found if b.severity == "refuse")
    if refused:
        return PairPlan(snapshots={DV: snapshot}, reason="refused", said=refused, notes=notes)
    values, sent_from = _carried(snapshot, terms, without=STATE_FIELDS)
    return PairPlan(snapshots={DV: snapshot}, create=Create(PC, values, sent_from), notes=notes)


def skip_reason(values: Mapping[str, Value], terms: Terms) -> str | None:
    """Tell why a referral unknown to the CRM is none of ours to carry, if so."""
    if terms.organization_id and values.get("organization_id") not in {None, "", terms.organization_id}:
        return "another organisation's"
    kind = category(values)
    if kind is not Category.COSELL:
        return str(kind)
    status = values.get("status")
    if is_closed(values) and status not in CARRIED_CLOSED:
        return f"closed at first sight ({status})"
    if terms.states is not None and status not in terms.states:
        return f"state not asked for ({status})"
    return None


def _carried(snapshot: Snapshot, terms: Terms, *, without: frozenset[str]) -> tuple[dict[str, Value], dict[str, Value]]:
    """Give what a new record on the other side is made of: fitted values, and the source's own."""
    target, held = snapshot.side.other, snapshot.values
    values = {
        name: terms.fit(target, name, held[name])
        for name in terms.told_to_new[target]
        if name not in without and not is_empty(held.get(name))
    }
    return values, {each.name: held.get(each.name) for each in terms.compared}


def _view(each: Field, pair: Pair, baseline: Mapping[Side, Mapping[str, Value]]) -> FieldView:
    held = {side: pair.snapshots[side].values.get(each.name) for side in Side}
    return FieldView(each, held, {side: baseline[side][each.name] for side in Side if each.name in baseline[side]})


def _decide_field(view: FieldView, pair: Pair, *, draft: _Draft, terms: Terms) -> None:
    verdict = reconcile(view, fit=terms.fit)
    name = view.field.name
    match verdict.kind:
        case "keep":
            draft.kept += 1
        case "agree":
            _remember(view, draft)
        case "differ":
            _differ(view, draft)
        case "conflict" if name not in STATE_FIELDS and _can_be_written(view.field):
            _hold(view, draft, reason="conflict", said=Said("CONFLICT-1", say("CONFLICT-1", field=name), name))
        case "shortened" if verdict.to:
            said = Said("CUT-1", say("CUT-1", field=name, side=verdict.to), name, final=True)
            _hold(view, draft, reason="cut", said=said)
        case _:
            _carry(view, verdict, pair, draft=draft, terms=terms)


def _carry(view: FieldView, verdict: Verdict, pair: Pair, *, draft: _Draft, terms: Terms) -> None:
    name = view.field.name
    target = verdict.to or DV
    if _completes_creation(view):
        draft.close_as = str(view.held[PC])
        draft.updates[DV][name], draft.sent_from[DV][name] = terms.fit(DV, name, view.held[PC]), view.held[PC]
        return
    if not view.baseline and not _can_be_written(view.field):
        _differ(view, draft)
        return
    match gate(view.field, target, values=pair.snapshots[target].values):
        case Gate.OPEN:
            draft.updates[target][name] = terms.fit(target, name, view.held[target.other])
            draft.sent_from[target][name] = view.held[target.other]
            if verdict.lost:
                draft.notes.append(
                    FieldNote("lost", name, old=view.held[verdict.lost], new=view.held[verdict.lost.other])
                )
        case Gate.NEVER:
            _hold(
                view,
                draft,
                reason="final",
                said=Said("FINAL-1", say("FINAL-1", field=name, side=target), name, final=True),
            )
        case Gate.CLOSED:
            _hold(
                view,
                draft,
                reason="final",
                said=Said("CLOSED-1", say("CLOSED-1", field=name, side=target), name, final=True),
            )
        case Gate.NOT_YET:
            _hold(view, draft, reason="wait", said=Said("WAIT-1", say("WAIT-1", field=name), name))
        case Gate.LATER_ISSUE:
            _hold(view, draft, reason="wait", said=Said("STATUS-1", say("STATUS-1", field=name), name))


def _can_be_written(each: Field) -> bool:
    return bool(each.written_on) or each.name in STATE_FIELDS


def _completes_creation(view: FieldView) -> bool:
    """Tell whether a record created open still has to be closed: carried at creation, so no baseline stands yet."""
    return view.field.name == "status" and not view.baseline and view.held[PC] in CARRIED_CLOSED


def _remember_landed(pair: Pair, baseline: Mapping[Side, Mapping[str, Value]], draft: _Draft) -> None:
    """Keep what unconfirmed writes turned out to have done."""
    for side in Side:
        known = pair.halves[side].values if side in pair.halves else {}
        draft.remember[side] |= {n: v for n, v in baseline[side].items() if known.get(n, ...) != v}


def _remember(view: FieldView, draft: _Draft) -> None:
    for side in Side:
        draft.remember[side][view.field.name] = view.held[side]


def _differ(view: FieldView, draft: _Draft) -> None:
    _remember(view, draft)
    draft.notes.append(FieldNote("differs", view.field.name, old=view.held[PC], new=view.held[DV]))


def _hold(view: FieldView, draft: _Draft, *, reason: str, said: Said) -> None:
    """Carry nothing for this field: what moved stays unremembered, so that the side is known to be stale."""
    draft.said.append(said)
    draft.reasons.add(reason)
    actions = {"conflict": "conflict", "wait": "waiting"}
    note = FieldNote(
        actions.get(reason, "refused"), view.field.name, old=view.held[PC], new=view.held[DV], detail=said.sentence
    )
    draft.notes.append(note)
    for side in Side:
        draft.stale[side] = draft.stale[side] or view.moved(side)


def _apply_rules(referral: Mapping[str, Value], draft: _Draft, terms: Terms) -> None:
    """Take out of the edit for Partner Center what a rule refuses there."""
    edit = draft.updates[PC]
    if not edit:
        return
    after = {**referral, **edit}
    for breach in breaches(after, today=terms.today, touched=frozenset(edit), severities=terms.severities):
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


def _updates(draft: _Draft) -> dict[Side, Update]:
    return {
        side: Update(side, draft.updates[side], draft.sent_from[side], draft.close_as if side is DV else None)
        for side in Side
        if draft.updates[side]
    }


def _remember_facts(pair: Pair, draft: _Draft, terms: Terms) -> None:
    """Remember what one-sided fields and our own bookkeeping show, where it was read."""
    for side, snapshot in pair.snapshots.items():
        if snapshot.remembered:
            continue
        known = pair.halves[side].values if side in pair.halves else {}
        for name in terms.facts[side]:
            if name in snapshot.values and known.get(name, ...) != snapshot.values[name]:
                draft.remember[side][name] = snapshot.values[name]


def _paused(pair: Pair, terms: Terms) -> PairPlan:
    """Carry nothing while the seller's flag says No; remember that both halves must be read again."""
    draft = _Draft()
    _remember_facts(pair, draft, terms)
    return PairPlan(
        snapshots=pair.snapshots,
        binding=Binding(pair.binding.referral_id, pair.binding.row_id, pair.binding.table, paused=True),
        adopted=pair.adopted,
        remember=draft.remember,
        stale=dict.fromkeys(Side, True),
        reason="paused",
        said=(Said("PAUSED-1", say("PAUSED-1"), final=True),),
    )


def is_unanswered(values: Mapping[str, Value]) -> bool:
    """Tell whether the referral still waits for our answer, so that not even our own id may be written on it."""
    return values.get("status") == UNANSWERED


def noted_fields(notes: Iterable[InFlight]) -> frozenset[str]:
    """Give the fields that writes in flight touch."""
    return frozenset(name for note in notes for name in note.meant)
