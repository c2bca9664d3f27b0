"""A bound pair as it stands, and its plan while it is being worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.actions import FieldNote, Said, Update
from cosell.core.lifecycle import OPEN, Gate
from cosell.core.merging import landed
from cosell.core.people import address
from cosell.core.reconcile import FieldView, same
from cosell.core.record import Member, Side
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.actions import Invite
    from cosell.core.choice import Choice
    from cosell.core.record import Binding, Field, Half, InFlight, Merge, Snapshot, Value

STOPPED: dict[Gate, tuple[str, str]] = {
    Gate.NEVER: ("final", "FINAL-1"),
    Gate.CLOSED: ("final", "CLOSED-1"),
    Gate.NOT_YET: ("wait", "WAIT-1"),
}
"""Why a write does not go through a gate, and what is said of it."""
NOTED_AS = {"conflict": "conflict", "wait": "waiting", "apart": "differs", "told": "remarked"}
GRAVEST_FIRST = ("conflict", "refused", "wait")


@dataclass(frozen=True, slots=True)
class Pair:
    """A bound pair as it stands: both halves now, and what is remembered of them."""

    binding: Binding
    snapshots: Mapping[Side, Snapshot]
    halves: Mapping[Side, Half]
    notes: tuple[InFlight, ...] = ()
    adopted: bool = False
    choices: tuple[Choice, ...] = ()
    """What a person decided on its fields."""
    told: frozenset[str] = frozenset()
    """The ids of what its seller was told, and what stands so far."""

    @property
    def is_inherited(self) -> bool:
        """Tell whether the opportunity took over a lead's referral and was never seen flagged since."""
        half = self.halves.get(Side.DATAVERSE)
        return not self.binding.paused and half is not None and half.values.get("flag", ...) is None

    def baseline(self, fields: Mapping[str, Field]) -> dict[Side, dict[str, Value]]:
        """Give each side's baseline, with writes that landed unconfirmed counted in (law 4)."""
        known: dict[Side, dict[str, Value]] = {s: dict(self.halves[s].values) if s in self.halves else {} for s in Side}
        for note in self.notes:
            held = self.snapshots[note.target].values if note.target in self.snapshots else {}
            for name, meant in note.meant.items():
                if name not in note.sent_from or name not in fields:
                    continue
                now = held.get(name)
                if (how := fields[name].merge) and note.operation == "update" and name in held:
                    _count_in(note, how, now=(name, now), known=known)
                elif (name in held and same(now, meant)) or (
                    note.operation == "create" and _landed_with_the_record(fields[name], now, meant)
                ):
                    known[note.target][name] = meant
                    known[note.target.other][name] = note.sent_from[name]
                elif note.operation == "create" and _is_part_of(now, meant):
                    known[note.target][name] = now  # the rest did not land: only the source counts as moved
        return known


def _count_in(note: InFlight, how: Merge, *, now: tuple[str, Value], known: Mapping[Side, dict[str, Value]]) -> None:
    """Count in an unconfirmed write of a merged field where the target holds what was added."""
    name, held = now
    before = {side: known[side][name] for side in Side if name in known[side]}
    source = note.sent_from[name]
    baseline = landed(how, now=held, known=before, meant=(note.target, note.meant[name], source))
    if baseline is not None:
        known[note.target][name], known[note.target.other][name] = baseline, source


def _landed_with_the_record(field: Field, now: Value, meant: Value) -> bool:
    """Tell whether a value must have landed when the record itself did: another one seen now is a person's edit.

    Rows beneath a record are written after it, and rows that were found rather than made never hold what was sent.
    """
    return bool(field.written_on) and not _is_part_of(now, meant)


def _is_part_of(now: Value, meant: Value) -> bool:
    """Tell whether of the rows meant only some are there."""
    if not isinstance(meant, tuple) or not isinstance(now, tuple | None):
        return False
    there, whole = ([_identity(row) for row in rows or ()] for rows in (now, meant))
    return len(there) < len(whole) and set(there) <= set(whole)


