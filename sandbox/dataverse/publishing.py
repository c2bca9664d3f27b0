"""Actions on customisations: publishing, putting pieces into a solution, indexes built again, languages told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sandbox.dataverse import asked, errors, forms, solutions
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.making import make_table, track
from sandbox.dataverse.metadata import metadata_id
from sandbox.dataverse.organisation import FAILED, PENDING, key_status
from sandbox.dataverse.privileges import demand_customiser
from sandbox.dataverse.reading import context_root

if TYPE_CHECKING:
    from sandbox.answers import Answer
    from sandbox.dataverse.address import Segment
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation

_KINDS = {solutions.TABLE, solutions.COLUMN, solutions.CHOICE, solutions.RELATIONSHIP, solutions.KEY, solutions.FORM}


def publish_xml(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Publish what the parameter names."""
    demand_customiser(org, call.caller, "prvPublishCustomization")
    try:
        root = ET.fromstring(str(call.json().get("ParameterXml")))  # noqa: S314 - the sandbox's own callers
    except ET.ParseError as error:
        raise errors.DataverseError(400, "0x80044355", "The ParameterXml is not valid.") from error
    if root.tag != "importexportxml":
        raise errors.DataverseError(400, "0x80044355", "The ParameterXml is not valid.")
    tables = {str(one.text) for one in root.iterfind("entities/entity")}
    choices = {str(one.text) for one in root.iterfind("optionsets/optionset")}
    for name in tables:
        org.table(name)
    _publish(org, tables=tables, choices=choices)
    return empty()


def publish_all(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Publish everything."""
    demand_customiser(org, call.caller, "prvPublishCustomization")
    _publish(org, tables=None, choices=None)
    return empty()


def _publish(org: Organisation, *, tables: set[str] | None, choices: set[str] | None) -> None:
    with org.store.atomic():
        for piece in org.customisations.publish(tables=tables, choices=choices):
            if piece["kind"] == "table" and piece["values"].get("tracked"):
                track(org, piece["name"])
            if piece["kind"] == "form":
                forms.publish(org, piece["name"], piece["values"])
    org.refresh()
    org.next_version()


def add_to_solution(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Put a piece that is there into a solution."""
    demand_customiser(org, call.caller, "prvWriteSolution")
    body = call.json()
    members = {"ComponentId", "ComponentType", "SolutionUniqueName", "AddRequiredComponents"}
    if missing := sorted(members - body.keys()):
        raise errors.DataverseError(400, "0x80040203", f"Required field '{missing[0]}' is missing")
    optional = {"DoNotIncludeSubcomponents", "IncludedComponentSettingsValues"}
    asked.check_members(body, members | optional, kind="AddSolutionComponent")
    solution = solutions.by_name(org, str(body["SolutionUniqueName"]))
    part, kind = str(body["ComponentId"]).lower(), body["ComponentType"]
    if kind not in _KINDS:
        raise asked.wrong(f"The sandbox knows no component type {kind}.")
    form = org.rows(org.table(forms.FORM)).get(part)
    owner = org.table(str(form["objecttypecode"])) if form else None
    for table in org.catalogue.tables.values():
        ids = [metadata_id(table.name, name) for name in table.columns]
        ids += [metadata_id(table.name, "key", name) for name in table.keys]
        if part in ids:
            owner = table
    own = str(solution["solutionid"])
    with org.store.atomic():
        if kind == solutions.TABLE and body.get("DoNotIncludeSubcomponents"):
            solutions.hold_table(org, own, part, behaviour=solutions.ALONE)
        else:
            solutions.hold(org, own, part, kind=kind, table=owner)
    return ok(call, {"@odata.context": f"{context_root(org, call)}$metadata", "id": part})


def reactivate_key(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Build the index of a key again, where building it failed."""
    demand_customiser(org, call.caller, "prvCreateEntityKey")
    body = call.json()
    table = org.table(str(body.get("EntityLogicalName")))
    wanted = str(body.get("EntityKeyLogicalName"))
    name = next((one for one in table.keys if one.lower() == wanted), None)
    if name is None:
        raise errors.DataverseError(400, "0x80060890", f"The key {wanted} is not defined for the {table.name} entity")
    if key_status(org, table, name) != FAILED:
        raise errors.DataverseError(400, "0x80060897", "Reactivate entity key is only supported for failed job")
    org.customisations.settle("key", f"{table.name}.{name}", status=PENDING, begun=org.now().isoformat())
    return empty()


def create_entities(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Make tables with all their columns, as Microsoft's own client asks for it."""
    demand_customiser(org, call.caller, "prvCreateEntity")
    solution = solutions.named(org, call)
    try:
        with org.store.atomic():
            for one in call.json().get("Entities") or []:
                made, kind, _ = make_table(org, one)
                if solution is not None:
                    solutions.hold(org, str(solution["solutionid"]), made, kind=kind)
    finally:
        org.refresh()
    return empty()


def languages(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Tell the languages that are switched on."""
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.RetrieveProvisionedLanguagesResponse"
    switched_on = org.world.settings["dataverse_languages"]
    return ok(call, {"@odata.context": context, "RetrieveProvisionedLanguages": switched_on})
