"""What a filter may ask of a row: where a path leads, and of which kind the value there is.

A `Shape` is handed to `predicate`; `Nested` serves plain JSON documents, the Dataverse side brings one per table.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

Value: TypeAlias = Any
"""A value of a row, or of JSON, of whatever kind."""
Path: TypeAlias = tuple[str, ...]
Getter: TypeAlias = Callable[[Any], Any]


class Kind(StrEnum):
    """What literals a value may be compared with; `ANY` takes all of them."""

    ANY = "any"
    TEXT = "Edm.String"
    NUMBER = "Edm.Decimal"
    BOOLEAN = "Edm.Boolean"
    GUID = "Edm.Guid"
    TIME = "Edm.DateTimeOffset"
    DATE = "Edm.Date"


@dataclass(frozen=True)
class Field:
    """One value of a row: how to read it, and its kind."""

    get: Getter
    kind: Kind = Kind.ANY


class Shape(Protocol):
    """What is known about the rows being filtered."""

    def field(self, path: Path) -> Field:
        """Give the value at a path; raises FilterError for an unknown one."""

    def collection(self, path: Path) -> tuple[Callable[[Any], Iterable[Any]], "Shape"]:
        """Give the reader of a collection's items and their shape; raises FilterError for an unknown one."""


class Nested:
    """Plain JSON documents: any path is allowed, a missing step reads as null."""

    def field(self, path: Path) -> Field:
        """Give the value that the path's steps lead to."""
        return Field(lambda row: _walk(row, path))

    def collection(self, path: Path) -> tuple[Callable[[Any], Iterable[Any]], Shape]:
        """Give the list that the path leads to; no list reads as an empty one."""
        return (lambda row: _walk(row, path) or ()), Nested()


def _walk(row: Value, path: Path) -> Value:
    """Follow the steps of a path through nested mappings."""
    for step in path:
        if not isinstance(row, Mapping):
            return None
        row = row.get(step)
    return row