def _identity(row: Value) -> Value:
    """Give what tells a row beneath a record from its siblings."""
    if isinstance(row, Member):
        return address(row)
    return row[0] if isinstance(row, tuple) else row


@dataclass(slots=True)
class Draft:
    """A plan while it is being worked out."""

    updates: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    sent_from: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    baselines: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    remember: dict[Side, dict[str, Value]] = field(default_factory=lambda: {side: {} for side in Side})
    stale: dict[Side, bool] = field(default_factory=lambda: dict.fromkeys(Side, False))
    reasons: set[str] = field(default_factory=set)
    said: list[Said] = field(default_factory=list)
    notes: list[FieldNote] = field(default_factory=list)
    close_as: str | None = None
    answer: str | None = None
    """The state that an unanswered referral is moved to."""
    invite: Invite | None = None
    rules: dict[str, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    kept: int = 0

    def reason(self) -> str | None:
        """Give the gravest reason for which the record stays unsettled."""
        for reason in GRAVEST_FIRST:
            if reason in self.reasons:
                return reason
        if "notified" in self.reasons:
            return "wait" if self.said else "notified"
        return "remarked" if self.said else None

    def put(self, side: Side, name: str, *, value: Value, sent_from: Value) -> None:
        """Carry a value to a side."""
        self.updates[side][name], self.sent_from[side][name] = value, sent_from

    def agree(self, view: FieldView) -> None:
        """Remember what both sides hold, and write nothing."""
        for side in Side:
            self.remember[side][view.field.name] = view.held[side]

    def agree_if_moved(self, view: FieldView) -> None:
        """Remember both values, whatever they are, where either is news."""
        if any(view.moved(side) for side in Side):
            self.agree(view)
        else:
            self.kept += 1

    def differ(self, view: FieldView) -> None:
        """Remember both values as they are: neither side may take the other's."""
        self.agree(view)
        self.notes.append(self._note("differs", view))

    def lose(self, view: FieldView, lost: Side) -> None:
        """Report the edit that loses."""
        self.notes.append(FieldNote("lost", view.field.name, old=view.held[lost], new=view.held[lost.other]))

    def hold(self, view: FieldView, *, reason: str, said: Said) -> None:
        """Carry nothing for this field: what moved stays unremembered, so that the side is known to be stale."""
        self.said.append(said)
        self.reasons.add(reason)
        self.notes.append(self._note(NOTED_AS.get(reason, "refused"), view, detail=said.sentence))
        for side in Side:
            self.stale[side] = self.stale[side] or view.moved(side)

    def stop(self, view: FieldView, passed: Gate, *, target: Side) -> None:
        """Carry nothing, as the target's gate says; what waits for an answer that is under way comes back."""
        if passed is Gate.NOT_YET and self.answer == OPEN:
            self.notes.append(self._note("waiting", view))
            self.come_back(target.other)
            return
        reason, code = STOPPED[passed]
        name = view.field.name
        said = Said(code, say(code, field=name, side=target), name, final=reason == "final")
        self.hold(view, reason=reason, said=said)

    def come_back(self, side: Side) -> None:
        """Leave to the next run what the side holds besides."""
        self.stale[side] = True
        self.reasons.add("notified")

    def planned_updates(self) -> dict[Side, Update]:
        """Give the edits of each side that has any."""
        closes = {Side.PARTNER_CENTER: None, Side.DATAVERSE: self.close_as}
        return {
            side: Update(side, values, self.sent_from[side], closes[side], _among(self.baselines[side], values))
            for side, values in self.updates.items()
            if values
        }

    @staticmethod
    def _note(action: str, view: FieldView, *, detail: str = "") -> FieldNote:
        old, new = view.held[Side.PARTNER_CENTER], view.held[Side.DATAVERSE]
        return FieldNote(action, view.field.name, old=old, new=new, detail=detail)


def _among(baselines: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in baselines.items() if name in values}
