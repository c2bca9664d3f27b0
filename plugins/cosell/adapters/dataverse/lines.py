"""Solution rows of a deal: new ones with keys of our own, and the difference to those that stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.keys import line_id
from cosell.adapters.dataverse.reader import ETAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse.batch import PartAnswer
    from cosell.adapters.dataverse.children import Lines
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.layout import Layout
    from cosell.adapters.dataverse.lookups import Lookups

_GIVE_BACK = {"Prefer": "return=representation"}


@dataclass(frozen=True, slots=True)
class Parent:
    """The deal that rows hang on, and its currency, in which their prices are."""

    key: str
    currency: str | None


@dataclass(slots=True)
class LineChange:
    """What makes the standing rows into the wanted ones; goes into the deal's own change set."""

    parts: list[Part] = field(default_factory=list)
    kept: list[Json] = field(default_factory=list)
    """Rows that stay as they are, as read."""

    def result(self, answers: Sequence[PartAnswer]) -> tuple[Json, ...] | None:
        """Give the rows that our write left, as the service gave them back; None where it gave nothing back."""
        written = [answer.body for part, answer in zip(self.parts, answers, strict=True) if part.method != "DELETE"]
        if not all(isinstance(body, dict) for body in written):
            return None
        return (*self.kept, *cast("list[Json]", written))


class LineWriter:
    """Says solution rows as requests."""

    def __init__(self, layout: Layout, lines: Lines, *, lookups: Lookups, name_column: str) -> None:
        self._layout, self._lines, self._lookups, self._name_column = layout, lines, lookups, name_column

    def ids(self, wanted: Sequence[Json]) -> list[str]:
        """Give the solution ids that the catalogue shall be asked for."""
        return [self._id(line) for line in wanted if self._id(line)]

    def new(self, parent: Parent, wanted: Sequence[Json]) -> list[Json]:
        """Give the bodies of rows for a deal that has none."""
        change = self.change(parent, wanted, standing=())
        return [cast("Json", part.body) for part in change.parts]

    def moved(self, standing: Sequence[Json], *, held: Sequence[Json]) -> bool:
        """Tell whether other rows stand than those that an edit was planned on."""
        return self._said(standing) != self._said(held)

    def change(self, parent: Parent, wanted: Sequence[Json], *, standing: Sequence[Json]) -> LineChange:
        """Give the difference; rows are told by solution id, equal ones by their order."""
        change = LineChange()
        rest = list(standing)
        for line in wanted:
            match = next((row for row in rest if self._id(row) == self._id(line)), None)
            if match is None:
                taken = {str(row[self._lines.table.key]).lower() for row in standing}
                change.parts.append(self._creation(parent, line, taken=taken | _created(change, self._lines)))
            else:
                rest.remove(match)
                self._adapt(match, line, change=change)
        change.parts += [Part("DELETE", self._path(row), headers=_guard(row)) for row in rest]
        return change

    def _adapt(self, row: Json, line: Json, *, change: LineChange) -> None:
        different = {name: value for name, value in line.items() if value != row.get(name)}
        if not different:
            change.kept.append(row)
            return
        path = f"{self._path(row)}?$select={self._lines.select}"
        change.parts.append(Part("PATCH", path, different, {**_guard(row), **_GIVE_BACK}))

    def _creation(self, parent: Parent, line: Json, *, taken: set[str]) -> Part:
        lines = self._lines
        entry = self._lookups.entry(self._id(line))
        body = {name: value for name, value in line.items() if value is not None}
        if entry is not None:
            body.setdefault(self._name_column, entry.get(self._name_column))
        binds = {lines.parent.navigation: (self._layout.main.name, parent.key)}
        if entry is not None and lines.catalogue:
            catalogue = self._layout.tables[lines.catalogue.target]
            binds[lines.catalogue.navigation] = (catalogue.name, str(entry[catalogue.key]))
        if parent.currency and lines.currency:
            binds[lines.currency.navigation] = (lines.currency.target, parent.currency)
        body |= {f"{name}@odata.bind": self._layout.tables[table].address(key) for name, (table, key) in binds.items()}
        key = self._free_key(parent, line, taken=taken)
        path = f"{lines.table.set_name}?$select={lines.select}"
        return Part("POST", path, {**body, lines.table.key: key}, _GIVE_BACK)

    def _free_key(self, parent: Parent, line: Json, *, taken: set[str]) -> str:
        """Give the key that a repeat chooses too; a seller may have made another solution of one of our rows."""
        numbers = range(len(taken) + 1)
        keys = (line_id(parent.key, self._id(line), occurrence=number) for number in numbers)
        return next(key for key in keys if key not in taken)

    def _said(self, rows: Sequence[Json]) -> Counter[tuple[object, ...]]:
        """Give what rows say as the mapper reads it; one without id and name says nothing."""
        rest = sorted(self._lines.related.columns - {self._lines.id_column})
        told = [row for row in rows if self._id(row) or row.get(self._name_column)]
        return Counter((self._id(row), *(None if row.get(n) == "" else row.get(n) for n in rest)) for row in told)

    def _id(self, line: Json) -> str:
        return str(line.get(self._lines.id_column) or "").strip().casefold()

    def _path(self, row: Json) -> str:
        return self._lines.table.address(str(row[self._lines.table.key])).removeprefix("/")


def _guard(row: Json) -> dict[str, str]:
    return {"If-Match": str(row[ETAG])}


def _created(change: LineChange, lines: Lines) -> set[str]:
    return {str(part.body[lines.table.key]) for part in change.parts if part.method == "POST" and part.body}
