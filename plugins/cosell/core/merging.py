"""Fields of which both sides keep what either adds: what follows for one, and what a write of it teaches the memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from cosell.core import notes, people
from cosell.core.reconcile import is_empty, same
from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.reconcile import FieldView, Fit
    from cosell.core.record import Merge, Value


class _Change(Protocol):
    """What one side did to its value since its baseline."""

    @property
    def adds(self) -> bool:
        """Tell whether there is something to carry."""
        ...

    @property
    def took_away(self) -> bool:
        """Tell whether something went that is not taken from the other side."""
        ...


@dataclass(frozen=True, slots=True)
class Merged:
    """What follows for one merged field; nothing at all: both sides hold what either added."""

    kind: Literal["keep", "agree", "conflict", "carry"]
    writes: Mapping[Side, Value] = field(default_factory=dict)
    """The whole new value of each side that lacks something, as it would be stored there."""
    baselines: Mapping[Side, Value] = field(default_factory=dict)
    """What a written side is to be remembered with where it holds more of its own that is not carried yet."""
    overflowing: tuple[Side, ...] = ()
    """Sides that cannot hold what was added on the other."""
    took_away: tuple[Side, ...] = ()
    """Sides on which something went that the other keeps."""
    unheld: tuple[Side, ...] = ()
    """Sides that cannot hold everybody who joined on the other."""


_WAYS = {"append": notes, "members": people}


def merge(view: FieldView, *, fit: Fit) -> Merged:
    """Give what follows for a field that both sides only add to."""
    way = _WAYS[_how(view)]
    if not any(view.moved(side) for side in Side):
        return Merged("keep")
    if way.equal(*view.held.values()):
        return Merged("agree")
    if len(view.baseline) < len(Side):
        return _without_baseline(view, fit=fit)
    return _carry(view, view.baseline, fit=fit)


def landed(how: Merge, *, now: Value, known: Mapping[Side, Value], meant: tuple[Side, Value, Value]) -> Value | None:
    """Give the baseline of an unconfirmed write's target if the write was done; None where it was not.

    `known` are both baselines from before it; `meant` is the target side, what was sent, and the source's own value.
    """
    way, (target, sent, source) = _WAYS[how], meant
    if len(known) < len(Side):
        return sent if same(now, sent) else None
    change = way.stored_part(way.edit(known[target.other], source), sent)
    if not way.equal(now, sent) and (not change.adds or way.carried(change, now, source=source) is not None):
        return None
    return sent if way.equal(sent, source) else _with(how, change, known[target], source=source)


def _how(view: FieldView) -> Merge:
    assert view.field.merge is not None  # noqa: S101 - asked for merged fields only
    return view.field.merge


def _without_baseline(view: FieldView, *, fit: Fit) -> Merged:
    """Fill a side that says nothing; else write only what can be no doubling."""
    name, held, way = view.field.name, view.held, _WAYS[_how(view)]
    for side in Side:
        if is_empty(held[side]):
            return Merged("carry", {side: fit(side, name, held[side.other])})
    for side in Side:
        if way.contains(fit(side.other, name, held[side]), held[side.other]):
            return Merged("agree")
    return Merged("conflict") if way is notes else _carry(view, dict.fromkeys(Side), fit=fit)


def _carry(view: FieldView, baseline: Mapping[Side, Value], *, fit: Fit) -> Merged:
    name, held, how = view.field.name, view.held, _how(view)
    way = _WAYS[how]
    changes: dict[Side, _Change] = {side: way.edit(baseline[side], held[side]) for side in Side}
    writes: dict[Side, Value] = {}
    baselines: dict[Side, Value] = {}
    overflowing: list[Side] = []
    unheld: list[Side] = []
    for target in Side:
        source, change = held[target.other], changes[target.other]
        if not change.adds:
            continue
        in_step = not view.moved(target) and way.equal(held[target], baseline[target.other])
        # What was in step stays in step: an addition keeps its place.
        whole = way is notes and in_step and not change.took_away
        new = source if whole else way.carried(change, held[target], source=source)
        if new is None:
            continue
        takes = target in view.field.written_on or way is notes
        stored = fit(target, name, new) if takes else held[target]
        if not way.contains(stored, new):
            (overflowing if way is notes else unheld).append(target)
        if way.equal(stored, held[target]) or target in overflowing:
            continue
        writes[target] = stored
        if view.moved(target):
            landing = way.stored_part(change, stored)
            baselines[target] = _with(how, landing, baseline[target], source=source)
    took_away = tuple(side for side in Side if changes[side].took_away)
    if not (writes or overflowing or took_away or unheld):
        return Merged("agree")
    return Merged("carry", writes, baselines, tuple(overflowing), took_away, tuple(unheld))


def _with(how: Merge, change: _Change, value: Value, *, source: Value) -> Value:
    """Give a value with a change carried to it."""
    carried = _WAYS[how].carried(change, value, source=source)
    return value if carried is None else carried
