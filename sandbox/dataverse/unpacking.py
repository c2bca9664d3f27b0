"""The pieces of a solution's file put in: choices and tables first, then what stands on them, forms last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from sandbox.dataverse import formcheck, forms, metadata, solutions
from sandbox.dataverse.bulk import CREATE, UPDATE
from sandbox.dataverse.errors import DataverseError
from sandbox.dataverse.install import allow_bulk
from sandbox.dataverse.making import track
from sandbox.dataverse.organisation import PENDING
from sandbox.dataverse.package import WIRE
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

_KINDS = {wire: kind for kind, wire in WIRE.items() if kind is not Kind.DATE}


def put_in(org: Organisation, content: ET.Element, solution: str) -> None:
    """Make what the file holds."""
    for said in content.iterfind("optionsets/optionset"):
        _choice(org, said, solution)
    entities = list(content.iterfind("Entities/Entity"))
    for said in entities:
        _table(org, said, solution)
    relationships = list(content.iterfind("EntityRelationships/EntityRelationship"))
    for said in entities:
        table = _named(org, said)
        for attribute in said.iterfind("EntityInfo/entity/attributes/attribute"):
            _column(org, table, attribute, relationships)
        _keys(org, said, table)
        if said.findtext("EntityInfo/entity/ChangeTrackingEnabled") == "1":
            track(org, table)
    org.refresh()
    for said in entities:
        _hold(org, said, solution)
        for form in said.iterfind("FormXml/forms/systemform"):
            _form(org, org.table(_named(org, said)), form, solution)


def name_of(said: ET.Element) -> str:
    """Give the logical name of a table."""
    entity = said.find("EntityInfo/entity")
    return "" if entity is None else str(entity.get("Name"))


def _named(org: Organisation, said: ET.Element) -> str:
    """Give the table that a part stands on; raises where the environment has none of its name."""
    name = name_of(said)
    org.refresh()
    if name not in org.catalogue.tables:
        message = "The following solution cannot be imported: cosell. Some dependencies are missing. The missing "
        raise DataverseError(400, "0x8004801d", f"{message}dependencies are: <Entity schemaName='{name}'/>")
    return name


def _texts(said: ET.Element, path: str) -> dict[int, str]:
    return {int(str(one.get("languagecode"))): str(one.get("description")) for one in said.iterfind(path)}


def _options(said: ET.Element) -> dict[int, dict[int, str]]:
    return {int(str(one.get("value"))): _texts(one, "labels/label") for one in said.iterfind("options/option")}


def _base(org: Organisation, texts: dict[int, str]) -> str:
    """Give the text in the base language, or the one that there is."""
    return texts.get(org.world.settings["dataverse_languages"][0]) or next(iter(texts.values()))


def _choice(org: Organisation, said: ET.Element, solution: str) -> None:
    name, labels = str(said.get("Name")), _options(said)
    if org.customisations.get("choice", name) is None:
        texts = {number: _base(org, each) for number, each in labels.items()}
        own = _texts(said, "displaynames/displayname")
        org.customisations.make("choice", name, options=texts, option_labels=labels, labels=own)
    solutions.hold(org, solution, metadata.metadata_id("choice", name), kind=solutions.CHOICE)


def _table(org: Organisation, said: ET.Element, solution: str) -> None:
    name = name_of(said)
    names = _texts(said, "EntityInfo/entity/LocalizedNames/LocalizedName")
    if name in org.catalogue.tables or not names:
        return
    attributes = said.iterfind("EntityInfo/entity/attributes/attribute")
    primary = next(one for one in attributes if (one.findtext("DisplayMask") or "").startswith("PrimaryName"))
    many = _texts(said, "EntityInfo/entity/LocalizedCollectionNames/LocalizedCollectionName")
    values: dict[str, Any] = {
        "set": said.findtext("EntityInfo/entity/EntitySetName"),
        "schema": said.findtext("Name"),
        "display": _base(org, names),
        "primary": primary.findtext("LogicalName"),
        "owned": said.findtext("EntityInfo/entity/OwnershipTypeMask") == "UserOwned",
        "number": sum(1 for _ in org.customisations.of_kind("table")),
        "labels": names,
        "collection_labels": many,
    }
    org.customisations.make("table", name, **values)
    _column(org, name, primary, [])
    org.refresh()
    for message in (CREATE, UPDATE):
        allow_bulk(org, name, message)
    forms.furnish(org, org.table(name))
    solutions.hold(org, solution, metadata.metadata_id(name), kind=solutions.TABLE)


def _column(org: Organisation, table: str, said: ET.Element, relationships: list[ET.Element]) -> None:
    name, kind = str(said.findtext("LogicalName")), _KINDS[str(said.findtext("Type"))]
    if kind is Kind.TIME and said.findtext("Format") == "date":
        kind = Kind.DATE
    there = org.catalogue.tables[table].columns.get(name) if table in org.catalogue.tables else None
    if there is not None and there.kind is not kind:
        message = f"Attribute {name} is a {there.kind}, but a {kind} was specified."
        raise DataverseError(400, "0x80048033", message)
    if there is None and org.customisations.get("column", f"{table}.{name}") is None:
        values = _values(org, said, kind) | {"targets": list(_ends(name, table, relationships))}
        org.customisations.make("column", f"{table}.{name}", **values)


def _values(org: Organisation, said: ET.Element, kind: Kind) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": str(kind),
        "schema": said.get("PhysicalName"),
        "labels": _texts(said, "displaynames/displayname"),
        "required": said.findtext("RequiredLevel") == "required",
    }
    numbers = {"MaxLength": "length", "MinValue": "low", "MaxValue": "high", "Accuracy": "decimals"}
    values |= {own: int(text) for tag, own in numbers.items() if (text := said.findtext(tag)) is not None}
    if (default := said.findtext("AppDefaultValue")) is not None:
        values["default"] = default == "1"
    if choice := said.findtext("OptionSetName"):
        values["choice"] = choice
    elif (own_options := said.find("optionset")) is not None:
        labels = _options(own_options)
        values["option_labels"] = labels
        if kind is Kind.CHOICE:
            values["options"] = {number: _base(org, each) for number, each in labels.items()}
    return values


def _ends(column: str, table: str, relationships: list[ET.Element]) -> Iterator[dict[str, Any]]:
    for said in relationships:
        ends = (said.findtext("ReferencingEntityName"), said.findtext("ReferencingAttributeName"))
        if ends == (table, column):
            yield {
                "table": said.findtext("ReferencedEntityName"),
                "navigation": said.findtext("NavigationPropertyName"),
                "collection": said.get("Name"),
                "cascade": said.findtext("CascadeDelete") == "Cascade",
            }


def _keys(org: Organisation, said: ET.Element, table: str) -> None:
    org.refresh()
    for key in said.iterfind("EntityInfo/entity/EntityKeys/EntityKey"):
        columns = [str(one.text) for one in key.iterfind("EntityKeyAttributes/AttributeName")]
        if set(columns) not in map(set, org.table(table).keys.values()):
            begun = org.now().isoformat()
            org.customisations.make("key", f"{table}.{key.get('Name')}", columns=columns, status=PENDING, begun=begun)


def _hold(org: Organisation, said: ET.Element, solution: str) -> None:
    """Note what came along of a table that is others'."""
    table = org.table(name_of(said))
    if table.custom:
        return
    alone = said.find("EntityInfo/entity/ChangeTrackingEnabled") is not None
    behaviour = solutions.ALONE if alone else solutions.SHELL
    solutions.hold_table(org, solution, metadata.metadata_id(table.name), behaviour=behaviour)
    for attribute in said.iterfind("EntityInfo/entity/attributes/attribute"):
        part = metadata.metadata_id(table.name, str(attribute.findtext("LogicalName")))
        solutions.hold(org, solution, part, kind=solutions.COLUMN, table=table)
    for key in said.iterfind("EntityInfo/entity/EntityKeys/EntityKey"):
        part = metadata.metadata_id(table.name, "key", str(key.get("Name")))
        solutions.hold(org, solution, part, kind=solutions.KEY, table=table)


def _form(org: Organisation, table: Table, said: ET.Element, solution: str) -> None:
    """Merge a form: tabs that the one here lacks go behind its own; nothing of it is taken away."""
    own_id = (said.findtext("formid") or "").strip("{}").lower()
    rows = org.rows(org.table(forms.FORM))
    there, brought = rows.get(own_id), said.find("form")
    if there is None or brought is None:
        message = f"Cannot add a Root Component {own_id} of type 60 because it is not in the target system."
        raise DataverseError(400, "0x8004801f", message)
    form = ET.fromstring(str(there["formxml"]))  # noqa: S314 - the sandbox's own
    tabs = form.find("tabs")
    known = {tab.get("id") for tab in form.iter("tab")}
    for tab in brought.iterfind("tabs/tab"):
        if tabs is not None and tab.get("id") not in known:
            tabs.append(tab)
    xml = ET.tostring(form, encoding="unicode")
    formcheck.check(org, table, xml, former=xml)
    rows.put(own_id, {**there, "formxml": xml, "versionnumber": org.next_version()})
    if not table.custom:
        solutions.hold(org, solution, own_id, kind=solutions.FORM, table=table)
