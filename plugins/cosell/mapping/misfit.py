"""What of a mapping does not fit the CRM, told with the line that says it and whether setup mends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cosell.mapping.located import field_of
from cosell.mapping.unknown import no_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cosell.mapping.loaded import LoadedMapping
    from cosell.mapping.located import Location
    from cosell.mapping.shape import Described


@dataclass(frozen=True, slots=True)
class Made:
    """What setup makes in the CRM, and how it is called."""

    columns: Mapping[tuple[str, str], Collection[int]] = field(default_factory=dict)
    """By table and column, the numbers of a choice."""
    command: str = "airflow cosell setup"


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that cannot work."""

    sentence: str
    by_setup: bool = False
    """Setup mends it: no line of the mapping needs to be changed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is held against what."""

    mapping: LoadedMapping
    known: Described
    made: Made

    def misfit(self, at: Location, problem: str, *, by_setup: bool = False) -> Misfit:
        """Say where it stands, and what helps if setup does."""
        mapping = self.mapping
        spot = next(mapping.spots[here] for here in (at, at[:2], at[:1]) if here in mapping.spots)
        name = field_of(at)
        what = f"field {name}" if name else "defaults" if at[0] == "defaults" else ".".join(map(str, at))
        way_out = f" ({self.made.command} mends that)" if by_setup else ""
        return Misfit(f"{spot.file}:{spot.line}: {what}: {problem}{way_out}", by_setup)

    def no_column(self, at: Location, path: str) -> Misfit:
        """Say that the CRM has no column of that path."""
        root, _, column = path.rpartition(".")
        table = table_of(self.mapping, root)
        by_setup, known = (table, column) in self.made.columns, self.known.names
        if by_setup:  # made anew under another name, at most: a column of a CRM's own, its prefix before it
            known = {one: label for one, label in known.items() if "_" in one and not self.is_made(one)}
        return self.misfit(at, no_column(column, table=table, known=known, root=root), by_setup=by_setup)

    def is_made(self, path: str) -> bool:
        """Tell whether setup makes a column."""
        root, _, column = path.rpartition(".")
        return (table_of(self.mapping, root), column) in self.made.columns

    def offers(self, path: str, number: int) -> bool:
        """Tell whether setup adds the option to a choice."""
        root, _, column = path.rpartition(".")
        return number in self.made.columns.get((table_of(self.mapping, root), column), ())


def table_of(mapping: LoadedMapping, root: str) -> str:
    """Give the table of the rows that paths with this root lead to; rows that lead to others are read as those."""
    if not root:
        return mapping.file.dataverse.table
    related = mapping.file.dataverse.related[root]
    return related.to.table if related.to else related.table
