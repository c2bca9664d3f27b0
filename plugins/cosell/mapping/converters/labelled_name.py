"""The name in Partner Center and the label before it: whose deal it is, where environments share a Partner Center."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.scope import labelled
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec


@dataclass(frozen=True, slots=True)
class LabelledName:
    """A name without the label of this environment; other labels are part of it."""

    label: str
    written: bool
    """Whether new deals bear the label."""
    longest: int | None = None

    def read(self, cell: object) -> Value:
        """Give the name without our label."""
        text = text_of(cell)
        return text.removeprefix(self.label) if text else text

    def write(self, value: Value) -> object:
        """Give the name, with our label where new deals bear it."""
        return f"{self.label}{value}" if self.written and isinstance(value, str) else value

    def fit(self, value: Value) -> Value:
        """Cut to what the label leaves; where it is not written, what would be read as ours goes."""
        if not isinstance(value, str):
            return None
        if self.written:
            return shorten(value, self.longest and self.longest - len(self.label))
        while value.startswith(self.label):
            value = value.removeprefix(self.label)
        return shorten(value, self.longest)


@dataclass(frozen=True, slots=True)
class Label:
    """The environment whose label a name bears."""

    def read(self, cell: object) -> Value:
        """Give its name; null where there is no label."""
        return labelled(text_of(cell))

    def write(self, value: Value) -> object:
        """Give the value: nothing writes it but the name's converter."""
        return value

    def fit(self, value: Value) -> Value:
        """Give the value."""
        return value


def make_label(spec: Spec) -> Converter:  # noqa: ARG001 - every converter is made from its spec
    """Make the converter for one side."""
    return Label()
