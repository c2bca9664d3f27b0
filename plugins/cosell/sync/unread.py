"""unread: records that were found as the other half of a deal and cannot be read: that deal is no new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.core.record import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cosell.core.record import Row, Side, Value
    from cosell.sync.alike import Alike
    from cosell.sync.ports import Mapper

_NAMES = ("crm_id", "referral_identifier", "other_referral_identifier")
"""Fields by which one half names the other."""


@dataclass(slots=True)
class Unread:
    """Keys of records that could not be read, and of those that they name."""

    mapper: Mapper
    keys: set[str] = field(default_factory=set)

    def mapped(self, side: Side, rows: Sequence[Row]) -> list[Snapshot]:
        """Give those rows that can be read, and keep in mind the others."""
        found = self.mapper.snapshots(side, rows) if rows else []
        wrong = [row for row, each in zip(rows, found, strict=True) if not isinstance(each, Snapshot)]
        self.note(side, wrong)
        return [each for each in found if isinstance(each, Snapshot)]

    def note(self, side: Side, rows: Sequence[Row]) -> None:
        """Keep in mind rows that cannot be read."""
        for row, values in zip(rows, self.mapper.read(side, rows, names=_NAMES) if rows else (), strict=True):
            self.keys |= _said([row.key, *(values.get(name) for name in _NAMES)])

    def concerns(self, snapshot: Snapshot, *, alike: Alike | None) -> bool:
        """Tell whether one of them is the other half of a record, or may be."""
        likely = alike.row_of.get(snapshot.key) if alike else None
        said = _said([snapshot.key, likely, *(snapshot.values.get(name) for name in _NAMES)])
        return not self.keys.isdisjoint(said)


def _said(keys: Iterable[Value]) -> set[str]:
    return {str(key).strip().lower() for key in keys if key}
