"""A solution as a file: the zip that ExportSolution gives, said in solution.xml and customizations.xml."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.dataverse import forms, metadata, solutions
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.dataverse.organisation import Organisation, Row
    from sandbox.dataverse.schema import Column, Table, Target

MANIFEST, CONTENT, TYPES = "solution.xml", "customizations.xml", "[Content_Types].xml"
WIRE = {
    Kind.TEXT: "nvarchar", Kind.MEMO: "ntext", Kind.INT: "int", Kind.DECIMAL: "decimal", Kind.MONEY: "money",
    Kind.CHOICE: "picklist", Kind.YESNO: "bit", Kind.TIME: "datetime", Kind.DATE: "datetime", Kind.LOOKUP: "lookup",
}  # fmt: skip
_MIME = (
    '<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/octet-stream" /></Types>'
)


def write_package(org: Organisation, solution: Row, *, managed: bool) -> bytes:
    """Give the zip."""
    parts = [
        row
        for row in org.rows(org.table("solutioncomponent")).values()
        if row["solutionid"][1] == solution["solutionid"]
    ]
    held = {str(row["objectid"]): row for row in parts}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(TYPES, _MIME)
        package.writestr(MANIFEST, _text(_manifest(org, solution, held, managed=managed)))
        package.writestr(CONTENT, _text(_content(org, held)))
    return file.getvalue()


def _text(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _manifest(org: Organisation, solution: Row, held: Mapping[str, Row], *, managed: bool) -> ET.Element:
    root = ET.Element("ImportExportXml", version="9.2.24091.196", SolutionPackageVersion="9.2", languagecode="1033")
    manifest = ET.SubElement(root, "SolutionManifest")
    language = str(org.world.settings["dataverse_languages"][0])
    _leaf(manifest, "UniqueName", solution["uniquename"])
    names = ET.SubElement(manifest, "LocalizedNames")
    ET.SubElement(names, "LocalizedName", description=str(solution["friendlyname"]), languagecode=language)
    if solution.get("description"):
        described = ET.SubElement(manifest, "Descriptions")
        ET.SubElement(described, "Description", description=str(solution["description"]), languagecode=language)
    _leaf(manifest, "Version", solution["version"])
    _leaf(manifest, "Managed", int(managed))
    owner = org.get(org.table("publisher"), solution["publisherid"][1])
    publisher = ET.SubElement(manifest, "Publisher")
    _leaf(publisher, "UniqueName", owner["uniquename"])
    _leaf(publisher, "CustomizationPrefix", owner["customizationprefix"])
    _leaf(publisher, "CustomizationOptionValuePrefix", owner["customizationoptionvalueprefix"])
    roots = ET.SubElement(manifest, "RootComponents")
    for table in _tables(org, held):
        behaviour = held[metadata.metadata_id(table.name)]["rootcomponentbehavior"]
        ET.SubElement(roots, "RootComponent", type="1", schemaName=table.name, behavior=str(behaviour))
    for name in _choices(org, held):
        ET.SubElement(roots, "RootComponent", type="9", schemaName=name, behavior="0")
    ET.SubElement(manifest, "MissingDependencies")
    return root


def _tables(org: Organisation, held: Mapping[str, Row]) -> Iterator[Table]:
    return (table for table in org.catalogue.tables.values() if metadata.metadata_id(table.name) in held)


def _choices(org: Organisation, held: Mapping[str, Row]) -> Iterator[str]:
    names = (piece["name"] for piece in org.customisations.of_kind("choice"))
    return (name for name in names if metadata.metadata_id("choice", name) in held)


def _content(org: Organisation, held: Mapping[str, Row]) -> ET.Element:
    root = ET.Element("ImportExportXml")
    entities = ET.SubElement(root, "Entities")
    relationships = ET.Element("EntityRelationships")
    for table in _tables(org, held):
        whole = held[metadata.metadata_id(table.name)]["rootcomponentbehavior"] == solutions.WHOLE
        entities.append(_entity(org, table, held, whole=whole))
        for column in _columns(table, held, whole=whole):
            for target in column.targets:
                relationships.append(_relationship(table, column, target))
    optionsets = ET.SubElement(root, "optionsets")
    for name in _choices(org, held):
        values = (org.customisations.get("choice", name) or {})["values"]
        optionsets.append(_optionset(name, values["labels"], values["option_labels"]))
    root.append(relationships)
    languages = ET.SubElement(root, "Languages")
    for language in org.world.settings["dataverse_languages"]:
        _leaf(languages, "Language", language)
    return root


def _columns(table: Table, held: Mapping[str, Row], *, whole: bool) -> Iterator[Column]:
    """Give the columns that go along; a lookup may be held as the relationship that it came with."""
    for column in table.columns.values():
        parts = {metadata.metadata_id(table.name, column.name)}
        parts |= {metadata.metadata_id(table.name, column.name, target.table) for target in column.targets}
        if column.custom and not column.readonly and column.kind in WIRE and (whole or parts & held.keys()):
            yield column


def _entity(org: Organisation, table: Table, held: Mapping[str, Row], *, whole: bool) -> ET.Element:
    root = ET.Element("Entity")
    _leaf(root, "Name", table.schema).set("LocalizedName", table.display)
    entity = ET.SubElement(ET.SubElement(root, "EntityInfo"), "entity", Name=table.name)
    if table.custom and whole:
        described = metadata.entity(org, table)
        _labels(entity, "LocalizedNames", "LocalizedName", metadata.texts_of(described["DisplayName"]))
        many = metadata.texts_of(described["DisplayCollectionName"])
        _labels(entity, "LocalizedCollectionNames", "LocalizedCollectionName", many)
        _leaf(entity, "OwnershipTypeMask", "UserOwned" if table.owned else "OrgOwned")
        _leaf(entity, "EntitySetName", table.set)
    tracked = table.name in org.world.settings["dataverse_tracked_tables"]
    if held[metadata.metadata_id(table.name)]["rootcomponentbehavior"] != solutions.SHELL:
        _leaf(entity, "ChangeTrackingEnabled", int(tracked))
    attributes = ET.SubElement(entity, "attributes")
    for column in _columns(table, held, whole=whole):
        attributes.append(_attribute(table, column))
    keys = ET.SubElement(entity, "EntityKeys")
    for name, columns in table.keys.items():
        if name.lower().startswith("cosell_") and (whole or metadata.metadata_id(table.name, "key", name) in held):
            key = ET.SubElement(keys, "EntityKey", Name=name)
            parts = ET.SubElement(key, "EntityKeyAttributes")
            for column in columns:
                _leaf(parts, "AttributeName", column)
    _forms(org, root, table, held, whole=whole)
    return root


def _forms(org: Organisation, root: ET.Element, table: Table, held: Mapping[str, Row], *, whole: bool) -> None:
    main = ET.SubElement(ET.SubElement(root, "FormXml"), "forms", type="main")
    for row in org.rows(org.table(forms.FORM)).values():
        if row["objecttypecode"] == table.name and (whole or row["formid"] in held):
            form = ET.SubElement(main, "systemform")
            _leaf(form, "formid", f"{{{row['formid']}}}")
            _leaf(form, "FormActivationState", row["formactivationstate"])
            form.append(ET.fromstring(row["formxml"]))  # noqa: S314 - the sandbox's own
            _labels(form, "LocalizedNames", "LocalizedName", {1033: row["name"]})


def _attribute(table: Table, column: Column) -> ET.Element:
    said = ET.Element("attribute", PhysicalName=column.schema)
    _leaf(said, "Type", WIRE[column.kind])
    _leaf(said, "Name", column.name)
    _leaf(said, "LogicalName", column.name)
    _leaf(said, "RequiredLevel", "required" if column.required else "none")
    if column.name == table.label_column:
        _leaf(said, "DisplayMask", "PrimaryName|ValidForForm")
    if column.length:
        _leaf(said, "MaxLength", column.length)
    if column.kind in {Kind.INT, Kind.DECIMAL, Kind.MONEY}:
        _leaf(said, "MinValue", column.low)
        _leaf(said, "MaxValue", column.high)
        _leaf(said, "Accuracy", column.decimals)
    if column.kind in {Kind.TIME, Kind.DATE}:
        _leaf(said, "Format", "date" if column.kind is Kind.DATE else "datetime")
    if column.kind is Kind.YESNO:
        _leaf(said, "AppDefaultValue", int(bool(column.default)))
    if column.choice:
        _leaf(said, "OptionSetName", column.choice)
    elif column.options or column.option_labels:
        texts = column.option_labels or {number: {1033: text} for number, text in column.options.items()}
        said.append(_optionset(f"{table.name}_{column.name}", {}, texts))
    labels = metadata.texts_of(metadata.base_attribute(table, column)["DisplayName"])
    _labels(said, "displaynames", "displayname", labels)
    return said


def _optionset(name: str, labels: Mapping[int, str], options: Mapping[int, Mapping[int, str]]) -> ET.Element:
    said = ET.Element("optionset", Name=name)
    _leaf(said, "OptionSetType", "picklist")
    _labels(said, "displaynames", "displayname", labels)
    every = ET.SubElement(said, "options")
    for number, texts in options.items():
        option = ET.SubElement(every, "option", value=str(number))
        _labels(option, "labels", "label", texts)
    return said


def _relationship(table: Table, column: Column, target: Target) -> ET.Element:
    said = ET.Element("EntityRelationship", Name=target.collection)
    _leaf(said, "EntityRelationshipType", "OneToMany")
    _leaf(said, "ReferencingEntityName", table.name)
    _leaf(said, "ReferencedEntityName", target.table)
    _leaf(said, "CascadeDelete", "Cascade" if target.cascade else "RemoveLink")
    _leaf(said, "ReferencingAttributeName", column.name)
    _leaf(said, "NavigationPropertyName", target.navigation)
    return said


def _leaf(parent: ET.Element, name: str, value: object) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = str(value)
    return element


def _labels(parent: ET.Element, many: str, one: str, texts: Mapping[int, str]) -> None:
    group = ET.SubElement(parent, many)
    for language, text in texts.items():
        ET.SubElement(group, one, description=text, languagecode=str(language))
