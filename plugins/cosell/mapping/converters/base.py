"""What a converter is: how one side says one field, read, written and fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cosell.core.record import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.record import Value
    from cosell.mapping.catalogue import Kind
    from cosell.mapping.located import Spot
    from cosell.mapping.schema import FieldLine
    from cosell.mapping.settings import MappingSettings
    from cosell.mapping.shape import ColumnLimit

PLAIN = ""
"""Name of the only part of a field that lies in one place."""
ROWS = "rows"
"""Name of the part that is a list; the other parts are members of its items."""
ONE = "one"
"""Name of a part that is one row like those of the list, and stands before them."""


class Converter(Protocol):
    """One field on one side. The cell of a field in one place is its JSON value, of several parts a tuple of them.

    `read(write(fit(value))) == fit(value)` for every value that `read` can give on either side.
    """

    def read(self, cell: object) -> Value:
        """Give the canonical value; raises UnreadableValueError. Never called with a missing cell."""
        ...

    def write(self, value: Value) -> object:
        """Give the cell for a fitted value; MISSING where nothing is to be written."""
        ...

    def fit(self, value: Value) -> Value:
        """Give the value as this side would store it."""
        ...


@dataclass(frozen=True, slots=True)
class Spec:
    """What a converter is made from: its line of the mapping, the side, the columns' limits, the settings."""

    line: FieldLine
    side: Side
    settings: MappingSettings
    limits: Mapping[str, ColumnLimit] = field(default_factory=dict)
    """By part; a part whose column is not known has none."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """By part; beneath rows, the member's name in each item."""

    @property
    def is_dataverse(self) -> bool:
        """Tell whether the side is Dataverse, which keeps no empty text and numbers its choices."""
        return self.side is Side.DATAVERSE

    def limit(self, part: str = PLAIN) -> ColumnLimit | None:
        """Give what the column of a part can hold, where it is known."""
        return self.limits.get(part)

    def length(self, part: str = PLAIN) -> int | None:
        """Give the longest text of a part in UTF-16 units, where it is known."""
        limit = self.limits.get(part)
        return limit.max_length if limit else None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named converter: what it gives, which parts it reads on each side, which keys of the line it needs."""

    gives: Kind
    make: Callable[[Spec], Converter]
    parts: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    """None for a side: the field lies in one place there."""
    extra: frozenset[str] = frozenset()
    """Parts that Dataverse's place may have besides: rows, and the one row before them."""
    options: frozenset[str] = frozenset()
    """Keys of the line that it reads besides the common ones."""
    needs: frozenset[str] = frozenset()
    """Those of them that must be there."""
    setting: str | None = None
    """The setting that its values depend on."""
    source: str | None = None
    """Fingerprint of the user's file that it stands in."""
    spot: Spot | None = None
