"""What a person changed in columns that are the sync's own: told here once, put back by write back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.actions import FieldNote
from cosell.core.reconcile import is_empty, same
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.core.pair import Pair
    from cosell.core.record import Field, Side, Value
    from cosell.core.terms import Terms

MARK = "mark"
"""A change of the mark alone is no edit: it is put back without a word."""
SHOWN = frozenset({"referral_identifier", "engagement_identifier", "referral_link", "crm_id", "microsoft_crm_id"})
"""Values that name nobody, so that the history may hold them."""
CODE = "OWN-1"


def hand_edits(pair: Pair, terms: Terms) -> Iterator[FieldNote]:
    """Give a note for each of our own columns that holds neither what was left there nor what belongs there."""
    for side, snapshot in pair.snapshots.items():
        if snapshot.remembered or side not in pair.halves:
            continue
        for each in terms.fields.values():
            if _is_kept_by_us(each, side) and _is_changed(each, side, pair, terms=terms):
                shown = each.name in SHOWN
                now, due = snapshot.values.get(each.name), _due(each, side, pair)
                sentence = say(CODE, field=each.name, side=side)
                yield FieldNote(
                    "put_back", each.name, old=now if shown else None, new=due if shown else None, detail=sentence
                )


def _is_kept_by_us(field: Field, side: Side) -> bool:
    return field.bookkeeping and field.name != MARK and field.authority is not side and side in field.sides


def _is_changed(field: Field, side: Side, pair: Pair, *, terms: Terms) -> bool:
    name, now = field.name, pair.snapshots[side].values.get(field.name)
    left = pair.halves[side].values.get(name, now)
    written = [note.meant[name] for note in pair.notes if note.target is side and name in note.meant]
    if same(now, left) or any(same(now, meant) for meant in written):
        return False
    due = _due(field, side, pair)
    return not (field.is_shared_by_both and not is_empty(due) and same(now, terms.fit(side, name, due)))


def _due(field: Field, side: Side, pair: Pair) -> Value:
    """Give what belongs in the column: what the other side says, else what was left there."""
    if field.is_shared_by_both:
        return pair.snapshots[side.other].values.get(field.name)
    return pair.halves[side].values.get(field.name)
