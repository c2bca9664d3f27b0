"""What Dynamics takes as a form's XML: its parts in their places, names that there are, ids that stand once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.dataverse import errors
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

LIST = "{E7A81278-8635-4D9E-8D4D-59480B391C5B}"
CLASSES: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("{4273EDBD-AC1D-40D3-9FB2-095C621B552D}", "{71716B6C-711E-476C-8AB8-5D11542BFB47}"),
    Kind.MEMO: ("{E0DECE4B-6FC8-4A8F-A065-082708572369}",),
    Kind.CHOICE: ("{3EF39988-22BB-4F0B-BBBE-64B5A3748AEE}",),
    Kind.YESNO: ("{67FAC785-CD58-4F9F-ABB3-4B7DDC6ED5ED}", "{B0C6723A-8503-4FD7-BB28-C8A06AC933C2}"),
    Kind.TIME: ("{5B773807-9FB2-42DB-97C3-7A91EFF8ADFF}",),
    Kind.DATE: ("{5B773807-9FB2-42DB-97C3-7A91EFF8ADFF}",),
    Kind.MONEY: ("{533B9E00-756B-4312-95A0-DC888637AC78}",),
    Kind.INT: ("{C6D124CA-7EDA-4A60-AEA9-7FB8D318B68F}",),
    Kind.LOOKUP: ("{270BD3DB-D9AF-4782-9025-509E298DEC0A}",),
}
"""Class ids of the controls that can show a column of a kind."""
_WITHIN = {
    "form": {"ancestor", "hiddencontrols", "tabs", "header", "footer", "events", "clientresources", "Navigation",
             "formLibraries", "formparameters", "controlDescriptions", "DisplayConditions", "RibbonDiffXml",
             "externaldependencies"},
    "tabs": {"tab"},
    "tab": {"labels", "columns", "events", "tabheader", "tabfooter"},
    "columns": {"column"},
    "column": {"sections"},
    "sections": {"section"},
    "section": {"labels", "rows"},
    "header": {"rows"},
    "footer": {"rows"},
    "rows": {"row"},
    "row": {"cell"},
    "cell": {"labels", "control", "events"},
    "labels": {"label"},
    "control": {"parameters"},
}  # fmt: skip
_LABELLED = {"tab", "section", "cell"}
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")


def check(org: Organisation, table: Table, xml: str, *, former: str) -> None:
    """Raise the refusal of a form that is not one; names in languages that are off stay if they were there."""
    try:
        root = ET.fromstring(xml)  # noqa: S314 - the sandbox's own callers
    except ET.ParseError as error:
        raise _wrong(f"not well-formed: {error}") from error
    if root.tag != "form" or root.find("tabs/tab") is None:
        raise _wrong("the form has no tabs")
    _check_parts(root)
    _check_ids(root)
    before = {str(label.get("languagecode")) for label in ET.fromstring(former).iter("label")}  # noqa: S314
    _check_labels(root, before | {str(language) for language in org.world.settings["dataverse_languages"]})
    for control in root.iter("control"):
        _check_control(org, table, control)
    for rows in root.iter("rows"):
        _check_rows(rows)


def _wrong(reason: str) -> errors.DataverseError:
    return errors.DataverseError(400, "0x80048426", f"The form XML is not valid: {reason}.")


def _check_parts(element: ET.Element) -> None:
    allowed = _WITHIN.get(element.tag)
    for child in element:
        if allowed is not None and child.tag not in allowed:
            raise _wrong(f"{element.tag} cannot hold {child.tag}")
        _check_parts(child)


def _check_ids(root: ET.Element) -> None:
    for tags in ({"tab", "section", "cell"}, {"control"}):
        seen: set[str] = set()
        for element in root.iter():
            if element.tag not in tags:
                continue
            own = element.get("id", "")
            if tags != {"control"} and not _GUID.fullmatch(own):
                raise _wrong(f"{element.tag} has no id in braces: '{own}'")
            if not own or own.lower() in seen:
                raise _wrong(f"the id '{own}' of a {element.tag} is missing or stands twice")
            seen.add(own.lower())


def _check_labels(root: ET.Element, known: set[str]) -> None:
    for element in root.iter():
        if element.tag in _LABELLED and element.find("labels/label") is None:
            raise _wrong(f"{element.tag} {element.get('id')} has no label")
    for labels in root.iter("labels"):
        languages = [str(label.get("languagecode")) for label in labels]
        if len(languages) != len(set(languages)) or not known.issuperset(languages):
            raise _wrong(f"labels in {languages}")


def _check_control(org: Organisation, table: Table, control: ET.Element) -> None:
    kind = control.get("classid", "").upper()
    name = control.get("datafieldname")
    if kind == LIST:
        _check_list(org, table, control)
        return
    column = table.columns.get(name or "")
    if column is None:
        raise _wrong(f"the attribute {name} does not exist on entity {table.name}")
    if kind not in CLASSES.get(column.kind, ()):
        raise _wrong(f"a control of class {kind} cannot show {name}")


def _check_list(org: Organisation, table: Table, control: ET.Element) -> None:
    said = {one.tag: one.text or "" for one in control.iterfind("parameters/*")}
    target = org.table(said.get("TargetEntityType", ""))
    relationship = org.catalogue.collections[table.name].get(said.get("RelationshipName", ""))
    if relationship is None or relationship.table != target.name:
        raise _wrong(
            f"the relationship {said.get('RelationshipName')} does not lead from {table.name} to {target.name}"
        )
    view = org.rows(org.table("savedquery")).get(said.get("ViewId", "").strip("{}").lower())
    personal = said.get("IsUserView", "false").lower() == "true"
    # A person's own view stands in another table than those that everybody sees.
    if personal or view is None or view.get("returnedtypecode") != target.name:
        raise _wrong(f"the view {said.get('ViewId')} is none of {target.name}")


def _check_rows(rows: ET.Element) -> None:
    """Hold a cell over several rows to as many rows, empty ones behind it."""
    all_rows = list(rows)
    for place, row in enumerate(all_rows):
        for cell in row:
            needed = int(cell.get("rowspan", "1"))
            if needed > len(all_rows) - place:
                raise _wrong(f"the cell {cell.get('id')} spans {needed} rows, and there are not as many")
