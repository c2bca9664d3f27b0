"""The mapping at work: rows to canonical values column by column, and values back to what a side takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.record import Ref, Side, Snapshot, Unmapped
from cosell.mapping.cells import MISSING, Unreadable, UnreadableValueError
from cosell.mapping.converters.marked_name import join
from cosell.mapping.own.converter import Own
from cosell.mapping.paths import Payloads

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cosell.core.record import Field, Row, Value
    from cosell.mapping.columns import Column
    from cosell.mapping.own.hooks import Hooks

CHUNK: Final = 2_000
"""Rows turned into columns at a time, so that memory does not grow with the number of rows."""
_NAME, _MARK = "deal_name", "mark"


@dataclass(frozen=True, slots=True)
class TableMapper:
    """A mapping with its columns made for both sides; implements `cosell.sync.ports.Mapper`."""

    fields: Mapping[str, Field]
    fingerprints: Mapping[str, str]
    columns: Mapping[Side, Mapping[str, Column]]
    new: Mapping[Side, Mapping[str, object]]
    """Wire paths that a new record gets besides the fields."""
    marks: bool
    hooks: Hooks | None = None

    def snapshots(self, side: Side, rows: Sequence[Row]) -> list[Snapshot | Unmapped]:
        """Give each row's canonical values, in order; a row that cannot be read is Unmapped, with the field named."""
        given: list[Snapshot | Unmapped] = []
        for start in range(0, len(rows), CHUNK):
            given += self._chunk(side, rows[start : start + CHUNK])
        return given

    def read(self, side: Side, rows: Sequence[Row], *, names: Collection[str]) -> list[dict[str, Value]]:
        """Give only these fields of each row, in order; what cannot be read is left out."""
        hooked = side is Side.PARTNER_CENTER and self.hooks and not self.hooks.fills.keys().isdisjoint(names)
        values, reasons = self._cells(side, rows, names=self.columns[side].keys() if hooked else names)
        if hooked:
            self._finish(values, reasons)
        return [{name: each[name] for name in each if name in names and not _is_wrong(each[name])} for each in values]

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give the wire paths that a new record on the side gets besides the fields."""
        return self.new[side]

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as that side would store it; as it is where the side has no such field."""
        column = self.columns[side].get(name)
        return value if column is None else column.converter.fit(value)

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give wire paths and JSON values for these fields, fitted; what the side never takes is left out."""
        columns = self.columns[side]
        written: dict[str, object] = {}
        for name, value in values.items():
            if name in columns and columns[name].writable and not self._in_one_column(side, name):
                written |= columns[name].write(value, before=held.get(name))
        told = {name for name in values if self._in_one_column(side, name)}
        if told and (self.marks or _NAME in told):
            written |= self._marked_name(side, {**held, **values})
        return written

    def _chunk(self, side: Side, rows: Sequence[Row]) -> list[Snapshot | Unmapped]:
        values, reasons = self._cells(side, rows, names=self.columns[side].keys())
        if side is Side.PARTNER_CENTER:
            self._finish(values, reasons)
        return [_record(*parts) for parts in zip(rows, values, reasons, strict=True)]

    def _cells(
        self, side: Side, rows: Sequence[Row], *, names: Collection[str]
    ) -> tuple[list[dict[str, Value]], list[list[str]]]:
        """Give these fields of each row, an Unreadable among them where one cannot be read, and the reasons."""
        payloads = Payloads([row.payload for row in rows])
        values: list[dict[str, Value]] = [{} for _ in rows]
        reasons: list[list[str]] = [[] for _ in rows]
        columns = self.columns[side]
        for name in [each for each in columns if each in names]:
            for index, cell in enumerate(columns[name].read(payloads).tolist()):
                if cell is MISSING:
                    continue
                values[index][name] = cell
                if cell.__class__ is Unreadable:
                    reasons[index].append(f"{name}: {cell.reason}")
        return values, reasons

    def _finish(self, values: Sequence[dict[str, Value]], reasons: Sequence[list[str]]) -> None:
        """Let the user's code have its say on what referrals hold: the hooks, then how the CRM would hold it."""
        told = {name: column.converter for name, column in self.columns[Side.DATAVERSE].items()}
        own = {name: each for name, each in told.items() if isinstance(each, Own)}
        if not own and self.hooks is None:
            return
        asked = False
        for each, why in zip(values, reasons, strict=True):
            if why:
                continue
            try:
                if self.hooks:
                    asked = asked or self.hooks.check(each)
                    each.update(self.hooks.changes(each))
                for name in own.keys() & each.keys():
                    own[name].kept(each[name])
            except UnreadableValueError as error:
                why.append(str(error))

    def _in_one_column(self, side: Side, name: str) -> bool:
        """Tell whether the field is the name or the mark, where both lie in one column."""
        columns = self.columns[side]
        if name not in {_NAME, _MARK} or _NAME not in columns or _MARK not in columns:
            return False
        return columns[_NAME].paths == columns[_MARK].paths

    def _marked_name(self, side: Side, values: Mapping[str, Value]) -> dict[str, object]:
        """Give the joint column; nothing where the name is not known, since a mark alone would wipe it."""
        if _NAME not in values:
            return {}
        column = self.columns[side][_NAME]
        mark = values.get(_MARK) if self.marks else None
        return {column.paths[0].text: join(mark, column.converter.fit(values[_NAME]))}


def _is_wrong(cell: object) -> bool:
    """Tell whether a cell could not be read; it stands in for a value until its row is given."""
    return cell.__class__ is Unreadable


def _record(row: Row, values: dict[str, Value], reasons: list[str]) -> Snapshot | Unmapped:
    """Give the row's snapshot, or all that cannot be read in it."""
    if reasons:
        return Unmapped(Ref(row.side, row.key), row.etag, "; ".join(reasons), row.changed)
    return Snapshot(row.side, row.key, row.etag, values, row.changed)
