"""Global choices, and the actions that add and rename options of any choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.dataverse import asked, errors, metadata, solutions
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.privileges import demand_customiser
from sandbox.dataverse.reading import context_root
from sandbox.dataverse.schema import Kind

if TYPE_CHECKING:
    from sandbox.answers import Answer
    from sandbox.dataverse.address import Segment
    from sandbox.dataverse.asked import Body
    from sandbox.dataverse.call import Call
    from sandbox.dataverse.organisation import Organisation
    from sandbox.dataverse.schema import Table

_CHOICE = frozenset({"Name", "DisplayName", "Description", "IsGlobal", "OptionSetType", "Options"})
_WHERE = {"OptionSetName", "EntityLogicalName", "AttributeLogicalName", "Value", "Label", "SolutionUniqueName"}

Place = tuple[str, str, dict[str, Any]]
"""Kind and name of the piece that holds the options, and what it holds now, drafts included."""


def make_choice(org: Organisation, body: Body) -> tuple[str, int, Table | None]:
    """Make a global choice."""
    if asked.kind_of(body) != "OptionSetMetadata" or not body.get("IsGlobal"):
        raise asked.wrong("A global choice is an OptionSetMetadata with IsGlobal.")
    asked.check_members(body, _CHOICE, kind="OptionSetMetadata")
    name = asked.schema_name(org, body, kind="OptionSet", member="Name")
    if any(piece["name"].lower() == name.lower() for piece in org.customisations.of_kind("choice")):
        message = "An OptionSet with the specified name already exists. Please specify a unique name."
        raise errors.DataverseError(400, "0x80044345", message)
    texts, by_language = asked.options(org, body.get("Options"))
    labels = asked.labels(org, body.get("DisplayName"), what="DisplayName")
    org.customisations.make("choice", name, options=texts, option_labels=by_language, labels=labels)
    return metadata.metadata_id("choice", name), solutions.CHOICE, None


def insert_option(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Add an option; it is seen once it is published."""
    body = call.json()
    demand_customiser(org, call.caller, "prvWriteOptionSet")
    asked.check_members(body, _WHERE, kind="InsertOptionValue")
    kind, name, held = _place(org, body)
    number = body.get("Value")
    if not isinstance(number, int) or number in held["options"]:
        raise asked.wrong(f"The option value {number} is missing, or is there already.")
    texts = asked.labels(org, body.get("Label"), what="Label")
    options = {**held["options"], number: asked.base_text(org, texts)}
    org.customisations.draft(kind, name, options=options, option_labels={**held["option_labels"], number: texts})
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.InsertOptionValueResponse"
    return ok(call, {"@odata.context": context, "NewOptionValue": number})


def update_option(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Give an option other names; without MergeLabels those in other languages are lost."""
    body = call.json()
    demand_customiser(org, call.caller, "prvWriteOptionSet")
    asked.check_members(body, _WHERE | {"MergeLabels"}, kind="UpdateOptionValue")
    if not isinstance(body.get("MergeLabels"), bool):
        raise errors.DataverseError(400, "0x80040203", "Required field 'MergeLabels' is missing")
    kind, name, held = _place(org, body)
    number = body.get("Value")
    if number not in held["options"]:
        raise asked.wrong(f"There is no option {number}.")
    before = held["option_labels"].get(number) or {1033: held["options"][number]}
    said = asked.labels(org, body.get("Label"), what="Label", optional=True)
    texts = {**before, **said} if body["MergeLabels"] else said
    org.customisations.draft(kind, name, option_labels={**held["option_labels"], number: texts})
    return empty()


def _place(org: Organisation, body: Body) -> Place:
    if name := body.get("OptionSetName"):
        piece = org.customisations.get("choice", str(name))
        if piece is None:
            raise errors.DataverseError(404, "0x80060888", f"Could not find an optionset with name {name}.")
        return "choice", str(name), {**piece["values"], **piece.get("draft", {})}
    table = org.table(str(body.get("EntityLogicalName")))
    column = table.columns.get(str(body.get("AttributeLogicalName")))
    if column is None or column.kind is not Kind.CHOICE or column.choice:
        message = "You can add option values only to picklist and status attributes."
        raise errors.DataverseError(400, "0x80044320", message)
    piece = org.customisations.get("column", f"{table.name}.{column.name}") or {}
    held = {"options": column.options, "option_labels": column.option_labels}
    return "column", f"{table.name}.{column.name}", {**held, **piece.get("draft", {})}
