"""Create, update and delete one row, with everything that Dataverse does on its own while at it.

Callers put these into `store.atomic()`; each either happens whole or raises a `DataverseError`.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from sandbox.dataverse import connection, errors, lead, opportunity
from sandbox.dataverse.money import with_currency
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.payload import read_payload
from sandbox.dataverse.privileges import demand, demand_links
from sandbox.dataverse.schema import Relationship, Table
from sandbox.dataverse.tracking import note_deletion
from sandbox.dataverse.values import stamp

_NAME_PARTS = {
    "contact": ("firstname", "middlename", "lastname"),
    "lead": ("firstname", "lastname"),
    "systemuser": ("firstname", "lastname"),
}
_OWNER_COLUMNS = {"systemuser": "owninguser", "team": "owningteam"}
_CASCADED = {"opportunityclose", connection.CONNECTION}
_LIVES = {"opportunity": opportunity, "lead": lead}
"""The tables whose states have rules of their own."""


def create(org: Organisation, table: Table, body: Mapping[str, Any], *, caller: Caller) -> Row:
    """Create a row from a body and give it."""
    demand(org, caller, "Create", table)
    changes = read_payload(org, table, body, creating=True)
    demand_links(org, caller, table, changes)
    for column in () if caller.person else org.world.settings["dataverse_required_columns"].get(table.name, ()):
        if changes.get(column) is None:
            raise errors.refused_by_plug_in(f"{table.display} needs a value in {column}.")
    return insert(org, table, changes, caller=caller)


def insert(org: Organisation, table: Table, changes: Mapping[str, Any], *, caller: Caller) -> Row:
    """Create a row from values that were checked, and give it."""
    row_id = changes.get(table.key) or str(uuid.uuid4())
    if row_id in org.rows(table):
        raise errors.duplicate_row()
    if table.name in _LIVES:
        _LIVES[table.name].check_create(changes)
    defaults = {name: column.default for name, column in table.columns.items() if column.default is not None}
    given = {name: value for name, value in changes.items() if value is not None}
    now = stamp(org.now())
    born = {"createdon": changes.get("overriddencreatedon") or now, "createdby": ["systemuser", caller.user_id]}
    row = {**defaults, **given, table.key: row_id, **born, **_state(table, given, None)}
    if table.owned and row.get("ownerid") is None:
        row["ownerid"] = ["systemuser", caller.user_id]
    return _settle(org, table, row, former=None, caller=caller)


def update(org: Organisation, table: Table, row: Row, body: Mapping[str, Any], *, caller: Caller) -> Row:
    """Change a row as a body says and give what it is now."""
    demand(org, caller, "Write", table)
    changes = read_payload(org, table, body, creating=False)
    demand_links(org, caller, table, changes)
    if table.name in _LIVES:
        _LIVES[table.name].check_update(org, table, row, changes)
    return change(org, table, row, changes, caller=caller)


def change(org: Organisation, table: Table, row: Row, changes: Mapping[str, Any], *, caller: Caller) -> Row:
    """Change a row to values that were checked, and give what it is now."""
    if "ownerid" in changes and changes["ownerid"] is None:
        raise errors.unexpected("The owner of a row cannot be null.")
    merged = {**row, **changes, **_state(table, changes, row)}
    return _settle(org, table, merged, former=row, caller=caller)


def delete(org: Organisation, table: Table, row: Row, *, caller: Caller) -> None:
    """Delete a row; rows that point to it lose the link, or go with it."""
    demand(org, caller, "Delete", table)
    row_id = row[table.key]
    if table.name == connection.CONNECTION:
        _remove(org, table, row["relatedconnectionid"][1])
        _remove(org, table, row_id)
        return
    for relationship in org.catalogue.collections[table.name].values():
        pointing = org.table(relationship.table)
        for key in org.with_value(pointing, pointing.columns[relationship.column], row_id):
            _unlink(org, pointing, key, relationship, caller=caller)
    _remove(org, table, row_id)


def touch(org: Organisation, table: Table, row: Row) -> Row:
    """Move a row's version as a job of the service does, without a change that a person could see."""
    moved = {**row, "versionnumber": org.next_version()}
    org.rows(table).put(row[table.key], moved)
    return moved


def _unlink(org: Organisation, table: Table, row_id: str, relationship: Relationship, *, caller: Caller) -> None:
    """Empty a lookup whose target goes away, or delete its row."""
    if table.name in _CASCADED:
        _remove(org, table, row_id)
    elif relationship.cascade:
        delete(org, table, org.get(table, row_id), caller=caller)
    else:
        row = org.get(table, row_id)
        _settle(org, table, {**row, relationship.column: None}, former=row, caller=caller)


def _remove(org: Organisation, table: Table, row_id: str) -> None:
    """Take one row away and write down that it went."""
    org.rows(table).delete(row_id)
    note_deletion(org, table, row_id)
    org.next_version()


def _settle(org: Organisation, table: Table, row: Row, *, former: Row | None, caller: Caller) -> Row:
    """Fill in what the service works out, hold the keys unique, stamp and store the row."""
    creating = former is None
    if table.name == connection.CONNECTION:
        row = connection.completed(org, row)
    if table.name == "opportunity":
        row = opportunity.reopened(opportunity.with_revenue(org, row, caller, creating=creating), former)
    if table.money:
        row = with_currency(org, table, row, creating=creating)
    row = {**row, **_owners(row), **_full_name(table, row)}
    _hold_keys(org, table, row)
    stamped = {
        **row,
        "modifiedon": stamp(org.now()),
        "modifiedby": ["systemuser", caller.user_id],
        "versionnumber": org.next_version(),
    }
    kept = {name: value for name, value in stamped.items() if value is not None}
    org.rows(table).put(row[table.key], kept)
    if table.name == connection.CONNECTION:
        twin = connection.mirrored(org, kept)
        org.rows(table).put(twin[table.key], {**twin, "versionnumber": org.next_version()})
    return kept


def _state(table: Table, changes: Mapping[str, Any], former: Row | None) -> Row:
    """Give state and status of the row to be; raises where they do not go together."""
    if not table.states:
        return {}
    before = (0, None) if former is None else (former["statecode"], former["statuscode"])
    state = changes.get("statecode", before[0])
    if state not in table.states:
        raise errors.bad_state(table.name, changes.get("statuscode"), state)
    reasons = table.states[state].reasons
    kept = before[1] if state == before[0] and before[1] is not None else next(iter(reasons))
    status = changes.get("statuscode", kept)
    if status not in reasons:
        raise errors.bad_state(table.name, status, state)
    return {"statecode": state, "statuscode": status}


def _owners(row: Row) -> Row:
    """Give the two read-only columns that say which kind of owner a row has."""
    owner = row.get("ownerid")
    if owner is None:
        return {}
    return {name: owner if table == owner[0] else None for table, name in _OWNER_COLUMNS.items()}


def _full_name(table: Table, row: Row) -> Row:
    """Give the full name of a person's row."""
    parts = _NAME_PARTS.get(table.name)
    if parts is None:
        return {}
    return {"fullname": " ".join(row[part] for part in parts if row.get(part)) or None}


def _hold_keys(org: Organisation, table: Table, row: Row) -> None:
    """Refuse a row whose alternate key another row has."""
    for name, columns in table.keys.items():
        if not org.key_is_unique(table, name):
            continue
        other = org.find_by_values(table, name, row)
        if other is not None and other[table.key] != row[table.key]:
            raise errors.duplicate_key(name, columns)
