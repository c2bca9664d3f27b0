"""$orderby and $select: their texts read, and rows sorted with null first, as SQL Server and so Dataverse do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.odata.errors import FilterError
from sandbox.odata.shapes import Path, Shape, Value

_TERM = re.compile(r"\s*([\w.]+(?:/[\w.]+)*)(?:\s+(asc|desc))?\s*")
_NAME = re.compile(r"[\w.@*/]+")


@dataclass(frozen=True)
class OrderTerm:
    """One term of $orderby."""

    path: Path
    descending: bool = False


def parse_orderby(text: str) -> tuple[OrderTerm, ...]:
    """Read $orderby; raises FilterError for a term that is none."""
    return tuple(_term(part) for part in text.split(","))


def _term(part: str) -> OrderTerm:
    """Read one term."""
    found = _TERM.fullmatch(part)
    if found is None:
        raise FilterError(f"The $orderby expression '{part.strip()}' is not valid.")
    return OrderTerm(tuple(found[1].split("/")), descending=found[2] == "desc")


def parse_select(text: str) -> tuple[str, ...]:
    """Read $select in its order, without repetitions; raises FilterError for a name that is none."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise FilterError(f"The $select term '{wrong}' is not valid.")
    return names


def sort_key(value: Value, *, fold_case: bool = False) -> tuple[bool, Any]:
    """Give a value's place in an ascending order; null comes first."""
    if value is None:
        return (False, 0)
    return (True, value.casefold() if fold_case and isinstance(value, str) else value)


def sorted_rows(
    rows: Iterable[Any], *, terms: tuple[OrderTerm, ...], shape: Shape, fold_case: bool = False
) -> list[Any]:
    """Sort rows by the terms, the first one mattering most; equal rows keep their order."""
    ordered = list(rows)
    for term in reversed(terms):
        get = shape.field(term.path).get
        ordered.sort(key=lambda row, get=get: sort_key(get(row), fold_case=fold_case), reverse=term.descending)  # type: ignore[misc]
    return ordered
