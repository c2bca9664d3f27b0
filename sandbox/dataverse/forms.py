"""Main forms and views: every table has one of each; a changed form is a draft until its table is published."""

from __future__ import annotations

import uuid
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import errors, formcheck, solutions, write
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.organisation import SYSTEM_USER_ID, Caller
from sandbox.dataverse.privileges import demand_customiser
from sandbox.dataverse.reading import Listing, read_one

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.answers import Answer
    from sandbox.dataverse.address import Segment
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation, Row
    from sandbox.dataverse.schema import Column, Table

FORM, VIEW = "systemform", "savedquery"
MAIN = 2
_IDS = uuid.UUID("5d4f3c1e-8a57-4c1b-9a53-0d8a4f1f0c30")
_NAMESPACE = "Microsoft.Dynamics.CRM."
_CHANGEABLE = {"formxml", "name", "description", "isdefault", "formactivationstate"}


def form_id(table: str) -> str:
    """Give the fixed id of the main form that a table comes with."""
    return str(uuid.uuid5(_IDS, f"form/{table}"))


def view_id(table: str) -> str:
    """Give the fixed id of the default view that a table comes with."""
    return str(uuid.uuid5(_IDS, f"view/{table}"))


def furnish(org: Organisation, table: Table) -> None:
    """Give a table its default view and its main form."""
    view = {"name": f"Active {table.display}s", "returnedtypecode": table.name, "querytype": 0, "isdefault": True}
    _insert(org, VIEW, {"savedqueryid": view_id(table.name), **view})
    columns = (column for column in table.columns.values() if column.kind in formcheck.CLASSES and not column.readonly)
    ours = [column for column in columns if column.name.startswith("cosell_")]
    xml = _standard(table.name) or _plain(table, [] if table.made else ours)
    if ours and not table.made and not table.custom:
        xml = xml.replace("</tabs>", f"{_tab(table, ours)}</tabs>")
    name = "Opportunity" if table.name == "opportunity" else "Information"
    add_form(org, table.name, name=name, xml=xml, own_id=form_id(table.name), isdefault=True)


def add_form(org: Organisation, table: str, *, name: str, xml: str, own_id: str = "", **columns: object) -> str:
    """Add a published main form, as another solution brings it, and give its id."""
    values = {"formid": own_id or str(uuid.uuid4()), "objecttypecode": table, "name": name, "type": MAIN}
    row = _insert(org, FORM, {**values, "formactivationstate": 1, "formxml": xml, **columns})
    return str(row["formid"])


def _insert(org: Organisation, table: str, values: dict[str, Any]) -> Row:
    return write.insert(org, org.table(table), values, caller=Caller(SYSTEM_USER_ID, person=True))


@cache
def _standard(table: str) -> str:
    path = Path(__file__).parent / "forms" / f"{table}.xml"
    return path.read_text("utf-8").replace("VIEW", view_id("connection")) if path.exists() else ""


def _plain(table: Table, columns: Iterable[Column]) -> str:
    shown = [table.columns[table.label_column], *columns]
    if "ownerid" in table.columns:
        shown.append(table.columns["ownerid"])
    unique = {column.name: column for column in shown}
    return f"<form><tabs>{_tab(table, unique.values(), name='general')}</tabs></form>"


def _tab(table: Table, columns: Iterable[Column], *, name: str = "by_hand") -> str:
    """Give a tab as an administrator makes it, with a list of solutions on the opportunity."""
    rows = "".join(_row(table, column) for column in columns)
    if table.name == "opportunity":
        rows += _grid("cosell_opportunity_partnercentersolutions", "cosell_partnercentersolution")
    labels = '<labels><label description="Co-sell" languagecode="1033" /></labels>'
    section = (
        f'<section name="{name}_section" id="{_part(table, name, "section")}">{labels}<rows>{rows}</rows></section>'
    )
    columns_of_tab = f'<columns><column width="100%"><sections>{section}</sections></column></columns>'
    return f'<tab name="{name}" id="{_part(table, name, "tab")}">{labels}{columns_of_tab}</tab>'


