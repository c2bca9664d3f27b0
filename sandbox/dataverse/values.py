"""One column's value: from the client's JSON to what is stored, and back.

Stored: text as text, money and decimals as text of digits, times as `2026-11-22T10:00:00Z`, lookups as [table, id].
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from sandbox.dataverse import errors
from sandbox.dataverse.schema import EDM, Column, Kind, Table
from sandbox.odata import Value

RAW_NUMBER = "\u0001"
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EARLIEST = datetime(1753, 1, 1, tzinfo=UTC)
_WHOLE_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


def utf16_length(text: str) -> int:
    """Count a text as Dataverse does, where a character outside the basic plane takes two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def stamp(moment: datetime) -> str:
    """Write a time as it is stored and shown: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime(_WHOLE_SECONDS)


def rounded(value: Decimal, decimals: int) -> str:
    """Write a number with so many decimals."""
    return str(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN))


def to_stored(table: Table, column: Column, value: Value) -> Value:
    """Give what is stored for a value of the client's; raises the real refusal where it does not fit."""
    if value is None or value == "":
        if value == "" and column.kind not in {Kind.TEXT, Kind.MEMO}:
            raise errors.wrong_type(table.set, value, EDM[column.kind])
        return None
    return _CONVERTERS[column.kind](table, column, value)


def _text(table: Table, column: Column, value: Value) -> str:
    if not isinstance(value, str):
        raise errors.wrong_type(table.set, value, "Edm.String")
    if _FORBIDDEN.search(value):
        raise errors.DataverseError(
            400, "0x80040278", f"The field '{column.name}' contains one or more invalid characters."
        )
    if column.length and utf16_length(value) > column.length:
        raise errors.too_long(table.name, column.name, column.length)
    return value


def _whole(table: Table, column: Column, value: Value) -> int:
    # 5.0 is no whole number on the wire; a data frame with gaps sends just that.
    if isinstance(value, bool) or not isinstance(value, int):
        raise errors.wrong_type(table.set, value, EDM[column.kind])
    return value


def _int(table: Table, column: Column, value: Value) -> int:
    number = _whole(table, column, value)
    if not column.low <= number <= column.high:
        raise errors.out_of_range("0x8004432f", table.name, column.name, number)
    return number


def _choice(table: Table, column: Column, value: Value) -> int:
    number = _whole(table, column, value)
    if number not in column.options:
        raise errors.out_of_range("0x8004431a", table.name, column.name, number)
    return number


def _decimal(table: Table, column: Column, value: Value) -> str:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise errors.wrong_type(table.set, value, EDM[column.kind])
    number = Decimal(value)
    if not column.low <= number <= column.high:
        raise errors.out_of_range("0x80044330", table.name, column.name, value)
    return rounded(number, column.decimals)


def _yesno(table: Table, column: Column, value: Value) -> bool:
    if not isinstance(value, bool):
        raise errors.wrong_type(table.set, value, EDM[column.kind])
    return value


def _time(table: Table, column: Column, value: Value) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise errors.wrong_type(table.set, value, EDM[column.kind]) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment < _EARLIEST:
        raise _bad_time()
    return stamp(moment)


def _date(table: Table, column: Column, value: Value) -> str:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise errors.wrong_type(table.set, value, EDM[column.kind]) from error
    if len(value) != len("2026-11-22"):
        raise errors.wrong_type(table.set, value, EDM[column.kind])
    if day < _EARLIEST.date():
        raise _bad_time()
    return day.isoformat()


def _bad_time() -> errors.DataverseError:
    message = "The date-time format is invalid, or value is outside the supported range."
    return errors.DataverseError(400, "0x80040239", message)


def _guid(table: Table, column: Column, value: Value) -> str:
    try:
        return str(UUID(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise errors.wrong_type(table.set, value, EDM[column.kind]) from error


_CONVERTERS: dict[Kind, Callable[[Table, Column, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.MEMO: _text,
    Kind.INT: _int,
    Kind.BIGINT: _whole,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _decimal,
    Kind.CHOICE: _choice,
    Kind.STATE: _choice,
    Kind.STATUS: _choice,
    Kind.YESNO: _yesno,
    Kind.TIME: _time,
    Kind.DATE: _date,
    Kind.GUID: _guid,
}


def to_wire(column: Column, stored: Value) -> Value:
    """Give what JSON shows for a stored value; numbers with decimals are marked, so that they keep their digits."""
    if stored is None:
        return None
    if column.kind is Kind.LOOKUP:
        return stored[1]
    if column.kind is Kind.MONEY:
        return RAW_NUMBER + rounded(Decimal(stored), 4)
    return RAW_NUMBER + stored if column.kind is Kind.DECIMAL else stored


def comparable(column: Column, stored: Value) -> Value:
    """Give what filters and sorting compare."""
    if stored is None:
        return None
    if column.kind is Kind.LOOKUP:
        return stored[1]
    return Decimal(stored) if column.kind in {Kind.MONEY, Kind.DECIMAL} else stored
