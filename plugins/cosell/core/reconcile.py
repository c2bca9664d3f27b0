"""One field of one pair: what moved since both sides last agreed, and who must be told (the table of the laws)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.record import Field, Value

    Fit = Callable[[Side, str, Value], Value]
    """How a side would store a value of a field."""

VerdictKind = Literal["keep", "agree", "write", "differ", "conflict", "shortened"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows for one field."""

    kind: VerdictKind
    """What to do with the two values.

    keep: nothing moved · agree: remember both · write: carry to `to` · differ: remember both, neither side may take
    the other's · conflict: a person decides · shortened: the edited copy is a cut of a longer original.
    """
    to: Side | None = None
    """Where the value is to be written; for `shortened`, where it would have gone."""
    lost: Side | None = None
    """The side whose edit loses, to be reported."""


KEEP, AGREE, DIFFER, CONFLICT = Verdict("keep"), Verdict("agree"), Verdict("differ"), Verdict("conflict")


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field as both sides hold it now, and as each held it when they last agreed."""

    field: Field
    held: Mapping[Side, Value]
    baseline: Mapping[Side, Value]
    """Without an entry for a side: nothing is remembered there."""

    def moved(self, side: Side) -> bool:
        """Tell whether that side differs from its own last agreed value; without one it counts as moved."""
        if side not in self.baseline:
            return True
        return not same(self.held[side], self.baseline[side])


def is_empty(value: Value) -> bool:
    """Tell whether a value says nothing: null, an empty text, an empty list."""
    return value is None or value in {"", ()}


def same(one: Value, other: Value) -> bool:
    """Compare two values of one side; the ways to say nothing are one."""
    return one == other or (is_empty(one) and is_empty(other))


def reconcile(view: FieldView, *, fit: Fit) -> Verdict:
    """Give the verdict for a field that both sides hold."""
    moved = {side for side in Side if view.moved(side)}
    if not moved:
        return KEEP
    if _values_agree(view, moved=moved, fit=fit):
        return AGREE
    if len(view.baseline) < len(Side) and (blank := _blank_side(view)):
        return _fill(view, blank)
    if view.field.authority is not None:
        return _by_authority(view, view.field.authority, moved=moved, fit=fit)
    return _shared(view, moved=moved, fit=fit)


def would_change(name: str, value: Value, *, held: Value, side: Side, fit: Fit) -> bool:
    """Tell whether writing the value to the side would change what it holds."""
    return not same(fit(side, name, value), held)


def _values_agree(view: FieldView, *, moved: set[Side], fit: Fit) -> bool:
    """Tell whether carrying the value that counts would change nothing (law 3)."""
    sources = {view.field.authority} if view.field.authority else moved
    return any(
        not would_change(view.field.name, view.held[side], held=view.held[side.other], side=side.other, fit=fit)
        for side in sources
    )


def _blank_side(view: FieldView) -> Side | None:
    blanks = [side for side in Side if is_empty(view.held[side])]
    return blanks[0] if len(blanks) == 1 else None


def _fill(view: FieldView, blank: Side) -> Verdict:
    """Without a baseline an empty value never wins; an authority's own side is never written."""
    return DIFFER if view.field.authority is blank else Verdict("write", to=blank)


def _by_authority(view: FieldView, authority: Side, *, moved: set[Side], fit: Fit) -> Verdict:
    lost = authority.other if authority.other in moved and authority.other in view.baseline else None
    return _guarded(view, Verdict("write", to=authority.other, lost=lost), fit=fit)


def _shared(view: FieldView, *, moved: set[Side], fit: Fit) -> Verdict:
    if len(moved) == 1:
        (source,) = moved
        return _guarded(view, Verdict("write", to=source.other), fit=fit)
    winner = view.field.on_conflict
    if winner is None:
        return CONFLICT
    verdict = _guarded(view, Verdict("write", to=winner.other, lost=winner.other), fit=fit)
    return CONFLICT if verdict.kind == "shortened" else verdict


def _guarded(view: FieldView, verdict: Verdict, *, fit: Fit) -> Verdict:
    """Law 5: a copy that fit shortened is never written back over the longer original."""
    target = verdict.to
    if target is not None and _is_cut_of(view, target, fit=fit):
        return Verdict("shortened", to=target)
    return verdict


def _is_cut_of(view: FieldView, longer: Side, *, fit: Fit) -> bool:
    original, copy = view.baseline.get(longer), view.baseline.get(longer.other)
    if not isinstance(original, str) or not isinstance(copy, str) or len(copy) >= len(original):
        return False
    return same(fit(longer.other, view.field.name, original), copy)
