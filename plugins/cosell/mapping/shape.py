"""What a mapping reaches on a side and what its columns can hold: the words between the mapping and the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of another table that the mapping reaches from the main row, nested in the payload under `name`."""

    name: str
    """Root of the dotted path: `account` in `account.address1_city`."""
    table: str
    """Logical name of the related table."""
    navigation: str
    """One row: navigation property on the main table (case-sensitive). Many rows: lookup column on their table."""
    columns: frozenset[str]
    many: bool = False


@dataclass(frozen=True, slots=True)
class TableShape:
    """The Dataverse side of a mapping: the main table, the columns read, and what hangs on it."""

    table: str
    key: str
    referral_id_column: str
    """The alternate key column that holds the referral's id."""
    flag_column: str
    columns: frozenset[str]
    related: Mapping[str, Related] = field(default_factory=dict)


ColumnKind = Literal["text", "choice", "boolean", "money", "decimal", "integer", "datetime", "date", "lookup", "key"]


@dataclass(frozen=True, slots=True)
class ColumnLimit:
    """What a column can hold, from the table's metadata; lengths in UTF-16 units."""

    kind: ColumnKind
    max_length: int | None = None
    precision: int | None = None
    choices: frozenset[int] | None = None
    writable: bool = True


Limits = dict[str, ColumnLimit]
"""By dotted path as in the mapping: `name`, `account.address1_city`, `solutions.cosell_price`."""
