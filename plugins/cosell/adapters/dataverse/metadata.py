"""What the CRM says about one table: its set, key, columns and what they hold, lookups and their navigation names."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from cosell.core.errors import BrokenAnswerError, SchemaDriftError
from cosell.mapping.shape import ColumnKind, ColumnLimit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cosell.adapters.dataverse.client import Json

KINDS: Mapping[str, ColumnKind] = {
    "String": "text",
    "Memo": "text",
    "Picklist": "choice",
    "State": "choice",
    "Status": "choice",
    "Boolean": "boolean",
    "Money": "money",
    "Decimal": "decimal",
    "Double": "decimal",
    "Integer": "integer",
    "BigInt": "integer",
    "DateTime": "datetime",
    "Lookup": "lookup",
    "Customer": "lookup",
    "Owner": "lookup",
    "Uniqueidentifier": "key",
}
"""Attribute type → kind; any other type that takes values (several choices, image, file) is `other`."""

DETAILS: Mapping[str, Mapping[str, str]] = {
    "String": {"$select": "LogicalName,MaxLength"},
    "Memo": {"$select": "LogicalName,MaxLength"},
    "Money": {"$select": "LogicalName,Precision"},
    "Decimal": {"$select": "LogicalName,Precision"},
    "DateTime": {"$select": "LogicalName,DateTimeBehavior"},
    "Picklist": {"$select": "LogicalName", "$expand": "OptionSet,GlobalOptionSet"},
}
"""What to ask of the typed attributes, by attribute type."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """One table that a lookup column may point to, and the navigation property (case-sensitive) that says so."""

    column: str
    target: str
    navigation: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table as the CRM describes it."""

    name: str
    set_name: str
    key: str
    columns: Mapping[str, ColumnLimit]
    lookups: tuple[Lookup, ...]
    creates_many: bool = False
    """CreateMultiple is offered."""
    readable: bool = True
    """Our role may read its rows; asked of tables only that the sync can do without."""

    @classmethod
    def hidden(cls, name: str) -> Table:
        """Give a table that the CRM does not have, as one whose rows nobody may read."""
        return cls(name, set_name="", key="", columns={}, lookups=(), readable=False)

    @property
    def is_there(self) -> bool:
        """Tell whether the CRM has it."""
        return bool(self.set_name)

    def lookup(self, *, navigation: str) -> Lookup:
        """Give the lookup behind a navigation property; raises SchemaDriftError."""
        for lookup in self.lookups:
            if lookup.navigation == navigation:
                return lookup
        message = f"the table {self.name} has no navigation property {navigation} (names are case-sensitive)"
        raise SchemaDriftError(message)

    def to(self, target: str, *, column: str | None = None) -> Lookup:
        """Give the lookup (of that column) that leads to a table; raises SchemaDriftError."""
        found = self.find(target, column=column)
        if found is None:
            others = self.leads_to(column) if column else ()
            hint = f"; {column} leads to {' or '.join(others)}" if others else ""
            message = f"the table {self.name} has no lookup {column or ''} to {target}".replace("  ", " ") + hint
            raise SchemaDriftError(message)
        return found

    def find(self, target: str, *, column: str | None = None) -> Lookup | None:
        """Give the lookup (of that column) that leads to a table, if there is one."""
        fitting = (one for one in self.lookups if one.target == target and column in {None, one.column})
        return next(fitting, None)

    def leads_to(self, column: str) -> list[str]:
        """Give the tables that a lookup column may point to; none where it is no lookup."""
        return sorted({one.target for one in self.lookups if one.column == column})

    def wire_name(self, column: str) -> str:
        """Give the name that a column's value has in JSON."""
        return f"_{column}_value" if self.columns[column].kind == "lookup" else column

    def require(self, columns: Iterable[str], *, way_out: str = "") -> None:
        """Raise SchemaDriftError, naming every column that is not there, and what to do instead of adding it."""
        missing = sorted(set(columns) - self.columns.keys())
        if missing:
            message = f"the CRM's table {self.name} has no column {', '.join(missing)}{way_out}"
            raise SchemaDriftError(message)

    def address(self, key: str) -> str:
        """Give the address of a row, as a lookup is bound to it."""
        return f"/{self.set_name}({key})"


def build(
    definition: Json, *, attributes: Sequence[Json], details: Iterable[Json], relationships: Sequence[Json]
) -> Table:
    """Put one table together from the service's answers."""
    try:
        typed = {str(detail["LogicalName"]): detail for detail in details}
        return Table(
            name=str(definition["LogicalName"]),
            set_name=str(definition["EntitySetName"]),
            key=str(definition["PrimaryIdAttribute"]),
            columns={
                str(one["LogicalName"]): _limit(one, typed.get(str(one["LogicalName"]), {}))
                for one in attributes
                if one["AttributeType"] in KINDS or one.get("IsValidForUpdate") is True
            },
            lookups=tuple(_lookup(one) for one in relationships),
        )
    except KeyError as error:
        message = f"the metadata of a table lacks {error}"
        raise BrokenAnswerError(message) from error


def _lookup(relationship: Json) -> Lookup:
    names = ("ReferencingAttribute", "ReferencedEntity", "ReferencingEntityNavigationPropertyName")
    return Lookup(*(str(relationship[name]) for name in names))


def _limit(attribute: Json, detail: Json) -> ColumnLimit:
    kind = KINDS.get(str(attribute["AttributeType"]), "other")
    behaviour = detail.get("DateTimeBehavior")
    if isinstance(behaviour, dict) and behaviour.get("Value") == "DateOnly":
        kind = "date"
    return ColumnLimit(
        kind=kind,
        max_length=_whole(detail.get("MaxLength")),
        precision=_whole(detail.get("Precision")),
        choices=_choices(detail),
        writable=attribute.get("IsValidForUpdate") is not False,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _choices(detail: Json) -> frozenset[int] | None:
    for name in ("OptionSet", "GlobalOptionSet"):
        option_set = detail.get(name)
        options = option_set.get("Options") if isinstance(option_set, dict) else None
        if options:
            return frozenset(int(option["Value"]) for option in options)
    return None


def to_json(table: Table) -> Json:
    """Give a table as plain JSON, to be remembered."""
    plain = asdict(table)
    for limit in plain["columns"].values():
        limit["choices"] = None if limit["choices"] is None else sorted(limit["choices"])
    return plain


def from_json(plain: Json) -> Table:
    """Give the table that `to_json` wrote."""
    columns = cast("dict[str, dict[str, object]]", plain["columns"])
    lookups = cast("list[dict[str, str]]", plain["lookups"])
    return Table(
        name=str(plain["name"]),
        set_name=str(plain["set_name"]),
        key=str(plain["key"]),
        columns={name: _remembered(limit) for name, limit in columns.items()},
        lookups=tuple(Lookup(**one) for one in lookups),
        creates_many=bool(plain["creates_many"]),
        readable=bool(plain.get("readable", True)),
    )


def _remembered(limit: dict[str, object]) -> ColumnLimit:
    choices = cast("list[int] | None", limit["choices"])
    return ColumnLimit(**{**limit, "choices": None if choices is None else frozenset(choices)})  # type: ignore[arg-type]
