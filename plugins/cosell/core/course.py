"""What state, close reason and visibility of a bound pair come to, put into its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.actions import Said
from cosell.core.choice import choice_for, chosen_step
from cosell.core.life import Stand, closing, next_step
from cosell.core.lifecycle import CLOSED, LATCH_FIELDS, STATE_FIELDS, UNANSWERED, WON, Gate, gate, is_closed
from cosell.core.reconcile import is_empty, would_change
from cosell.core.record import Side
from cosell.core.sentences import say, state_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.life import Step
    from cosell.core.pair import Draft, Pair
    from cosell.core.reconcile import FieldView
    from cosell.core.terms import Terms

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
LIFE_FIELDS = STATE_FIELDS | LATCH_FIELDS
STATUS, REASON, VISIBILITY = "status", "close_reason", "visibility"
UNEXPLAINED = frozenset({"REASON-1", "ANSWER-1"})
"""What a seller is told who closed an unanswered deal without a reason, until it is declined or begins anew."""


def decide_course(views: Mapping[str, FieldView], pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Decide on the pair's state first, since it tells what else may be written; then on reason and visibility."""
    _decide_state(views[STATUS], pair, draft=draft, terms=terms)
    if REASON in views:
        _decide_reason(views[REASON], pair, draft=draft, terms=terms)
    if VISIBILITY in views:
        _decide_visibility(views[VISIBILITY], pair, draft=draft)


def _decide_state(view: FieldView, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    made = any(note.operation == "create" for note in pair.notes)
    found = pair.adopted and not made
    unexplained = not pair.told.isdisjoint(UNEXPLAINED)
    stand = Stand(view.held, view.baseline, found=found, made=pair.adopted and made, unexplained=unexplained)
    step = _taken(view, stand, pair, draft=draft, terms=terms) or next_step(stand, terms.gestures, fit=terms.fit)
    match step.kind:
        case "keep":
            draft.kept += 1
        case "agree":
            draft.agree_if_moved(view)
        case "carry":
            _carry_state(view, step, draft=draft)
        case "conflict":
            draft.hold(view, reason="conflict", said=Said("CONFLICT-1", say("CONFLICT-1", field=STATUS), STATUS))
        case "hold" | "apart":
            if step.kind == "apart":
                draft.remember[PC][STATUS] = view.held[PC]
            detail = state_in_words(view.held[step.to or PC] if step.code == "UNKNOWN-1" else view.held[PC])
            said = Said(step.code, say(step.code, side=step.to or PC, detail=detail), STATUS, final=True)
            draft.hold(view, reason="apart" if step.kind == "apart" else "told", said=said)


def _taken(view: FieldView, stand: Stand, pair: Pair, *, draft: Draft, terms: Terms) -> Step | None:
    """Give the step that carries out what a person decided on the state, while that still holds."""
    choice = choice_for(view, pair.choices)
    step = chosen_step(stand, choice.take, fit=terms.fit) if choice else None
    if choice and step:
        draft.choices.append(choice)
        draft.lose(view, choice.take.other)
    return step


def _carry_state(view: FieldView, step: Step, *, draft: Draft) -> None:
    """Write the state to the other side; where another step is to follow, the source's own stays unremembered."""
    target = step.to or DV
    source = view.held[target.other]
    if target is DV:
        draft.close_as = closing(str(view.held[PC])) if step.word in CLOSED else None
    elif view.held[PC] == UNANSWERED:
        draft.answer = step.word
    if step.later:
        source = view.baseline[target.other]
        draft.come_back(target.other)
    draft.put(target, STATUS, value=step.word, sent_from=source)


def _decide_reason(view: FieldView, pair: Pair, *, draft: Draft, terms: Terms) -> None:
    """Let the reason go with the closing; before it is a preparation, after it only a referral's own counts.

    A win takes none along to Partner Center: what a seller chooses says why a deal is lost.
    """
    target = _side_being_closed(draft)
    if target is not None:
        source = view.held[target.other]
        if not is_empty(source) and would_change(REASON, source, held=view.held[target], side=target, fit=terms.fit):
            draft.put(target, REASON, value=terms.fit(target, REASON, source), sent_from=source)
            return
    elif _explained_too_late(view, pair, terms=terms):
        said = Said("CLOSED-1", say("CLOSED-1", field=REASON, side=PC), REASON, final=True)
        draft.hold(view, reason="final", said=said)
        return
    draft.agree_if_moved(view)


def _side_being_closed(draft: Draft) -> Side | None:
    if draft.close_as:
        return DV
    return PC if draft.updates[PC].get(STATUS) in CLOSED - {WON} else None


def _explained_too_late(view: FieldView, pair: Pair, *, terms: Terms) -> bool:
    """Tell whether a seller gave another reason for a deal that is closed in Partner Center."""
    if not is_closed(pair.snapshots[PC].values) or DV not in view.baseline or is_empty(view.held[DV]):
        return False
    there = view.held[DV]
    return view.moved(DV) and would_change(REASON, there, held=view.held[PC], side=PC, fit=terms.fit)


def _decide_visibility(view: FieldView, pair: Pair, *, draft: Draft) -> None:
    """Hold the latch: who is visible on one side becomes so on the other, and never less on either."""
    here, there = (view.held[side] is True for side in (PC, DV))
    if here == there or (here and is_closed(pair.snapshots[DV].values)):
        draft.agree_if_moved(view)
    elif here:
        draft.put(DV, VISIBILITY, value=True, sent_from=True)
        if view.baseline.get(DV) is True:
            draft.said.append(Said("VISIBLE-1", say("VISIBLE-1"), VISIBILITY, final=True))
            draft.lose(view, DV)
    else:
        _show(view, pair, draft=draft)


def _show(view: FieldView, pair: Pair, *, draft: Draft) -> None:
    """Make the deal visible in Partner Center, where its state allows."""
    passed = gate(view.field, PC, values=pair.snapshots[PC].values, answer=draft.answer)
    if passed is Gate.OPEN:
        draft.put(PC, VISIBILITY, value=True, sent_from=True)
    elif view.moved(DV):
        draft.stop(view, passed, target=PC)
    else:
        draft.kept += 1
