"""Literals of a filter and how a row's value is read beside them: times as instants, numbers as decimals."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from uuid import UUID

from odata_query import ast

from sandbox.odata.errors import FilterError
from sandbox.odata.shapes import Kind, Path, Value

_FORMS: dict[type, str] = {
    ast.Null: "null",
    ast.String: "text",
    ast.Integer: "number",
    ast.Float: "number",
    ast.Boolean: "boolean",
    ast.GUID: "guid",
    ast.Date: "date",
    ast.DateTime: "time",
}
_TAKEN: dict[Kind, set[str]] = {
    Kind.TEXT: {"text", "null"},
    Kind.NUMBER: {"number", "null"},
    Kind.BOOLEAN: {"boolean", "null"},
    Kind.GUID: {"guid", "null"},
    Kind.TIME: {"time", "date", "null"},
    Kind.DATE: {"date", "time", "null"},
}
_EDM = {
    "text": "Edm.String",
    "number": "Edm.Decimal",
    "boolean": "Edm.Boolean",
    "guid": "Edm.Guid",
    "date": "Edm.Date",
    "time": "Edm.DateTimeOffset",
}


@dataclass(frozen=True)
class Literal:
    """A value of the filter's text, with the form that tells how a row's value is read to be compared with it."""

    form: str
    value: Any

    def compared(self, *, fold_case: bool) -> Value:
        """Give the value to compare with."""
        return self.value.casefold() if self.form == "text" and fold_case else self.value

    def reader(self, *, fold_case: bool) -> Callable[[Any], Any]:
        """Give what turns a row's value into something comparable."""
        if self.form == "text" and fold_case:
            return lambda found: str(found).casefold()
        return _READERS[self.form]


def is_literal(node: ast._Node) -> bool:
    """Tell whether a node is a value written in the filter."""
    return type(node) in _FORMS


def literal(node: ast._Node, kind: Kind = Kind.ANY) -> Literal:
    """Give the value of a literal; raises FilterError where the column's kind does not take it."""
    form = _FORMS.get(type(node))
    if form is None:
        raise FilterError("A value was expected.")
    if kind is not Kind.ANY and form not in _TAKEN[kind]:
        raise FilterError(
            f"A binary operator with incompatible types was detected. "
            f"Found operand types '{kind}' and '{_EDM[form]}' for operator kind 'Equal'."
        )
    return Literal(form, _read_literal(node, form))


def _read_literal(node: Value, form: str) -> Value:
    """Read the text of a literal as its form says."""
    try:
        return _LITERALS[form](node)
    except (ValueError, InvalidOperation) as error:
        raise FilterError(f"'{node.val}' is not a valid {form}.") from error


def name_of(node: ast.Identifier) -> str:
    """Give a name with its namespace."""
    return ".".join((*node.namespace, node.name))


def path_of(node: ast._Node) -> Path:
    """Give the steps of a path node."""
    match node:
        case ast.Identifier():
            return (*node.namespace, node.name)
        case ast.Attribute():
            return (*path_of(node.owner), node.attr)
    raise FilterError("A column was expected.")


@lru_cache(maxsize=65536)
def instant(text: str) -> datetime:
    """Read a time; without an offset it is UTC, and a bare day is its midnight."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _number(found: Value) -> Decimal:
    """Read a row's number; a stored text of digits counts as one."""
    return Decimal(str(found))


_LITERALS: dict[str, Callable[[Any], Any]] = {
    "null": lambda _node: None,
    "text": lambda node: node.val,
    "number": lambda node: Decimal(node.val),
    "boolean": lambda node: node.py_val,
    "guid": lambda node: str(UUID(node.val)),
    "date": lambda node: instant(date.fromisoformat(node.val).isoformat()),
    "time": lambda node: instant(node.val),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "number": _number,
    "boolean": lambda found: found,
    "guid": lambda found: str(found).lower(),
    "date": lambda found: instant(str(found)),
    "time": lambda found: instant(str(found)),
}
