"""CreateMultiple, UpdateMultiple and UpsertMultiple: one transaction, and an error that does not say which row."""

from typing import Any

from sandbox.answers import Answer
from sandbox.dataverse import deep, errors, write
from sandbox.dataverse.address import Key, read_path
from sandbox.dataverse.answers import empty, ok
from sandbox.dataverse.call import Call
from sandbox.dataverse.organisation import Organisation
from sandbox.dataverse.payload import local_path
from sandbox.dataverse.reading import context_root
from sandbox.dataverse.schema import Table

CREATE, UPDATE, UPSERT = "CreateMultiple", "UpdateMultiple", "UpsertMultiple"
MESSAGES = (CREATE, UPDATE, UPSERT)


def answer_bulk(org: Organisation, table: Table, message: str, call: Call) -> Answer:
    """Answer one bulk action."""
    if not supports(org, table, message):
        raise errors.unsupported_message(message, table.name)
    targets = _targets(table, call)
    carry_out = {CREATE: _create, UPDATE: _update, UPSERT: _upsert}[message]
    with org.store.atomic():
        ids = [carry_out(org, table, target, call) for target in targets]
        if len(set(ids)) < len(ids):
            raise errors.deadlock()
    call.tally.written += len(ids)
    call.tally.rows += len(ids)
    if message != CREATE:
        return empty()
    context = f"{context_root(org, call)}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"
    return ok(call, {"@odata.context": context, "Ids": ids})


def supports(org: Organisation, table: Table, message: str) -> bool:
    """Tell whether a table takes part; Upsert is never listed, it follows from the other two."""
    needed = {CREATE, UPDATE} if message == UPSERT else {message}
    filters = org.table("sdkmessagefilter")
    keys = org.with_value(filters, filters.columns["primaryobjecttypecode"], table.name)
    listed = {org.get(filters, key)["name"] for key in keys}
    return needed <= listed


def _targets(table: Table, call: Call) -> list[dict[str, Any]]:
    """Give the rows of the body; each must say its type."""
    targets = call.json().get("Targets")
    if not isinstance(targets, list) or not targets:
        raise errors.bad_payload(table.set, "The parameter 'Targets' is required and must not be empty.")
    for target in targets:
        if not isinstance(target, dict) or target.get("@odata.type", "").lstrip("#") != table.type:
            raise errors.bad_payload(
                table.set,
                "A type named 'Microsoft.Dynamics.CRM.crmbaseentity' is abstract: '@odata.type' must name "
                f"'{table.type}' on every item of 'Targets'.",
            )
    return targets


def _create(org: Organisation, table: Table, target: dict[str, Any], call: Call) -> str:
    """Create one row and give its id."""
    return str(deep.create(org, table, target, caller=call.caller)[table.key])


def _update(org: Organisation, table: Table, target: dict[str, Any], call: Call) -> str:
    """Update one row, named by its primary key among the columns."""
    row_id = target.get(table.key)
    if not isinstance(row_id, str):
        raise errors.unexpected("Entity Id must be specified for Update")
    row = org.get(table, row_id.lower())
    return str(write.update(org, table, row, target, caller=call.caller)[table.key])


def _upsert(org: Organisation, table: Table, target: dict[str, Any], call: Call) -> str:
    """Update or create one row, named by its primary key or by `@odata.id`."""
    key = _upsert_key(table, target)
    row = org.find(table, key)
    if row is not None:
        kept = {name: value for name, value in target.items() if name not in dict(key.parts)}
        return str(write.update(org, table, row, kept, caller=call.caller)[table.key])
    if any(name in target for name, _ in key.parts):
        raise errors.unexpected("An unexpected error occurred: An item with the same key has already been added.")
    given = {table.key: key.guid} if key.guid else dict(key.parts)
    return str(write.create(org, table, {**target, **given}, caller=call.caller)[table.key])


def _upsert_key(table: Table, target: dict[str, Any]) -> Key:
    """Give the key that a target names."""
    if isinstance(address := target.get("@odata.id"), str):
        segments = read_path(local_path(address))
        if len(segments) == 1 and segments[0].name == table.set and segments[0].key:
            return segments[0].key
        raise errors.bad_payload(table.set, f"'{address}' does not name a row of '{table.set}'.")
    if isinstance(row_id := target.get(table.key), str):
        return Key(guid=row_id.lower(), text=row_id)
    raise errors.unexpected("Entity Id or alternate key must be specified for Upsert")
