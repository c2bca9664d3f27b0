"""A new column's body by its type: which members the type has, and what they may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.dataverse import asked, errors
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.organisation import Organisation

_COMMON = frozenset({
    "SchemaName", "LogicalName", "DisplayName", "Description", "RequiredLevel", "IsPrimaryName", "AttributeType",
    "AttributeTypeName", "IsValidForAdvancedFind", "IsAuditEnabled",
})  # fmt: skip
_OWN: dict[str, tuple[Kind, frozenset[str]]] = {
    "StringAttributeMetadata": (Kind.TEXT, frozenset({"MaxLength", "FormatName", "Format", "ImeMode"})),
    "MemoAttributeMetadata": (Kind.MEMO, frozenset({"MaxLength", "Format", "FormatName", "ImeMode"})),
    "IntegerAttributeMetadata": (Kind.INT, frozenset({"MinValue", "MaxValue", "Format"})),
    "DecimalAttributeMetadata": (Kind.DECIMAL, frozenset({"MinValue", "MaxValue", "Precision"})),
    "MoneyAttributeMetadata": (Kind.MONEY, frozenset({"MinValue", "MaxValue", "Precision", "PrecisionSource"})),
    "BooleanAttributeMetadata": (Kind.YESNO, frozenset({"DefaultValue", "OptionSet"})),
    "DateTimeAttributeMetadata": (Kind.TIME, frozenset({"Format", "DateTimeBehavior", "ImeMode"})),
    "PicklistAttributeMetadata": (Kind.CHOICE, frozenset({"OptionSet", "DefaultFormValue"})),
}
_BIND = "GlobalOptionSet@odata.bind"
_LEVELS = {"None", "Recommended", "ApplicationRequired"}
_LONGEST = {Kind.TEXT: 4000, Kind.MEMO: 1_048_576}


def column_values(org: Organisation, body: Body) -> dict[str, Any]:
    """Give what a column body says, as the catalogue keeps it."""
    kind_name = asked.kind_of(body)
    if kind_name not in _OWN:
        message = f"Attribute of type {kind_name} cannot be created through Attributes."
        raise errors.DataverseError(400, "0x80048403", message)
    kind, own = _OWN[kind_name]
    asked.check_members(body, _COMMON | own, kind=kind_name)
    level = (body.get("RequiredLevel") or {"Value": "None"}).get("Value")
    if level not in _LEVELS:
        raise asked.wrong(f"The value '{level}' is not an AttributeRequiredLevel.")
    head = {
        "kind": str(kind),
        "schema": asked.schema_name(org, body, kind="Attribute"),
        "labels": asked.labels(org, body.get("DisplayName"), what="DisplayName"),
        "required": level == "ApplicationRequired",
    }
    return head | _TYPED[kind](org, body, kind)


def _text(_org: Organisation, body: Body, kind: Kind) -> dict[str, Any]:
    length = body.get("MaxLength")
    if not isinstance(length, int) or not 1 <= length <= _LONGEST[kind]:
        message = f"The MaxLength of an attribute must be between 1 and {_LONGEST[kind]}."
        raise errors.DataverseError(400, "0x80044331", message)
    if kind is Kind.TEXT and not (body.get("FormatName") or body.get("Format")):
        raise asked.wrong("A StringAttributeMetadata needs its FormatName.")
    return {"length": length}


def _number(_org: Organisation, body: Body, kind: Kind) -> dict[str, Any]:
    low, high = body.get("MinValue"), body.get("MaxValue")
    if low is None or high is None or low > high:
        raise asked.wrong("MinValue and MaxValue are needed, in this order.")
    bounds = {"low": int(low), "high": int(high)}
    if kind is Kind.INT:
        return bounds
    if body.get("Precision") not in range(5):
        raise asked.wrong("Precision must be between 0 and 4.")
    return bounds | {"decimals": body["Precision"]}


def _yes_no(org: Organisation, body: Body, _kind: Kind) -> dict[str, Any]:
    said = body.get("OptionSet") or {}
    yes, no = said.get("TrueOption"), said.get("FalseOption")
    if not isinstance(yes, dict) or not isinstance(no, dict) or (yes.get("Value"), no.get("Value")) != (1, 0):
        raise asked.wrong("A BooleanAttributeMetadata needs an OptionSet with TrueOption 1 and FalseOption 0.")
    _, texts = asked.options(org, [yes, no])
    return {"option_labels": texts, "default": bool(body.get("DefaultValue", False))}


def _time(_org: Organisation, body: Body, _kind: Kind) -> dict[str, Any]:
    shape = body.get("Format")
    behaviour = (body.get("DateTimeBehavior") or {"Value": "UserLocal"}).get("Value")
    if shape not in {"DateOnly", "DateAndTime"} or behaviour not in {"UserLocal", "DateOnly", "TimeZoneIndependent"}:
        raise asked.wrong("A DateTimeAttributeMetadata needs a Format and a DateTimeBehavior that there is.")
    return {"kind": str(Kind.DATE if behaviour == "DateOnly" or shape == "DateOnly" else Kind.TIME)}


def _choice(org: Organisation, body: Body, _kind: Kind) -> dict[str, Any]:
    if bound := body.get(_BIND):
        name = str(bound).partition("Name='")[2].partition("'")[0]
        if not str(bound).startswith("/GlobalOptionSetDefinitions(") or not org.customisations.get("choice", name):
            raise errors.DataverseError(404, "0x80060888", f"Could not find an optionset with name {name or bound}.")
        return {"choice": name}
    said = body.get("OptionSet") or {}
    if said.get("IsGlobal"):
        raise asked.wrong("A global OptionSet is bound, not given.")
    texts, by_language = asked.options(org, said.get("Options"))
    return {"options": texts, "option_labels": by_language}


_TYPED: dict[Kind, Callable[[Organisation, Body, Kind], dict[str, Any]]] = {
    Kind.TEXT: _text,
    Kind.MEMO: _text,
    Kind.INT: _number,
    Kind.DECIMAL: _number,
    Kind.MONEY: _number,
    Kind.YESNO: _yes_no,
    Kind.TIME: _time,
    Kind.CHOICE: _choice,
}
