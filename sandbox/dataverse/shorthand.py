"""The shorthand of `tables/*.yaml` to a `Catalogue`, with the columns that every table has by itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sandbox.dataverse.schema import Catalogue, Column, Kind, State, Table, Target

_KINDS = {
    "text": Kind.TEXT,
    "memo": Kind.MEMO,
    "int": Kind.INT,
    "bigint": Kind.BIGINT,
    "decimal": Kind.DECIMAL,
    "money": Kind.MONEY,
    "choice": Kind.CHOICE,
    "yesno": Kind.YESNO,
    "time": Kind.TIME,
    "date": Kind.DATE,
    "guid": Kind.GUID,
    "lookup": Kind.LOOKUP,
}
_FLAGS = {"readonly": "readonly", "create": "create_only", "required": "required"}
_MONEY_LIMIT = 922_337_203_685_477
_PLAIN = {
    "createdon": "time readonly",
    "modifiedon": "time readonly",
    "createdby": "lookup readonly systemuser=createdby{suffix}/lk_{table}_createdby",
    "modifiedby": "lookup readonly systemuser=modifiedby{suffix}/lk_{table}_modifiedby",
    "overriddencreatedon": "time create",
    "importsequencenumber": "int create",
    "versionnumber": "bigint readonly",
}
_OWNED = {
    "ownerid": "lookup systemuser=ownerid{suffix}/{table}_owner_systemuser team=ownerid{suffix}/{table}_owner_team",
    "owninguser": "lookup readonly systemuser=owninguser{suffix}/user_{table}",
    "owningteam": "lookup readonly team=owningteam{suffix}/team_{table}",
}
_MONEY = {
    "transactioncurrencyid": "lookup transactioncurrency=transactioncurrencyid{suffix}/transactioncurrency_{table}",
    "exchangerate": "decimal 10 readonly",
}


_LABELS = {
    "createdon": "Created On",
    "modifiedon": "Modified On",
    "createdby": "Created By",
    "modifiedby": "Modified By",
    "overriddencreatedon": "Record Created On",
    "importsequencenumber": "Import Sequence Number",
    "versionnumber": "Version Number",
    "ownerid": "Owner",
    "owninguser": "Owning User",
    "owningteam": "Owning Team",
    "transactioncurrencyid": "Currency",
    "exchangerate": "Exchange Rate",
    "statecode": "Status",
    "statuscode": "Status Reason",
}
"""Names of the columns that tables have by themselves."""
_ENGLISH = 1033
CUSTOMISED = "cosell.yaml"
"""The file of what an administrator adds for co-sell; an empty environment is without it."""


@cache
def catalogue(*, customised: bool = True) -> Catalogue:
    """Give all tables that an environment starts with, read once."""
    paths = sorted((Path(__file__).parent / "tables").iterdir())
    files = [yaml.safe_load(path.read_text("utf-8")) for path in paths if customised or path.name != CUSTOMISED]
    choices = {name: options for one in files for name, options in one.get("choices", {}).items()}
    definitions = {name: dict(table) for one in files for name, table in one.get("tables", {}).items()}
    for extension in (item for one in files for item in one.get("extend", {}).items()):
        _extend(definitions, *extension)
    return Catalogue({name: build_table(name, definition, choices) for name, definition in definitions.items()})


def _extend(definitions: dict[str, dict[str, Any]], name: str, extension: Mapping[str, Any]) -> None:
    """Add a publisher's columns and keys to a table of another file."""
    table = definitions[name]
    table["columns"] = {**table["columns"], **extension["columns"]}
    table["keys"] = {**table.get("keys", {}), **extension.get("keys", {})}


def build_table(name: str, definition: Mapping[str, Any], choices: Mapping[str, dict[int, str]]) -> Table:
    """Make one table."""
    states = {code: State(state["label"], state["reasons"]) for code, state in definition.get("states", {}).items()}
    columns = [Column(name=definition["key"], kind=Kind.GUID, schema=_schema_of(definition["key"], definition))]
    columns += [_column(key, text, choices) for key, text in _all_columns(name, definition)]
    columns += _state_columns(states)
    labels = {definition["key"]: definition["display"]} | _LABELS | definition.get("labels", {})
    named = (_named(column, labels) for column in columns)
    with_bases = [each for column in named for each in with_base(column)]
    return Table(
        name=name,
        set=definition["set"],
        schema=definition["schema"],
        display=definition["display"],
        key=definition["key"],
        label_column=definition["name"],
        code=definition["code"],
        columns={column.name: column for column in with_bases},
        keys={key: tuple(parts) for key, parts in definition.get("keys", {}).items()},
        states=states,
        money=definition.get("money", False),
        owned=definition["standard"] == "owned",
    )


