"""Functions and actions: WhoAmI, counting, closing an opportunity, qualifying a lead, deleting many."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from sandbox.answers import Answer
from sandbox.dataverse import choosing, errors, holding, publishing, transfer, write
from sandbox.dataverse.address import Segment, read_arguments
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.call import Call
from sandbox.dataverse.closing import close
from sandbox.dataverse.opportunity import LOST, WON
from sandbox.dataverse.organisation import BUSINESS_UNIT_ID, ORGANISATION_ID, Organisation, Row
from sandbox.dataverse.qualifying import qualify
from sandbox.dataverse.reading import context_root


def _who_am_i(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Tell the caller's ids."""
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"
    ids = {"BusinessUnitId": BUSINESS_UNIT_ID, "UserId": call.caller.user_id, "OrganizationId": ORGANISATION_ID}
    return ok(call, {"@odata.context": context, **ids})


def _total_record_count(org: Organisation, segment: Segment, call: Call) -> Answer:
    """Count the rows of tables."""
    arguments = read_arguments(segment.arguments or "")
    text = call.options.get(arguments.get("EntityNames", ""), arguments.get("EntityNames", "[]"))
    names = json.loads(text.replace("'", '"'))
    counted = {name: len(org.rows(org.table(name))) for name in names}
    collection = {"Count": len(counted), "Keys": list(counted), "Values": list(counted.values())}
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse"
    return ok(call, {"@odata.context": context, "EntityRecordCountCollection": collection})


def _win(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Close an opportunity as won."""
    return _close(org, call, state=WON)


def _lose(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Close an opportunity as lost."""
    return _close(org, call, state=LOST)


def _close(org: Organisation, call: Call, *, state: int) -> Answer:
    """Close an opportunity."""
    with org.store.atomic():
        close(org, call.json(), state=state, caller=call.caller)
    call.tally.written += 2
    call.tally.rows += 2
    return empty()


def _qualify(org: Organisation, row: Row, call: Call) -> Answer:
    """Qualify a lead; the new rows are given by type and primary key alone."""
    with org.store.atomic():
        made = qualify(org, row, call.json(), caller=call.caller)
    call.tally.written += len(made) + 1
    call.tally.rows += len(made) + 1
    value = [{"@odata.type": f"#{table.type}", table.key: one[table.key]} for table, one in made]
    return ok(
        call, {"@odata.context": f"{context_root(org, call)}$metadata#Collection(mscrm.crmbaseentity)", "value": value}
    )


def _bulk_delete(org: Organisation, _segment: Segment, call: Call) -> Answer:
    """Delete the rows that the queries list by id, at once where the real service starts a job."""
    with org.store.atomic():
        for query in call.json().get("QuerySet", []):
            _delete_listed(org, query, call)
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.BulkDeleteResponse"
    return ok(call, {"@odata.context": context, "JobId": str(uuid4())})


def _delete_listed(org: Organisation, query: dict[str, Any], call: Call) -> None:
    """Delete the rows of one query, which must be a list of primary keys."""
    table = org.table(query["EntityName"])
    conditions = query.get("Criteria", {}).get("Conditions", [])
    if [one.get("AttributeName") for one in conditions] != [table.key]:
        raise errors.bad_query("BulkDelete is served for lists of primary keys only.")
    for value in conditions[0].get("Values", []):
        row = org.rows(table).get(str(value["Value"]).lower())
        if row is not None:
            write.delete(org, table, row, caller=call.caller)
            call.tally.written += 1


FUNCTIONS: dict[str, Callable[[Organisation, Segment, Call], Answer]] = {
    "WhoAmI": _who_am_i,
    "RetrieveTotalRecordCount": _total_record_count,
    "RetrieveProvisionedLanguages": publishing.languages,
}
ACTIONS: dict[str, Callable[[Organisation, Segment, Call], Answer]] = {
    "WinOpportunity": _win,
    "LoseOpportunity": _lose,
    "BulkDelete": _bulk_delete,
    "AddSolutionComponent": publishing.add_to_solution,
    "CreateEntities": publishing.create_entities,
    "ExportSolution": transfer.export_solution,
    "ImportSolutionAsync": transfer.import_solution,
    "InsertOptionValue": choosing.insert_option,
    "PublishAllXml": publishing.publish_all,
    "PublishXml": publishing.publish_xml,
    "ReactivateEntityKey": publishing.reactivate_key,
    "UpdateOptionValue": choosing.update_option,
}
BOUND_FUNCTIONS: dict[tuple[str, str], Callable[[Organisation, Row, Call], Answer]] = {
    ("systemuser", "RetrieveUserPrivileges"): holding.of_user
}
BOUND_ACTIONS: dict[tuple[str, str], Callable[[Organisation, Row, Call], Answer]] = {("lead", "QualifyLead"): _qualify}
"""Functions and actions on one row, by the table's logical name and their own."""
