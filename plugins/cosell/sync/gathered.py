"""The records of one chunk: as they were read, and as the decisions take them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.record import Ref, Side
from cosell.sync.ports import Gone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.actions import Said
    from cosell.core.pair import Pair
    from cosell.core.record import Binding, Row, Snapshot, Unmapped, Value
    from cosell.sync.ports import Unsettled


@dataclass(slots=True)
class Batch:
    """The records of one chunk, as far as they are known."""

    rows: dict[Ref, Row | None]
    """Read in this run; None: asked for by id and gone."""
    read_at: int
    """The state's revision when they were read: a half changed since makes its row out of date."""
    out_of_scope: set[Ref] = field(default_factory=set)
    whole: bool = False
    """Read by a run that listed both sides whole."""

    def take(self, side: Side, found: Mapping[str, Row | Gone]) -> None:
        """Put in what was just fetched by key."""
        for key, row in found.items():
            ref = Ref(side, key)
            self.rows[ref] = None if isinstance(row, Gone) else row
            if isinstance(row, Gone) and row.out_of_scope:
                self.out_of_scope.add(ref)


@dataclass(frozen=True, slots=True)
class Orphaned:
    """A bound pair of which one half is gone."""

    pair: Pair
    gone: Side
    out_of_scope: bool
    confirmed: bool
    """Missed in a whole list too, or known to be gone."""


@dataclass(slots=True)
class Gathered:
    """What the decisions of one chunk are made from."""

    pairs: list[Pair] = field(default_factory=list)
    orphans: list[Orphaned] = field(default_factory=list)
    new_referrals: list[Snapshot] = field(default_factory=list)
    new_opportunities: list[Snapshot] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    clashes: list[tuple[Snapshot, str]] = field(default_factory=list)
    """Records that are tied to one which belongs to another, with the sentence's id."""
    doubtful: list[tuple[Snapshot, Said]] = field(default_factory=list)
    """Records of which a person must decide what they belong with."""
    withdrawn: list[Ref] = field(default_factory=list)
    """Records that were unsettled and need nothing any more: gone, or no longer shared."""
    held: list[Ref] = field(default_factory=list)
    """Records that another run works on."""
    heirs: dict[Ref, Binding] = field(default_factory=dict)
    """Which binding takes over from a qualified lead, by referral."""
    heirs_hold: dict[Ref, Mapping[str, Value]] = field(default_factory=dict)
    """What the opportunity that takes over holds, by referral."""
    elsewhere: Counter[str] = field(default_factory=Counter)
    """Referrals bound to rows of tables that are not kept in step, by table."""
    engaged: set[Ref] = field(default_factory=set)
    """Referrals that were read with Microsoft's part of their engagement."""
    unsettled: dict[Ref, Unsettled] = field(default_factory=dict)
    colleagues: frozenset[str] = frozenset()
    """Addresses of people whom the CRM holds on teams, of those that are asked about."""
