"""What a mapping reaches on a side and what its columns can hold: the words between the mapping and the adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.accounts import Sign


@dataclass(frozen=True, slots=True)
class Link:
    """Where rows that are connections lead: to whom, and by which roles."""

    table: str
    navigation: str
    """Navigation property on the connection."""
    category: int
    """Only connections whose role is of this category count."""
    role: str
    """Name of the role that new ones get; where the CRM has none of that name, another of the category."""


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
    to: Link | None = None
    """Many rows that are connections: `columns` are those of the row that each leads to, nested in its place."""


ACCOUNT, CONTACT = "account", "contact"
"""The tables of customers and of their people."""
FIELD = "field"
"""Beside table, match and value of a named row: the field that names it; a default has none."""


@dataclass(frozen=True, slots=True)
class Named:
    """Rows of another table that a column points to, told by the value of one of their columns."""

    table: str
    match: str

    def value(self, value: object, *, field: str) -> dict[str, object]:
        """Give a value as it is written: the adapter finds its row."""
        return {"table": self.table, "match": self.match, "value": value, FIELD: field}


def is_named(value: object) -> TypeGuard[Mapping[str, object]]:
    """Tell whether a value on its way to a column names a row of another table."""
    return isinstance(value, dict) and value.keys() >= {"table", "match", "value"}


@dataclass(frozen=True, slots=True)
class TableShape:
    """The Dataverse side of a mapping: the main table, the columns read, and what hangs on it."""

    table: str
    key: str
    referral_id_column: str
    """The alternate key column that holds the referral's id."""
    flag_column: str
    columns: frozenset[str]
    spare: frozenset[str] = frozenset()
    """Those of the columns that the table may lack: they are only read."""
    related: Mapping[str, Related] = field(default_factory=dict)
    other_id_columns: tuple[str, ...] = ()
    """Columns in which another connector keeps the referral's id: rows that carry one concern co-sell too."""
    name_column: str | None = None
    """Column of the main table that holds the deal's name, with or without a mark."""
    named: Mapping[str, Named] = field(default_factory=dict)
    """Columns by dotted path that point to a row told by a value."""
    filled: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Columns by table that defaults fill in a new row: they must be there, and are not read."""
    contact_defaults: Mapping[str, object] = field(default_factory=dict)
    """What a new contact holds besides, whenever it is made: people join a deal later too."""
    sign_columns: Mapping[Sign, str] = field(default_factory=dict)
    """Columns of the account that tell a customer besides its name, by the sign."""
    status_column: str | None = None
    """Column of the main table that says how the record stands: filled on every row that was ever looked after."""


ColumnKind = Literal[
    "text", "choice", "boolean", "money", "decimal", "integer", "datetime", "date", "lookup", "key", "other", "rows"
]
"""`other` is what only a `defaults` line or a converter of the user's own can say, such as several choices.

`rows` is no column: under the root of rows that link to others, it tells that the CRM shows them."""


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


@dataclass(frozen=True, slots=True)
class Unreached:
    """Something that a mapping names and that is not there."""

    part: Literal["related", "lookup", "defaults"]
    """Where the mapping names it."""
    name: str
    """Of a table under `related` its root, else the dotted path."""
    why: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a mapping is held against: every column within its reach, and how people call it."""

    limits: Limits
    labels: Mapping[str, str] = field(default_factory=dict)
    """Dotted path → display name."""
    missing: tuple[Unreached, ...] = ()
    required: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of each column that a new row needs and the CRM does not fill by itself → how hard it is needed."""

    @property
    def names(self) -> dict[str, str]:
        """Give every column by dotted path with its display name, empty where it has none."""
        return {path: self.labels.get(path, "") for path in self.limits}