def _row(table: Table, column: Column) -> str:
    control = (
        f'<control id="{column.name}" classid="{formcheck.CLASSES[column.kind][0]}" datafieldname="{column.name}" '
        f'disabled="{str(column.name in _BY_SYNC).lower()}" />'
    )
    return _cell(_part(table, column.name, "cell"), control)


def _grid(relationship: str, target: str) -> str:
    parameters = {"ViewId": f"{{{view_id(target)}}}", "RelationshipName": relationship, "TargetEntityType": target}
    said = "".join(f"<{name}>{value}</{name}>" for name, value in parameters.items())
    control = f'<control id="Solutions" classid="{formcheck.LIST}"><parameters>{said}</parameters></control>'
    return _cell(f"{{{uuid.uuid5(_IDS, relationship)}}}", control)


def _cell(own_id: str, control: str) -> str:
    labels = '<labels><label description="" languagecode="1033" /></labels>'
    return f'<row><cell id="{own_id}">{labels}{control}</cell></row>'


_BY_SYNC = {"cosell_referralidentifier", "cosell_referrallink", "cosell_microsoftcrmidentifier", "cosell_audit"}


def _part(table: Table, *names: str) -> str:
    return f"{{{uuid.uuid5(_IDS, '/'.join((table.name, *names)))}}}"


def is_form_call(table: Table, rest: tuple[Segment, ...], call: Call) -> bool:
    """Tell whether a request on rows is one of those that forms have ways of their own for."""
    unpublished = bool(rest) and "RetrieveUnpublished" in rest[-1].name
    return table.name in {FORM, VIEW} and (unpublished or call.method != "GET")


def answer(org: Organisation, table: Table, segments: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on forms and views: what is not published yet, and changes of a form."""
    first, *rest = segments
    name = rest[0].name.removeprefix(_NAMESPACE) if rest else ""
    rows = [_with_draft(org, table, row) for row in org.rows(table).values()]
    if call.method == "GET" and name == "RetrieveUnpublishedMultiple" and first.key is None:
        return ok(call, Listing(org, table, call, among=rows).answer())
    if first.key is None or table.name != FORM:
        raise errors.DataverseError(405, "0x8006088a", "The sandbox makes no forms and views.")
    row = _with_draft(org, table, org.get(table, str(first.key.guid)))
    if call.method == "GET" and name == "RetrieveUnpublished":
        return ok(call, read_one(org, table, row, call))
    if call.method != "PATCH" or rest:
        raise errors.DataverseError(405, "0x8006088a", "A form is changed by PATCH.")
    return _change(org, row, call)


def _with_draft(org: Organisation, table: Table, row: Row) -> Row:
    piece = org.customisations.get("form", f"{row.get('objecttypecode')}.{row[table.key]}")
    return row if piece is None else {**row, **piece.get("draft", {})}


def _change(org: Organisation, row: Row, call: Call) -> Answer:
    demand_customiser(org, call.caller, "prvWriteSystemForm")
    body = call.json()
    table = org.table(str(row["objecttypecode"]))
    if strange := next((name for name in body if name not in _CHANGEABLE), None):
        raise errors.undeclared("systemforms", strange, f"{_NAMESPACE}systemform")
    if "formxml" in body:
        formcheck.check(org, table, str(body["formxml"]), former=str(row["formxml"]))
    solution = solutions.named(org, call)
    with org.store.atomic():
        org.customisations.draft("form", f"{table.name}.{row['formid']}", **body)
        if solution is not None:
            own = str(solution["solutionid"])
            solutions.hold(org, own, str(row["formid"]), kind=solutions.FORM, table=table)
    org.next_version()
    return empty()


def publish(org: Organisation, name: str, draft: dict[str, Any]) -> None:
    """Make a draft the form that everybody sees."""
    table = org.table(FORM)
    row = org.get(table, name.partition(".")[2])
    write.change(org, table, row, draft, caller=Caller(SYSTEM_USER_ID, person=True))
