"""What is wanted, said as the Web API's metadata bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.setup.labels import Labels, Words
    from cosell.adapters.dataverse.setup.wanted import Column, Table, Type, Wanted

FINISHED = "What the co-sell sync needs. Made by its setup; run the setup again to repair it."
UNFINISHED = "The co-sell setup is at work, or broke off: run it again."
_NAMESPACE = "Microsoft.Dynamics.CRM."
_MOST_MONEY = 922337203685477
VERSION = "1.0.0.0"


def publisher(wanted: Wanted) -> Json:
    """Give the publisher's row."""
    return {
        "uniquename": wanted.publisher.name,
        "friendlyname": wanted.publisher.name,
        "customizationprefix": wanted.publisher.prefix,
        "customizationoptionvalueprefix": wanted.publisher.option_prefix,
    }


def solution(wanted: Wanted, labels: Labels, *, publisher_id: str) -> Json:
    """Give the solution's row."""
    return {
        "uniquename": wanted.solution,
        "friendlyname": labels.text(lambda words: words.solution),
        "version": VERSION,
        "description": UNFINISHED,
        "publisherid@odata.bind": f"/publishers({publisher_id})",
    }


def choice(name: str, numbers: tuple[int, ...], labels: Labels) -> Json:
    """Give a global choice."""
    return {
        "@odata.type": f"{_NAMESPACE}OptionSetMetadata",
        "Name": name,
        "IsGlobal": True,
        "OptionSetType": "Picklist",
        "DisplayName": labels.label(lambda words: words.choices[name]["name"]),
        "Options": [
            {"@odata.type": f"{_NAMESPACE}OptionMetadata", "Value": number, "Label": option(name, number, labels)}
            for number in numbers
        ],
    }


def option(choice_name: str, number: int, labels: Labels) -> Json:
    """Give the label of an option."""
    return labels.label(lambda words: words.choices[choice_name][number])


def table(one: Table, labels: Labels) -> Json:
    """Give a table with its primary column."""
    primary = one.primary
    name = one.logical_name
    return {
        "@odata.type": f"{_NAMESPACE}EntityMetadata",
        "SchemaName": one.schema_name,
        "DisplayName": labels.label(lambda words: words.tables[name][0]),
        "DisplayCollectionName": labels.label(lambda words: words.tables[name][1]),
        "OwnershipType": "UserOwned",
        "HasActivities": False,
        "HasNotes": False,
        "ChangeTrackingEnabled": one.tracked,
        "Attributes": [{**column(primary, labels), "IsPrimaryName": True}] if primary else [],
    }


def column(one: Column, labels: Labels) -> Json:
    """Give a column that is no lookup."""
    return {
        "@odata.type": f"{_NAMESPACE}{_TYPES[one.type]}AttributeMetadata",
        "SchemaName": one.schema_name,
        "DisplayName": column_label(one, labels),
        "RequiredLevel": {"Value": "ApplicationRequired" if one.required else "None"},
        **_DETAILS[one.type](one, labels),
    }


def column_label(one: Column, labels: Labels) -> Json:
    """Give the label of a column."""
    return labels.label(lambda words: words.columns[one.name])


def relationship(one: Column, *, table: Table, labels: Labels) -> Json:
    """Give a lookup column as the relationship that it is."""
    return {
        "@odata.type": f"{_NAMESPACE}OneToManyRelationshipMetadata",
        "SchemaName": one.relationship,
        "ReferencedEntity": one.to,
        "ReferencedAttribute": f"{one.to}id",
        "ReferencingEntity": table.logical_name,
        "CascadeConfiguration": {
            "Assign": "NoCascade",
            "Delete": one.on_delete,
            "Merge": "NoCascade",
            "Reparent": "NoCascade",
            "Share": "NoCascade",
            "Unshare": "NoCascade",
        },
        "Lookup": {
            "@odata.type": f"{_NAMESPACE}LookupAttributeMetadata",
            "SchemaName": one.schema_name,
            "DisplayName": column_label(one, labels),
            "RequiredLevel": {"Value": "None"},
        },
    }


def key(schema_name: str, columns: tuple[str, ...], labels: Labels) -> Json:
    """Give an alternate key."""
    return {
        "SchemaName": schema_name,
        "DisplayName": labels.label(lambda words: words.keys[schema_name.lower()]),
        "KeyAttributes": list(columns),
    }


def publishing(tables: Iterable[str], choices: Iterable[str]) -> Json:
    """Give what is to be published, nothing else."""
    tables = "".join(f"<entity>{name}</entity>" for name in tables)
    choices = "".join(f"<optionset>{name}</optionset>" for name in choices)
    named = f"<entities>{tables}</entities><optionsets>{choices}</optionsets>"
    return {"ParameterXml": f"<importexportxml>{named}</importexportxml>"}


_TYPES: Mapping[Type, str] = {
    "yes_no": "Boolean",
    "text": "String",
    "memo": "Memo",
    "choice": "Picklist",
    "time": "DateTime",
    "money": "Money",
    "whole": "Integer",
}


def _yes_no(one: Column, labels: Labels) -> Json:
    return {
        "DefaultValue": one.default,
        "OptionSet": {
            "@odata.type": f"{_NAMESPACE}BooleanOptionSetMetadata",
            "TrueOption": _answer(1, labels, lambda words: words.yes),
            "FalseOption": _answer(0, labels, lambda words: words.no),
        },
    }


def _answer(number: int, labels: Labels, pick: Callable[[Words], str]) -> Json:
    return {"Value": number, "Label": labels.label(pick)}


def _time(_one: Column, _labels: Labels) -> Json:
    return {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}


def _money(_one: Column, _labels: Labels) -> Json:
    # 2: rounded as the row's currency is, not by a precision of the column's own.
    return {"MinValue": -_MOST_MONEY, "MaxValue": _MOST_MONEY, "Precision": 2, "PrecisionSource": 2}


_DETAILS: Mapping[Type, Callable[[Column, Labels], Json]] = {
    "yes_no": _yes_no,
    "text": lambda one, _: {"MaxLength": one.length, "FormatName": {"Value": one.format}},
    "memo": lambda one, _: {"MaxLength": one.length, "Format": "TextArea"},
    "choice": lambda one, _: {"GlobalOptionSet@odata.bind": f"/GlobalOptionSetDefinitions(Name='{one.choice}')"},
    "time": _time,
    "money": _money,
    "whole": lambda one, _: {"MinValue": one.low, "MaxValue": one.high, "Format": "None"},
}
