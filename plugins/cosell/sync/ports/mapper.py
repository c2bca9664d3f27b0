"""The mapper: the mapping file at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cosell.core.record import Field, Row, Side, Snapshot, Unmapped, Value


class Mapper(Protocol):
    """The mapping file at work: rows to canonical values and back."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Give every line of the mapping by its field's name."""
        ...

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Give per field what its line says: when it changes, that field's baselines are dropped."""
        ...

    def snapshots(self, side: Side, rows: Sequence[Row]) -> list[Snapshot | Unmapped]:
        """Give each row's canonical values, in order."""
        ...

    def read(self, side: Side, rows: Sequence[Row], *, names: Collection[str]) -> list[dict[str, Value]]:
        """Give only these fields of each row, in order; what cannot be read is left out."""
        ...

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give the wire paths that a new record on the side gets besides the fields."""
        ...

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as that side would store it."""
        ...

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give wire paths and JSON values for these fields.

        `held` is what the record holds besides: the mark and the name share a column.
        """
        ...
