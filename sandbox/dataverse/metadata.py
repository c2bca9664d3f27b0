"""Tables, columns, keys and relationships as the metadata describes them: JSON documents made from the catalogue."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.dataverse import privileges
from sandbox.dataverse.organisation import ACTIVE, IN_PROGRESS, Organisation, key_status
from sandbox.dataverse.schema import Column, Kind, Table

_IDS = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c20")
_ENGLISH = 1033
_TYPE_NAMES = {Kind.DATE: "DateTime", Kind.GUID: "UniqueIdentifier"}
_ATTRIBUTE_TYPES = {Kind.DATE: "DateTime"}

Document = dict[str, Any]


def metadata_id(*parts: str) -> str:
    """Give the fixed id of a piece of metadata."""
    return str(uuid.uuid5(_IDS, "/".join(parts)))


def label(text: str, by_language: Mapping[int, str] | None = None) -> Document:
    """Give a text as the metadata holds it, by language."""
    texts = by_language or {_ENGLISH: text}
    localized = [{"Label": each, "LanguageCode": language, "IsManaged": False} for language, each in texts.items()]
    return {"LocalizedLabels": localized, "UserLocalizedLabel": localized[0]}


def texts_of(said: Document) -> dict[int, str]:
    """Give the texts of a label by language."""
    return {one["LanguageCode"]: one["Label"] for one in said["LocalizedLabels"]}


def entity(org: Organisation, table: Table) -> Document:
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
        "ChangeTrackingEnabled": table.name in org.world.settings["dataverse_tracked_tables"],
        "CanChangeTrackingBeEnabled": {"Value": True, "CanBeChanged": True},
        "IsManaged": not table.custom,
        "Privileges": privileges.described(table),
        "DisplayName": label(table.display, table.labels),
        "DisplayCollectionName": label(f"{table.display}s", table.collection_labels),
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
        "AttributeOf": None,
        "RequiredLevel": {"Value": "ApplicationRequired" if column.required else "None", "CanBeChanged": True},
        "DisplayName": label(column.schema.removeprefix("cosell_"), column.labels),
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
    Kind.TEXT: lambda column: {"MaxLength": column.length, "Format": "Text", "AutoNumberFormat": ""},
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
        yes, no = (_option(number, text, column.option_labels) for number, text in ((1, "Yes"), (0, "No")))
        return head | {"OptionSetType": "Boolean", "TrueOption": yes, "FalseOption": no}
    options = [
        _option(value, text, column.option_labels) | _state_of(table, column, value)
        for value, text in column.options.items()
    ]
    return head | {"OptionSetType": str(column.kind), "Options": options}


def choice(name: str, values: Document) -> Document:
    """Describe a global choice."""
    options = [_option(value, text, values["option_labels"]) for value, text in values["options"].items()]
    return {
        "@odata.type": "#Microsoft.Dynamics.CRM.OptionSetMetadata",
        "MetadataId": metadata_id("choice", name),
        "Name": name,
        "IsGlobal": True,
        "IsCustomOptionSet": True,
        "OptionSetType": "Picklist",
        "DisplayName": label(name, values["labels"]),
        "Options": options,
    }


def _option(value: int, text: str, labels: Mapping[int, Mapping[int, str]]) -> Document:
    """Describe one option."""
    return {"Value": value, "Label": label(text, labels.get(value)), "IsManaged": value not in labels}


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
            "LogicalName": name.lower(),
            "SchemaName": name,
            "EntityLogicalName": table.name,
            "KeyAttributes": list(columns),
            "EntityKeyIndexStatus": _index_of(org, table, name),
            "DisplayName": label(name),
        }
        for name, columns in table.keys.items()
    ]


def _index_of(org: Organisation, table: Table, name: str) -> str:
    """Tell how far the index of a key is; a setting holds back those that were there from the start."""
    status = key_status(org, table, name)
    return IN_PROGRESS if status == ACTIVE and not org.key_is_active(table, name) else status


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
                    "CascadeConfiguration": {"Delete": "Cascade" if target.cascade else "RemoveLink"},
                }


def many_to_many(org: Organisation) -> Iterator[Document]:
    """Describe the relationships of many to many; all of them were made through the API."""
    for piece in org.customisations.of_kind("many"):
        values = piece["values"]
        yield {
            "@odata.type": "#Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
            "MetadataId": metadata_id("many", piece["name"]),
            "SchemaName": values["schema"],
            "RelationshipType": "ManyToManyRelationship",
            "IsCustomRelationship": True,
            "Entity1LogicalName": values["first"],
            "Entity2LogicalName": values["second"],
            "IntersectEntityName": values["intersect"],
        }
