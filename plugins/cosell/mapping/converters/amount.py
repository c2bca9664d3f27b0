"""Money and other decimals, exact in both directions; Partner Center shows them as JSON numbers and as texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Final

from cosell.mapping.cells import UnreadableValueError, quoted

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Spec
    from cosell.mapping.shape import ColumnLimit

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_EXPECTED = "a number"
_MOST_DIGITS: Final = 40
_EXACT = Context(prec=2 * _MOST_DIGITS)


def amount_of(cell: object) -> Decimal | None:
    """Give the exact number in a cell without trailing zeros. Raises UnreadableValueError."""
    if cell is None:
        return None
    number = _number(cell)
    if number is None or not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise UnreadableValueError(_EXPECTED, found=quoted(cell))
    return plain(number)


def plain(number: Decimal) -> Decimal:
    """Give the number without trailing zeros, exponent or negative zero."""
    if number == number.to_integral_value():
        return number.quantize(Decimal(1), context=_EXACT) + 0
    return number.normalize(_EXACT)


def rounded(number: Decimal, limit: ColumnLimit | None) -> Decimal:
    """Round to the column's decimals, half to even as .NET does by default."""
    decimals = 0 if limit and limit.kind == "integer" else limit.precision if limit else None
    if decimals is None:
        return number
    return plain(number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN, context=_EXACT))


def _number(cell: object) -> Decimal | None:
    match cell:
        case bool():
            return None
        case int() | Decimal():
            return Decimal(cell)
        case float():
            return Decimal(repr(cell))
        case str() if _NUMBER.fullmatch(cell.strip()):
            return Decimal(cell.strip())
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money or a decimal, rounded to the column's decimals."""

    limit: ColumnLimit | None = None

    @classmethod
    def make(cls, spec: Spec) -> Amount:
        """Make the converter for one side."""
        return cls(spec.limit())

    def read(self, cell: object) -> Value:
        """Give the exact number."""
        return amount_of(cell)

    def write(self, value: Value) -> object:
        """Give the number, a Decimal: the adapters send it with all its digits."""
        return value

    def fit(self, value: Value) -> Value:
        """Round to the column's decimals."""
        return rounded(value, self.limit) if isinstance(value, Decimal) else None
