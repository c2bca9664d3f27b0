"""alike: deals that belong together although no id says so: of one engagement, or of one name, customer and value."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from cosell.core.actions import Said
from cosell.core.record import Ref, Side
from cosell.core.sentences import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cosell.core.reconcile import Fit
    from cosell.core.record import Value

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
TOLD_OF = 3
"""Candidates named in a sentence."""
LOOKS = frozenset({"deal_name", "customer_name", "deal_value", "engagement_identifier", "other_engagement_identifier"})
"""Fields by which deals look alike."""
SAID = {PC: "ALIKE-1", DV: "ALIKE-2"}
ALIKE = frozenset({*SAID.values(), "TWICE-1"})
"""Sentences that hold a record until a person, or the next look at both sides whole, decides."""


class Look(NamedTuple):
    """What tells an unbound deal that carries no known id."""

    key: str
    engagement: str
    name: str
    customer: str
    value: Value
    spelled: str = ""
    """The name as the CRM would hold it without a mark."""


@dataclass(slots=True)
class Alike:
    """What a look at both sides whole found."""

    row_of: dict[str, str] = field(default_factory=dict)
    """Referral id → key of the row that is certainly the same deal; one-to-one."""
    referral_of: dict[str, str] = field(default_factory=dict)
    """The same the other way."""
    doubts: dict[Ref, Said] = field(default_factory=dict)
    """Records of which a person must decide whether they belong together."""
    twice: dict[str, list[str]] = field(default_factory=dict)
    """Engagement → our own referrals in it, where there are several."""

    def doubt(self, ref: Ref, others: Iterable[str], *, code: str | None = None) -> None:
        """Hold a record, naming those that it may belong with."""
        named = sorted(others)
        detail = ", ".join(named[:TOLD_OF]) + (", ..." if len(named) > TOLD_OF else "")
        code = code or SAID[ref.side]
        self.doubts[ref] = Said(code, say(code, detail=detail))

    def pair(self, referral: Look, row: Look) -> None:
        """Put two down as the same deal."""
        self.row_of[referral.key], self.referral_of[row.key] = row.key, referral.key

    def part(self, referral: str) -> None:
        """Take back that the referral is certainly some row's."""
        if row := self.row_of.pop(referral, None):
            del self.referral_of[row]


def look_of(side: Side, key: str, values: Mapping[str, Value], *, fit: Fit) -> Look:
    """Give what tells a deal, as the CRM would say it."""

    def said(name: str) -> Value:
        value = values.get(name)
        return fit(DV, name, value) if side is PC else value

    engagement = values.get("engagement_identifier") or values.get("other_engagement_identifier")
    name = said("deal_name")
    return Look(
        key,
        engagement=_plain(engagement),
        name=_plain(name),
        customer=_plain(said("customer_name")),
        value=said("deal_value"),
        spelled=str(name or ""),
    )


def compare(referrals: Sequence[Look], rows: Sequence[Look]) -> Alike:
    """Find who belongs together: by engagement, then by name and customer, of which the value decides."""
    alike = Alike()
    _by_engagement(referrals, rows, alike)
    rest = [
        [each for each in looks if each.key not in known and Ref(side, each.key) not in alike.doubts]
        for side, looks, known in ((PC, referrals, alike.row_of), (DV, rows, alike.referral_of))
    ]
    for ours, theirs in _grouped(*rest, by=lambda each: (each.name, each.customer)):
        _by_value(ours, theirs, alike)
    return alike


def _by_engagement(referrals: Sequence[Look], rows: Sequence[Look], alike: Alike) -> None:
    for ours, theirs in _grouped(referrals, rows, by=lambda each: (each.engagement,)):
        _pair_or_doubt(ours, theirs, alike)


def _by_value(referrals: Sequence[Look], rows: Sequence[Look], alike: Alike) -> None:
    """Pair those of one name and customer whose value is there once on each side; the others may be any of them."""
    for ours, theirs in _grouped(referrals, rows, by=lambda each: (each.value,)):
        if len(ours) == len(theirs) == 1:
            alike.pair(ours[0], theirs[0])
    left = [each for each in referrals if each.key not in alike.row_of]
    others = [each for each in rows if each.key not in alike.referral_of]
    if left and others:
        _doubt_all(left, others, alike)


def _pair_or_doubt(referrals: Sequence[Look], rows: Sequence[Look], alike: Alike) -> None:
    if len(referrals) == len(rows) == 1:
        alike.pair(referrals[0], rows[0])
    else:
        _doubt_all(referrals, rows, alike)


def _doubt_all(referrals: Sequence[Look], rows: Sequence[Look], alike: Alike) -> None:
    for each in referrals:
        alike.doubt(Ref(PC, each.key), [row.key for row in rows])
    for row in rows:
        alike.doubt(Ref(DV, row.key), [each.key for each in referrals])


def _grouped(
    referrals: Iterable[Look], rows: Iterable[Look], *, by: Callable[[Look], tuple[Value, ...]]
) -> list[tuple[list[Look], list[Look]]]:
    """Give the groups that both sides have members of; what lacks a part of the sign belongs to none."""
    groups: dict[tuple[Value, ...], tuple[list[Look], list[Look]]] = defaultdict(lambda: ([], []))
    for number, looks in enumerate((referrals, rows)):
        for each in looks:
            if all(sign := by(each)):
                groups[sign][number].append(each)
    return [group for group in groups.values() if all(group)]


def _plain(text: Value) -> str:
    """Give a text as it is compared: without regard to case, composition and spacing."""
    return " ".join(unicodedata.normalize("NFC", str(text or "")).split()).casefold()
