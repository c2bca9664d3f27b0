"""A converter of the user's: how the CRM says a value, as two functions that undo one another."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from cosell.core.errors import MappingError
from cosell.core.record import Side
from cosell.mapping.catalogue import OWN_PREFIX
from cosell.mapping.cells import UnreadableValueError, kind_of
from cosell.mapping.converters import CONVERTERS
from cosell.mapping.converters.base import Recipe
from cosell.mapping.own.code import Blamed, MisuseError, takes_one
from cosell.mapping.own.kinds import PLAIN_KINDS, PlainKind, as_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec
    from cosell.mapping.located import Spot
    from cosell.mapping.own.code import Code
    from cosell.mapping.shape import ColumnLimit

_IN_PARTNER_CENTER: Final[Mapping[PlainKind, str]] = {
    "text": "text",
    "amount": "decimal",
    "day": "calendar_day",
    "time": "time",
    "yes or no": "yes_no",
}
"""The shipped converter that reads each kind of value where the user's has no part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnConverter:
    """How the CRM says what Partner Center says; neither function is ever given an empty value."""

    gives: PlainKind
    to_dataverse: Callable[..., object]
    """The column's JSON value for a value; None: the CRM has no word for it."""
    from_dataverse: Callable[..., object]
    """The value again."""

    def __post_init__(self) -> None:
        if self.gives not in PLAIN_KINDS:
            message = f"gives: expected one of {', '.join(PLAIN_KINDS)}, found {self.gives!r}"
            raise MisuseError(message)
        for name in ("to_dataverse", "from_dataverse"):
            function = getattr(self, name)
            if not callable(function) or not takes_one(function):
                message = f"{name}: expected a function of one value"
                raise MisuseError(message)


def converters_in(code: Code) -> dict[str, Recipe]:
    """Give the converters of a file by name; raises MappingError where there is none, or one has another's name."""
    found = {name: each for name, each in code.names.items() if isinstance(each, OwnConverter)}
    for name, rule in found.items():
        if not name.startswith(OWN_PREFIX):
            spot = code.spot(rule.to_dataverse)
            message = f"converter {name}: the name of one of your own begins with {OWN_PREFIX}"
            raise MappingError(message, file=spot.file, line=spot.line)
    if not found:
        raise MappingError(
            f"expected converters such as {OWN_PREFIX}code = OwnConverter(...), found none", file=code.file
        )
    return {name: _recipe(name, rule, code) for name, rule in found.items()}


def _recipe(name: str, rule: OwnConverter, code: Code) -> Recipe:
    shipped = CONVERTERS[_IN_PARTNER_CENTER[rule.gives]]
    spot = code.spot(rule.to_dataverse)
    return Recipe(
        rule.gives,
        partial(_make, name=name, rule=rule, spot=spot),
        setting=shipped.setting,
        source=code.source,
        spot=spot,
    )


def _make(spec: Spec, *, name: str, rule: OwnConverter, spot: Spot) -> Converter:
    if spec.side is Side.PARTNER_CENTER:
        return CONVERTERS[_IN_PARTNER_CENTER[rule.gives]].make(spec)
    return Own(name, rule, spot, spec.limit())


@dataclass(frozen=True, slots=True)
class Own:
    """The user's converter on the CRM's side."""

    name: str
    rule: OwnConverter
    spot: Spot
    limit: ColumnLimit | None

    def read(self, cell: object) -> Value:
        """Give the value of a column."""
        if cell is None or cell == "":
            return None
        value = self._value(cell)
        if self.kept(value) != value:
            raise self._one_way()
        return value

    def write(self, value: Value) -> object:
        """Give the column's JSON value."""
        return None if value is None else self._cell(value)

    def fit(self, value: Value) -> Value:
        """Give the value as it comes back from the column; what does not is left as it is, and never mapped again."""
        try:
            return self.kept(value)
        except UnreadableValueError:
            return value

    def kept(self, value: Value) -> Value:
        """Give the value as it comes back from the column; raises UnreadableValueError where it does not."""
        cell = self.write(value)
        if cell is None:
            return None
        back = self._value(cell)
        if self._cell(back) != cell:
            raise self._one_way()
        return back

    def _value(self, cell: object) -> Value:
        with Blamed(f"a column's value that {self.name} reads", at=self.spot):
            given = self.rule.from_dataverse(cell)
        value = as_value(given, self.rule.gives, source=f"{self.name}.from_dataverse")
        if value is None:
            raise UnreadableValueError(f"a column's value that {self.name} reads", found="one that it has no value for")
        return value

    def _cell(self, value: Value) -> object:
        with Blamed(f"a value that {self.name} writes", at=self.spot):
            cell = self.rule.to_dataverse(value)
        if cell is not None and not isinstance(cell, str | bool | int | Decimal):
            raise UnreadableValueError(
                f"a text, number, True or False from {self.name}.to_dataverse", found=kind_of(cell)
            )
        self._refuse_what_does_not_fit(cell)
        return cell if cell != "" else None

    def _refuse_what_does_not_fit(self, cell: object) -> None:
        limit = self.limit
        if limit is None:
            return
        if (
            isinstance(cell, str)
            and limit.max_length is not None
            and len(cell.encode("utf-16-le")) // 2 > limit.max_length
        ):
            expected = f"at most {limit.max_length} characters from {self.name}.to_dataverse, which the column takes"
            raise UnreadableValueError(expected, found=f"{len(cell)}")
        if limit.choices is not None and cell is not None and cell not in limit.choices:
            expected = f"a choice that the column offers from {self.name}.to_dataverse"
            raise UnreadableValueError(expected, found=kind_of(cell))

    def _one_way(self) -> UnreadableValueError:
        return UnreadableValueError(
            f"functions of {self.name} that undo one another",
            found=f"another value on the way back ({self.spot.file}:{self.spot.line})",
        )
