"""One field on one side as a column: its cells taken out of many rows at once, read, fitted and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from cosell.core.record import Side
from cosell.mapping.cells import MISSING, Unreadable, UnreadableValueError
from cosell.mapping.converters.base import PLAIN, ROWS, Spec
from cosell.mapping.lines import place_on
from cosell.mapping.paths import Path, Payloads
from cosell.mapping.shape import ColumnLimit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Recipe
    from cosell.mapping.schema import FieldLine
    from cosell.mapping.settings import MappingSettings
    from cosell.mapping.shape import Limits


@dataclass(frozen=True, slots=True)
class Terms:
    """What the columns are made for: the CRM's limits, and the settings."""

    limits: Limits
    settings: MappingSettings

    def limits_of(self, side: Side, by_part: Mapping[str, str]) -> dict[str, ColumnLimit]:
        """Give the limits of a field's parts, where they are known."""
        root = f"{by_part[ROWS]}." if ROWS in by_part else ""
        paths = {part: path if part == ROWS else f"{root}{path}" for part, path in by_part.items()}
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

    @classmethod
    def make(cls, name: str, side: Side, *, line: FieldLine, recipe: Recipe, terms: Terms) -> Column:
        """Make the column of a field from its line."""
        place = place_on(line, side)
        by_part = _by_part(place, recipe.parts.get(side, ()))
        known = terms.limits_of(side, by_part)
        converter = recipe.make(Spec(line, side, terms.settings, limits=known, paths=by_part))
        read = [by_part[ROWS]] if ROWS in by_part else place if isinstance(place, list) else list(by_part.values())
        takers = (Side if sides is None else sides for sides in (line.created_on, line.written_on))
        return cls(
            name,
            tuple(map(Path.parse, read)),
            converter,
            parts=len(by_part) > 1 and ROWS not in by_part,
            writable=any(side in sides for sides in takers),
        )

    def read(self, payloads: Payloads) -> pd.Series:
        """Give the canonical values of these rows; MISSING or an Unreadable where there is none."""
        cells = [payloads.cells(path) for path in self.paths]
        if self.parts:
            return _objects([self._read_parts(parts) for parts in zip(*cells, strict=True)])
        column = _objects(cells[0])
        for spare in map(_objects, cells[1:]):
            column = column.where(_is_filled(column), spare.where(_is_filled(spare), column))
        return self._read_distinct(column)

    def write(self, value: Value) -> dict[str, object]:
        """Give wire path → JSON value for a value; nothing where the converter writes nothing."""
        cell = self.converter.write(self.converter.fit(value))
        cells = cell if self.parts and isinstance(cell, tuple) else (cell,)
        return {path.text: part for path, part in zip(self.paths, cells, strict=False) if part is not MISSING}

    def _read_distinct(self, column: pd.Series) -> pd.Series:
        """Read each text once, however many rows hold it; what is no text one by one."""
        is_text = column.map(lambda cell: isinstance(cell, str)).to_numpy(dtype=bool)
        codes, texts = pd.factorize(column[is_text])
        # numpy's assignment keeps objects as they are, pandas' would make timestamps of times
        values = column.to_numpy(copy=True)
        values[is_text] = _objects([self._read_one(text) for text in texts]).to_numpy()[codes]
        values[~is_text] = _objects([self._read_one(cell) for cell in column[~is_text]]).to_numpy()
        return _objects(values)

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


def _objects(cells: Sequence[object] | np.ndarray[Any, Any]) -> pd.Series:
    """Give a column that keeps each cell as the object it is: pandas must not turn null into NaN, or 1 into 1.0."""
    return pd.Series(cells, dtype=object)


def _is_filled(column: pd.Series) -> pd.Series:
    return pd.Series([cell is not MISSING and cell is not None and cell != "" for cell in column], dtype=bool)


def _by_part(place: str | list[str] | dict[str, str] | None, order: tuple[str, ...]) -> dict[str, str]:
    if isinstance(place, dict):
        return {part: place[part] for part in order if part in place}
    return {PLAIN: place if isinstance(place, str) else (place or [""])[0]}
