"""Yes or no: true and false on the wire, or a choice of two words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.mapping.cells import UnreadableValueError, quoted
from cosell.mapping.converters.choice import ChoiceNumber

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec

_WORDS: Final[dict[object, bool]] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXPECTED = "true or false"
NOT_VISIBLE, VISIBLE = "Not visible", "Visible"


@dataclass(frozen=True, slots=True)
class YesNo:
    """True or false."""

    @classmethod
    def make(cls, spec: Spec) -> YesNo:  # noqa: ARG003 - every converter is made from its spec
        """Make the converter for one side."""
        return cls()

    def read(self, cell: object) -> Value:
        """Give true or false, also from the words and numbers that stand for them."""
        if cell is None or isinstance(cell, bool):
            return cell
        answer = _WORDS.get(str(cell).strip().lower()) if isinstance(cell, int | str) else None
        if answer is None:
            raise UnreadableValueError(_EXPECTED, found=quoted(cell))
        return answer

    def write(self, value: Value) -> object:
        """Give true or false."""
        return value

    def fit(self, value: Value) -> Value:
        """Give true or false."""
        return value if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class VisibilityChoice:
    """Whether Microsoft's sellers see the deal, as a Dataverse choice."""

    choice: ChoiceNumber

    def read(self, cell: object) -> Value:
        """Tell whether the choice says visible; a choice that the mapping does not know says nothing."""
        return {NOT_VISIBLE: False, VISIBLE: True}.get(str(self.choice.read(cell)))

    def write(self, value: Value) -> object:
        """Give the choice's number."""
        return None if value is None else self.choice.write(VISIBLE if value else NOT_VISIBLE)

    def fit(self, value: Value) -> Value:
        """Give true or false."""
        return value if isinstance(value, bool) else None


def make_visibility(spec: Spec) -> Converter:
    """Make the converter for one side: a choice where the mapping numbers it, else true or false."""
    if not spec.is_dataverse or not spec.line.choices:
        return YesNo()
    return VisibilityChoice(ChoiceNumber(spec.line.choices))
