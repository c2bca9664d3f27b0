"""whole: look at all that both sides list before a reconciling run plans: who belongs together without any known id."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from cosell.core.lifecycle import CATEGORY_FIELDS, is_closed
from cosell.core.record import Ref, Row, Side
from cosell.sync.alike import LOOKS, Alike, Look, compare, look_of
from cosell.sync.staged import PullFile, line_to_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cosell.core.record import Value
    from cosell.sync.world import World

    Values = Mapping[str, Value]

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
T = TypeVar("T")
AT_ONCE = 500
_LINKS = frozenset({"crm_id", "referral_identifier", "other_referral_identifier"})
_READ = LOOKS | _LINKS | CATEGORY_FIELDS | {"status", "organization_id", "label"}


async def look_at_all(world: World, *, skip: Callable[[Values], bool]) -> Alike:
    """Compare what is unbound on both sides, page by page; `skip` leaves out referrals that are none of ours to carry.

    What a known id ties together is left to the matcher.
    """
    looker = _Looker(world, skip)
    looker.take_referrals(_pulled(world, PC))
    looker.take_rows(_pulled(world, DV))
    for looks in _cut(looker.unmatched()):
        names = list(dict.fromkeys(look.spelled for look in looks if look.spelled))
        looker.take_rows(await world.replicas[DV].find(names, by="deal_name"))
    alike = compare(looker.unmatched(), list(looker.rows.values()))
    looker.tell_twice(alike)
    return alike


class _Looker:
    """The looks of all unbound records, without those that a known id ties to another."""

    def __init__(self, world: World, skip: Callable[[Values], bool]) -> None:
        self._world, self._skip = world, skip
        self._referrals: dict[str, Look] = {}
        self._by_crm_id: dict[str, str] = {}
        self._tied: set[str] = set()
        self._engaged: dict[str, list[str]] = {}
        self.rows: dict[str, Look] = {}

    def unmatched(self) -> list[Look]:
        """Give the referrals that no known id ties to a row."""
        return [look for key, look in self._referrals.items() if key.lower() not in self._tied]

    def take_referrals(self, rows: Iterable[Row]) -> None:
        """Look at referrals."""
        for row, values, is_bound in self._read(PC, rows):
            engagement = str(values.get("engagement_identifier") or "")
            if engagement and not is_closed(values):
                self._engaged.setdefault(engagement, []).append(row.key)
            if not is_bound and not self._skip(values):
                self._referrals[row.key] = look_of(PC, row.key, values, fit=self._world.mapper.fit)
                if values.get("crm_id"):
                    self._by_crm_id[str(values["crm_id"]).lower()] = row.key.lower()

    def take_rows(self, rows: Iterable[Row]) -> None:
        """Look at rows of the CRM."""
        for row, values, is_bound in self._read(DV, rows):
            named = values.get("referral_identifier") or values.get("other_referral_identifier")
            tied = str(named).strip().lower() if named else self._by_crm_id.get(row.key.lower())
            if tied:
                self._tied.add(tied)
            elif not is_bound:
                self.rows[row.key] = look_of(DV, row.key, values, fit=self._world.mapper.fit)

    def tell_twice(self, alike: Alike) -> None:
        """Report engagements in which several referrals of ours are open, and hold those that are not bound."""
        alike.twice = {engagement: keys for engagement, keys in self._engaged.items() if len(keys) > 1}
        for keys in alike.twice.values():
            for key in keys:
                if key in self._referrals:
                    alike.part(key)
                    alike.doubt(Ref(PC, key), [other for other in keys if other != key], code="TWICE-1")

    def _read(self, side: Side, rows: Iterable[Row]) -> Iterator[tuple[Row, Values, bool]]:
        for some in _cut(rows):
            bound = self._world.state.bindings([Ref(side, row.key) for row in some])
            values = self._world.mapper.read(side, some, names=_READ)
            for row, read in zip(some, values, strict=True):
                yield row, read, Ref(side, row.key) in bound


def _pulled(world: World, side: Side) -> Iterator[Row]:
    lines = (line_to_row(side, line) for line in PullFile(world.staging, side).lines())
    return (row for row in lines if row is not None)


def _cut(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, AT_ONCE)):
        yield piece
