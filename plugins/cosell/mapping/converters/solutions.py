"""The solutions of a deal: a list on both sides, compared in the order of their ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.record import SolutionLine
from cosell.mapping.converters.amount import amount_of, rounded
from cosell.mapping.converters.people import items_of
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec
    from cosell.mapping.shape import ColumnLimit

PARTS: Final = SolutionLine._fields
_EXPECTED = "a list of solutions"


@dataclass(frozen=True, slots=True)
class Solutions:
    """A list of solution lines."""

    keys: tuple[str, ...]
    """The item's members, in the order of SolutionLine."""
    limits: tuple[ColumnLimit | None, ...]
    fixed: Mapping[str, object]
    """Members that every written item holds besides."""
    sparse: bool
    """Leave a price or quantity out of the item where there is none."""

    @classmethod
    def make(cls, spec: Spec) -> Solutions:
        """Make the converter for one side."""
        return cls(
            tuple(spec.paths[part] for part in PARTS),
            tuple(spec.limit(part) for part in PARTS),
            fixed=(spec.line.fixed or {}).get(spec.side.value, {}),
            sparse=not spec.is_dataverse,
        )

    def read(self, cell: object) -> Value:
        """Give the lines in the order of their ids; a line without id and name is none."""
        if cell is None:
            return None
        lines = (self._line(item) for item in items_of(cell, expected=_EXPECTED))
        return _in_order(line for line in lines if line.id or line.name)

    def write(self, value: Value) -> object:
        """Give the list."""
        return [self._item(line) for line in lines_in(value)]

    def fit(self, value: Value) -> Value:
        """Give each line as the side's columns hold it."""
        return None if value is None else _in_order(self._fitted(line) for line in lines_in(value))

    def _line(self, item: Mapping[str, object]) -> SolutionLine:
        key_id, key_name, key_price, key_quantity = self.keys
        return SolutionLine(
            (text_of(item.get(key_id)) or "").strip(),
            text_of(item.get(key_name)) or "",
            amount_of(item.get(key_price)),
            amount_of(item.get(key_quantity)),
        )

    def _item(self, line: SolutionLine) -> dict[str, object]:
        said = {key: part for key, part in zip(self.keys, line, strict=True) if not (self.sparse and part is None)}
        return {**said, **self.fixed}

    def _fitted(self, line: SolutionLine) -> SolutionLine:
        of_id, of_name, of_price, of_quantity = self.limits
        return SolutionLine(
            shorten(line.id, of_id.max_length if of_id else None),
            shorten(line.name, of_name.max_length if of_name else None),
            None if line.price is None else rounded(line.price, of_price),
            None if line.quantity is None else rounded(line.quantity, of_quantity),
        )


def _in_order(lines: Iterable[SolutionLine]) -> tuple[SolutionLine, ...]:
    """Give the lines in an order that does not depend on where they came from."""
    return tuple(sorted(lines, key=lambda line: (line.id, line.name, str(line.price), str(line.quantity))))


def lines_in(value: Value) -> Iterable[SolutionLine]:
    """Give the solution lines of a canonical value."""
    return [item for item in value if isinstance(item, SolutionLine)] if isinstance(value, tuple) else []
