"""The tables that the sandbox serves: their columns, choices, states, keys and relationships, read from `tables/`."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Kind(StrEnum):
    """What a column holds; the value is the attribute type that the metadata shows."""

    TEXT = "String"
    MEMO = "Memo"
    INT = "Integer"
    BIGINT = "BigInt"
    DECIMAL = "Decimal"
    MONEY = "Money"
    CHOICE = "Picklist"
    STATE = "State"
    STATUS = "Status"
    YESNO = "Boolean"
    TIME = "DateTime"
    DATE = "DateOnly"
    GUID = "Uniqueidentifier"
    LOOKUP = "Lookup"


EDM = {
    Kind.TEXT: "Edm.String",
    Kind.MEMO: "Edm.String",
    Kind.INT: "Edm.Int32",
    Kind.BIGINT: "Edm.Int64",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.MONEY: "Edm.Decimal",
    Kind.CHOICE: "Edm.Int32",
    Kind.STATE: "Edm.Int32",
    Kind.STATUS: "Edm.Int32",
    Kind.YESNO: "Edm.Boolean",
    Kind.TIME: "Edm.DateTimeOffset",
    Kind.DATE: "Edm.Date",
    Kind.GUID: "Edm.Guid",
    Kind.LOOKUP: "Edm.Guid",
}


@dataclass(frozen=True)
class Target:
    """One table that a lookup may point to, and the two navigation properties of that relationship."""

    table: str
    navigation: str
    collection: str
    cascade: bool = False
    """Rows go with the row that they point to."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind
    schema: str
    length: int = 0
    decimals: int = 0
    low: int = -(2**31)
    high: int = 2**31 - 1
    options: dict[int, str] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    default: object = None
    readonly: bool = False
    create_only: bool = False
    required: bool = False
    labels: dict[int, str] = field(default_factory=dict)
    """Names by language, where somebody gave them."""
    option_labels: dict[int, dict[int, str]] = field(default_factory=dict)
    """The same for each option."""
    choice: str = ""
    """Name of the global choice whose options these are."""
    made: bool = False
    """Created through the API."""

    @cached_property
    def wire_name(self) -> str:
        """Give the name that the value has in JSON."""
        return f"_{self.name}_value" if self.kind is Kind.LOOKUP else self.name

    @property
    def custom(self) -> bool:
        """Tell whether the column belongs to the co-sell publisher, or to another one."""
        return self.made or self.name.startswith("cosell_")


@dataclass(frozen=True)
class State:
    """One state of a row and the status reasons that it allows."""

    label: str
    reasons: dict[int, str]


@dataclass(frozen=True)
class Relationship:
    """A one-to-many relationship, seen from the table that the lookup points to."""

    collection: str
    table: str
    column: str
    navigation: str
    cascade: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One table."""

    name: str
    set: str
    schema: str
    display: str
    key: str
    label_column: str
    code: int
    columns: dict[str, Column]
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    states: dict[int, State] = field(default_factory=dict)
    money: bool = False
    owned: bool = False
    labels: dict[int, str] = field(default_factory=dict)
    collection_labels: dict[int, str] = field(default_factory=dict)
    made: bool = False

    @cached_property
    def wire(self) -> dict[str, Column]:
        """Give the columns by the name that their values have in JSON."""
        return {column.wire_name: column for column in self.columns.values()}

    @cached_property
    def navigations(self) -> dict[str, tuple[Column, Target]]:
        """Give the single-valued navigation properties."""
        lookups = [column for column in self.columns.values() if column.targets]
        return {target.navigation: (column, target) for column in reversed(lookups) for target in column.targets}

    @property
    def type(self) -> str:
        """Give the name of the entity type."""
        return f"Microsoft.Dynamics.CRM.{self.name}"

    @property
    def custom(self) -> bool:
        """Tell whether the table belongs to the co-sell publisher, or to another one."""
        return self.made or self.name.startswith("cosell_")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All tables of the environment."""

    tables: dict[str, Table]

    @cached_property
    def by_set(self) -> dict[str, Table]:
        """Give the tables by the name of their entity set."""
        return {table.set: table for table in self.tables.values()}

    @cached_property
    def collections(self) -> dict[str, dict[str, Relationship]]:
        """Give the collection-valued navigation properties of every table."""
        found: dict[str, dict[str, Relationship]] = {name: {} for name in self.tables}
        for table in self.tables.values():
            for navigation, (column, target) in table.navigations.items():
                if target.collection and target.table in found:
                    relationship = Relationship(target.collection, table.name, column.name, navigation, target.cascade)
                    found[target.table][target.collection] = relationship
        return found