def _named(column: Column, labels: Mapping[str, str]) -> Column:
    """Give a column with the name that Microsoft gave it; others are called by their schema name."""
    return replace(column, labels={_ENGLISH: labels[column.name]}) if column.name in labels else column


def _schema_of(key: str, definition: Mapping[str, Any]) -> str:
    """Give the schema name of the primary key: the table's, with Id behind it."""
    return f"{definition['schema']}Id" if key == f"{definition['schema'].lower()}id" else key


def _all_columns(name: str, definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give a table's own columns, then the ones that come by themselves."""
    yield from definition["columns"].items()
    own = _PLAIN | (_OWNED if definition["standard"] == "owned" else {}) | (_MONEY if definition.get("money") else {})
    for key, text in own.items():
        yield key, text.format(suffix=definition.get("suffix", ""), table=name)


def _state_columns(states: Mapping[int, State]) -> list[Column]:
    """Give statecode and statuscode of a table that has states."""
    if not states:
        return []
    reasons = {code: label for state in states.values() for code, label in state.reasons.items()}
    labels = {code: state.label for code, state in states.items()}
    return [
        Column(name="statecode", kind=Kind.STATE, schema="StateCode", options=labels),
        Column(name="statuscode", kind=Kind.STATUS, schema="StatusCode", options=reasons),
    ]


def with_base(column: Column) -> list[Column]:
    """Give a column, and for money its read-only twin in the base currency."""
    if column.kind is not Kind.MONEY:
        return [column]
    twin = Column(
        name=f"{column.name}_base",
        kind=Kind.MONEY,
        schema=f"{column.schema}_Base",
        decimals=4,
        low=column.low,
        high=column.high,
        readonly=True,
        labels={language: f"{text} (Base)" for language, text in column.labels.items()},
        made=column.made,
    )
    return [column, twin]


def money_columns(table: str) -> list[Column]:
    """Give what a table gets with its first money column."""
    return [_named(_column(key, text.format(suffix="", table=table), {}), _LABELS) for key, text in _MONEY.items()]


def _column(name: str, text: str, choices: Mapping[str, dict[int, str]]) -> Column:
    """Make one column from its shorthand."""
    word, *rest = text.split()
    kind = _KINDS[word]
    settings: dict[str, Any] = {"schema": name}
    if kind is Kind.MONEY:
        settings |= {"low": -_MONEY_LIMIT, "high": _MONEY_LIMIT}
    targets = []
    for part in rest:
        if kind is Kind.LOOKUP and "=" in part and not part.startswith("schema="):
            targets.append(_target(part))
        else:
            settings |= _setting(part, kind, choices)
    return Column(name=name, kind=kind, targets=tuple(targets), **settings)


def _setting(part: str, kind: Kind, choices: Mapping[str, dict[int, str]]) -> dict[str, Any]:
    """Read one word of a column's shorthand."""
    if part in _FLAGS:
        return {_FLAGS[part]: True}
    if part.startswith("@"):
        return {"options": choices[part[1:]]}
    if part.startswith("schema="):
        return {"schema": part.removeprefix("schema=")}
    if part.startswith("="):
        return {"default": yaml.safe_load(part[1:])}
    if bounds := re.fullmatch(r"(-?\d+)\.\.(-?\d+)", part):
        return {"low": int(bounds[1]), "high": int(bounds[2])}
    return {"decimals" if kind in {Kind.MONEY, Kind.DECIMAL} else "length": int(part)}


def _target(part: str) -> Target:
    """Read one target of a lookup."""
    table, _, path = part.partition("=")
    navigation, _, collection = path.partition("/")
    return Target(table, navigation, collection)
