"""The addresses of rows: sets, single rows by key, their properties and relations."""

from sandbox.answers import Answer
from sandbox.dataverse import deep, errors, write
from sandbox.dataverse.address import Key, Segment
from sandbox.dataverse.answers import empty, ok, written
from sandbox.dataverse.call import Call
from sandbox.dataverse.organisation import Organisation, Row
from sandbox.dataverse.projection import View, etag, project
from sandbox.dataverse.reading import Listing, context_root, read_one
from sandbox.dataverse.relations import related
from sandbox.dataverse.schema import Table
from sandbox.dataverse.tracking import answer_tracked, is_tracked
from sandbox.dataverse.upsert import Conditions, Patch, Written, check_version


def answer_set(org: Organisation, table: Table, call: Call) -> Answer:
    """Answer on an entity set: list or create."""
    if call.method == "GET" and is_tracked(call):
        return ok(call, answer_tracked(org, table, call))
    if call.method == "GET":
        return ok(call, Listing(org, table, call).answer())
    if call.method != "POST":
        raise not_allowed(call)
    with org.store.atomic():
        row = deep.create(org, table, call.json(), caller=call.caller)
    call.tally.written += 1
    call.tally.rows += 1
    return _written(org, table, call, Written(row, created=True), row[table.key])


def answer_count(org: Organisation, table: Table, call: Call) -> Answer:
    """Answer on `set/$count`: the bare number."""
    return Answer(200, str(Listing(org, table, call).total()), {"OData-Version": "4.0"}, "text/plain")


def answer_row(org: Organisation, table: Table, key: Key, call: Call) -> Answer:
    """Answer on one row: read, upsert, replace or delete."""
    match call.method:
        case "GET":
            return _read(org, table, existing(org, table, key), call)
        case "PATCH":
            return _patch(org, table, key, call)
        case "DELETE":
            return _delete(org, table, key, call)
    raise not_allowed(call)


def answer_below(org: Organisation, table: Table, key: Key, rest: tuple[Segment, ...], call: Call) -> Answer:
    """Answer on what lies below a row: a column or a relation."""
    row = existing(org, table, key)
    name = rest[0].name
    if len(rest) == 1 and name in table.wire and name not in table.navigations:
        return _property(org, table, row, name, call)
    return related(org, table, row, rest, call)


def not_allowed(call: Call) -> errors.DataverseError:
    """Give the refusal of a method that the address does not take."""
    message = f"The requested resource does not support http method '{call.method}'."
    return errors.DataverseError(405, "0x8006088a", message)


def conditions_of(call: Call) -> Conditions:
    """Give the conditional headers of a call; the word null stands for none."""
    none_match = call.headers.get("if-none-match")
    return Conditions(call.headers.get("if-match"), none_match if none_match != "null" else None)


def existing(org: Organisation, table: Table, key: Key) -> Row:
    """Give the row of a key or raise that it is not there."""
    row = org.find(table, key)
    if row is not None:
        return row
    raise errors.no_row(table.schema, key.guid) if key.guid else errors.no_row_by_key(table.name)


def _read(org: Organisation, table: Table, row: Row, call: Call) -> Answer:
    """Read one row, or say that it has not changed."""
    plain = "$expand" not in call.options and not call.preferences.annotations
    if plain and conditions_of(call).if_none_match == etag(row):
        return empty({"ETag": etag(row)}, status=304)
    return ok(call, read_one(org, table, row, call), headers={"ETag": etag(row)})


def _patch(org: Organisation, table: Table, key: Key, call: Call) -> Answer:
    """Update or create a row."""
    with org.store.atomic():
        outcome = Patch(org, table, key, call.caller).carry_out(call.json(), conditions_of(call))
    call.tally.written += 1
    call.tally.rows += 1
    # By alternate key the answer repeats the key: neither the id nor whether it was a create can be told.
    return _written(org, table, call, outcome, key.text)


def _written(org: Organisation, table: Table, call: Call, outcome: Written, key_text: str) -> Answer:
    """Answer a write with the row's address or, where it is asked for, with the row as it is now."""
    address = f"{context_root(org, call)}{table.set}({key_text})"
    if not call.preferences.representation:
        return written(call, None, address=address)
    select = call.options.get("$select")
    shown = project(org, table, outcome.row, View(call.preferences, select))
    context = f"{context_root(org, call)}$metadata#{table.set}{f'({select})' if select else ''}/$entity"
    body = {"@odata.context": context, **shown}
    status = 201 if outcome.created else 200
    return written(call, body, address=address, status=status, etag=etag(outcome.row))


def _delete(org: Organisation, table: Table, key: Key, call: Call) -> Answer:
    """Delete one row."""
    row = existing(org, table, key)
    check_version(row, conditions_of(call))
    with org.store.atomic():
        write.delete(org, table, row, caller=call.caller)
    call.tally.written += 1
    call.tally.rows += 1
    return empty()


def _property(org: Organisation, table: Table, row: Row, name: str, call: Call) -> Answer:
    """Read, set or clear one column."""
    if call.method == "GET":
        value = project(org, table, row, View(call.preferences, name))[name]
        context = f"{context_root(org, call)}$metadata#{table.set}({row[table.key]})/{name}"
        return empty() if value is None else ok(call, {"@odata.context": context, "value": value})
    if call.method not in {"PUT", "DELETE"}:
        raise not_allowed(call)
    body = {name: call.json().get("value") if call.method == "PUT" else None}
    check_version(row, conditions_of(call))
    with org.store.atomic():
        write.update(org, table, row, body, caller=call.caller)
    call.tally.written += 1
    return empty()
