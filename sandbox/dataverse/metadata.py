"""Tables, columns, keys and relationships as the metadata describes them: JSON documents made from the catalogue."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.schema import Column, Kind, Table

_IDS = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c20")
_ENGLISH = 1033
_TYPE_NAMES = {Kind.DATE: "DateTime", Kind.GUID: "UniqueIdentifier"}
_ATTRIBUTE_TYPES = {Kind.DATE: "DateTime"}

Document = dict[str, Any]


def metadata_id(*parts: str) -> str:
    """Give the fixed id of a piece of metadata."""
    return str(uuid.uuid5(_IDS, "/".join(parts)))


def label(text: str) -> Document:
    """Give a text as the metadata holds it, by language."""
    localized = {"Label": text, "LanguageCode": _ENGLISH, "IsManaged": False}
    return {"LocalizedLabels": [localized], "UserLocalizedLabel": localized}


def entity(table: Table) -> Document:
    """Describe a table."""
    return {
        "MetadataId": metadata_id(table.name),
        "LogicalName": table.name,
        "LogicalCollectionName": table.set,
        "SchemaName": table.schema,
        "EntitySetName": table.set,
        "PrimaryIdAttribute": table.key,
        "PrimaryNameAttribute": table.label_column,
        "ObjectTypeCode": table.code,
        "OwnershipType": "UserOwned" if table.owned else "OrganizationOwned",
        "IsCustomEntity": table.custom,
        "IsPrivate": False,
        "IsActivity": table.name == "opportunityclose",
        "IsOptimisticConcurrencyEnabled": True,
        "DisplayName": label(table.display),
        "DisplayCollectionName": label(f"{table.display}s"),
    }


def attributes(table: Table) -> list[Document]:
    """Describe all columns of a table."""
    return [attribute(table, column) for column in table.columns.values()]


def type_name(column: Column) -> str:
    """Give the name of a column's metadata type, as casts use it."""
    return f"Microsoft.Dynamics.CRM.{_TYPE_NAMES.get(column.kind, column.kind)}AttributeMetadata"


def attribute(table: Table, column: Column) -> Document:
    """Describe a column, with what only its type has."""
    return base_attribute(table, column) | typed_attribute(column)


def base_attribute(table: Table, column: Column) -> Document:
    """Describe what every column has."""
    updatable = not (column.readonly or column.create_only or column.name == table.key)
    return {
        "@odata.type": f"#{type_name(column)}",
        "MetadataId": metadata_id(table.name, column.name),
        "LogicalName": column.name,
        "SchemaName": column.schema,
        "EntityLogicalName": table.name,
        "AttributeType": _attribute_type(table, column),
        "AttributeTypeName": {"Value": f"{_TYPE_NAMES.get(column.kind, column.kind)}Type"},
        "IsPrimaryId": column.name == table.key,
        "IsPrimaryName": column.name == table.label_column,
        "IsCustomAttribute": column.custom,
        "IsValidForCreate": not column.readonly,
        "IsValidForRead": True,
        "IsValidForUpdate": updatable,
        "RequiredLevel": {"Value": "ApplicationRequired" if column.required else "None", "CanBeChanged": True},
        "DisplayName": label(column.schema.removeprefix("cosell_")),
    }


def _attribute_type(table: Table, column: Column) -> str:
    """Give the older name of a column's type, where owner and customer are types of their own."""
    if column.kind is not Kind.LOOKUP:
        return _ATTRIBUTE_TYPES.get(column.kind, str(column.kind))
    if table.owned and column.name == "ownerid":
        return "Owner"
    return "Customer" if {target.table for target in column.targets} == {"account", "contact"} else "Lookup"


def typed_attribute(column: Column) -> Document:
    """Describe what only columns of this type have."""
    describe = _TYPED.get(column.kind)
    return describe(column) if describe else {}


def _bounds(column: Column) -> Document:
    """Give the smallest and the largest value."""
    return {"MinValue": column.low, "MaxValue": column.high}


_TYPED: dict[Kind, Callable[[Column], Document]] = {
    Kind.TEXT: lambda column: {"MaxLength": column.length, "Format": "Text"},
    Kind.MEMO: lambda column: {"MaxLength": column.length, "Format": "TextArea"},
    # 2: the currency's own precision rounds, not the column's own (0) and not the organisation's (1).
    Kind.MONEY: lambda column: _bounds(column) | {"Precision": column.decimals, "PrecisionSource": 2},
    Kind.DECIMAL: lambda column: _bounds(column) | {"Precision": column.decimals},
    Kind.INT: lambda column: _bounds(column) | {"Format": "None"},
    Kind.TIME: lambda _column: {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}},
    Kind.DATE: lambda _column: {"Format": "DateOnly", "DateTimeBehavior": {"Value": "DateOnly"}},
    Kind.YESNO: lambda column: {"DefaultValue": bool(column.default)},
    Kind.CHOICE: lambda column: {"DefaultFormValue": -1 if column.default is None else column.default},
    Kind.LOOKUP: lambda column: {"Targets": [target.table for target in column.targets]},
}


def option_set(table: Table, column: Column) -> Document:
    """Describe the options of a choice, state, status or yes/no column."""
    own_id = metadata_id(table.name, column.name, "options")
    head = {"MetadataId": own_id, "Name": f"{table.name}_{column.name}", "IsGlobal": False}
    if column.kind is Kind.YESNO:
        return head | {"OptionSetType": "Boolean", "TrueOption": _option(1, "Yes"), "FalseOption": _option(0, "No")}
    options = [_option(value, text) | _state_of(table, column, value) for value, text in column.options.items()]
    return head | {"OptionSetType": str(column.kind), "Options": options}


def _option(value: int, text: str) -> Document:
    """Describe one option."""
    return {"Value": value, "Label": label(text), "IsManaged": True}


def _state_of(table: Table, column: Column, value: int) -> Document:
    """Give the state that a status reason belongs to."""
    if column.kind is not Kind.STATUS:
        return {}
    return {"State": next(code for code, state in table.states.items() if value in state.reasons)}


def keys(org: Organisation, table: Table) -> list[Document]:
    """Describe the alternate keys of a table."""
    return [
        {
            "MetadataId": metadata_id(table.name, "key", name),
            "LogicalName": name,
            "SchemaName": name,
            "EntityLogicalName": table.name,
            "KeyAttributes": list(columns),
            "EntityKeyIndexStatus": "Active" if org.key_is_active(table, name) else "InProgress",
            "DisplayName": label(name),
        }
        for name, columns in table.keys.items()
    ]


def relationships(org: Organisation) -> Iterator[Document]:
    """Describe all one-to-many relationships."""
    for table in org.catalogue.tables.values():
        for column in table.columns.values():
            for target in column.targets:
                yield {
                    "@odata.type": "#Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
                    "MetadataId": metadata_id(table.name, column.name, target.table),
                    "SchemaName": target.collection,
                    "RelationshipType": "OneToManyRelationship",
                    "IsCustomRelationship": column.custom,
                    "ReferencedEntity": target.table,
                    "ReferencedAttribute": org.table(target.table).key,
                    "ReferencedEntityNavigationPropertyName": target.collection,
                    "ReferencingEntity": table.name,
                    "ReferencingAttribute": column.name,
                    "ReferencingEntityNavigationPropertyName": target.navigation,
                }
