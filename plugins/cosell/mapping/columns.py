"""One field on one side as a column: its cells taken out of many rows at once, read, fitted and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from cosell.core.record import Side
from cosell.mapping.cells import MISSING, Unreadable, UnreadableValueError
from cosell.mapping.converters.base import ONE, PLAIN, ROWS, Spec
from cosell.mapping.converters.people import Beside
from cosell.mapping.lines import place_on
from cosell.mapping.paths import Path, Payloads
from cosell.mapping.shape import ColumnLimit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Recipe
    from cosell.mapping.schema import FieldLine
    from cosell.mapping.settings import MappingSettings
    from cosell.mapping.shape import Limits, Named


Cells: TypeAlias = "np.ndarray[Any, Any]"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the columns are made for: the CRM's limits, and the settings."""

    limits: Limits
    settings: MappingSettings

    def shown(self, place: str | list[str] | dict[str, str] | None) -> str | list[str] | dict[str, str] | None:
        """Give a place without the rows beside one that this CRM does not show: the one row alone."""
        if not isinstance(place, dict) or ONE not in place or not self.limits or place[ROWS] in self.limits:
            return place
        return {part: f"{place[ONE]}.{path}" for part, path in place.items() if part not in {ONE, ROWS}}

    def limits_of(self, side: Side, by_part: Mapping[str, str]) -> dict[str, ColumnLimit]:
        """Give the limits of a field's parts, where they are known."""
        root = f"{by_part[ROWS]}." if ROWS in by_part else ""
        paths = {part: path if part in {ONE, ROWS} else f"{root}{path}" for part, path in by_part.items()}
        if side is Side.DATAVERSE:
            return {part: self.limits[path] for part, path in paths.items() if path in self.limits}
        lengths = self.settings.partner_center_lengths
        return {part: ColumnLimit("text", max_length=lengths[path]) for part, path in paths.items() if path in lengths}


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field lies on a side, and the converter that says it there."""

    name: str
    paths: tuple[Path, ...]
    """One; several with `parts`, a cell each; else the first that is filled is read."""
    converter: Converter
    parts: bool
    writable: bool
    """Whether the mapping lets the side take the field at all."""
    named: Named | None = None
    """The value is that of a row which the column points to."""

    @classmethod
    def make(cls, name: str, side: Side, *, line: FieldLine, recipe: Recipe, terms: Terms) -> Column:
        """Make the column of a field from its line."""
        place = terms.shown(place_on(line, side))
        by_part = _by_part(place, (ONE, ROWS, *recipe.parts.get(side, ())))
        known = terms.limits_of(side, by_part)
        converter = recipe.make(Spec(line, side, terms.settings, limits=known, paths=by_part))
        roots = [by_part[part] for part in (ONE, ROWS) if part in by_part]
        read = roots or (place if isinstance(place, list) else list(by_part.values()))
        takers = (Side if sides is None else sides for sides in (line.created_on, line.written_on))
        return cls(
            name,
            tuple(map(Path.parse, read)),
            converter,
            parts=len(read) > 1 and not isinstance(place, list),
            writable=any(side in sides for sides in takers),
            named=line.named if side is Side.DATAVERSE else None,
        )

    def read(self, payloads: Payloads) -> Cells:
        """Give the canonical values of these rows; MISSING or an Unreadable where there is none."""
        cells = [payloads.cells(path) for path in self.paths]
        if self.parts:
            return _objects([self._read_parts(parts) for parts in zip(*cells, strict=True)])
        column = _objects(cells[0])
        for spare in map(_objects, cells[1:]):
            column = np.where(_is_filled(column) | ~_is_filled(spare), column, spare)
        return self._read_distinct(column)

    def write(self, value: Value, *, before: Value = None) -> dict[str, object]:
        """Give wire path → JSON value for a value; nothing where the converter writes nothing.

        `before` is what the record holds: rows beside one are written as who joins and who leaves.
        """
        converter, fitted = self.converter, self.converter.fit(value)
        cell = converter.change(before, fitted) if isinstance(converter, Beside) else converter.write(fitted)
        cells = cell if self.parts and isinstance(cell, tuple) else (cell,)
        told = {path.text: part for path, part in zip(self.paths, cells, strict=False) if part is not MISSING}
        return {path: self.named.value(part, field=self.name) for path, part in told.items()} if self.named else told

    def _read_distinct(self, values: Cells) -> Cells:
        """Read each text once, however many rows hold it; what is no text one by one."""
        is_text = _marks([isinstance(cell, str) for cell in values])
        codes, texts = pd.factorize(values[is_text])
        values[is_text] = self._read_all(texts)[codes]
        values[~is_text] = self._read_all(values[~is_text])
        return values

    def _read_all(self, cells: Cells) -> Cells:
        """Read one by one."""
        return _objects([self._read_one(cell) for cell in cells])

    def _read_parts(self, parts: tuple[object, ...]) -> object:
        """Read a cell of several parts: missing where all are, else the missing ones count as null."""
        wrong = next((part for part in parts if isinstance(part, Unreadable)), None)
        if wrong is not None:
            return wrong
        if all(part is MISSING for part in parts):
            return MISSING
        return self._read_one(tuple(None if part is MISSING else part for part in parts))

    def _read_one(self, cell: object) -> object:
        if cell is MISSING or isinstance(cell, Unreadable):
            return cell
        try:
            return self.converter.read(cell)
        except UnreadableValueError as error:
            return Unreadable(error.expected, error.found)


def _objects(cells: Sequence[object]) -> Cells:
    """Give a column that keeps each cell as the object it is: a list must not become rows, nor null NaN."""
    return np.fromiter(cells, dtype=object, count=len(cells))


def _marks(cells: Sequence[bool]) -> Cells:
    return np.fromiter(cells, dtype=bool, count=len(cells))


def _is_filled(column: Cells) -> Cells:
    return _marks([cell is not MISSING and cell is not None and cell != "" for cell in column])


def _by_part(place: str | list[str] | dict[str, str] | None, order: tuple[str, ...]) -> dict[str, str]:
    if isinstance(place, dict):
        return {part: place[part] for part in order if part in place}
    return {PLAIN: place if isinstance(place, str) else (place or [""])[0]}
