"""Persons at work in the CRM's own screens: plain functions that bypass HTTP but obey the same rules, etags and times.

Columns go by logical name. A lookup takes the row's id (or `table:id` where it may point to several tables), or goes
by its navigation property as in the Web API; a choice takes its number, money and dates text or numbers. Every
function takes `by`: a seller's mail address or id, or None for the first one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sandbox.dataverse import errors, write
from sandbox.dataverse.closing import close
from sandbox.dataverse.install import SELLERS, allow_bulk, forbid_bulk, open_organisation, row_id
from sandbox.dataverse.lead import DISQUALIFIED
from sandbox.dataverse.opportunity import LOST, WON
from sandbox.dataverse.organisation import Caller, Organisation, Row
from sandbox.dataverse.payload import BIND
from sandbox.dataverse.qualifying import qualify as qualify_lead
from sandbox.dataverse.schema import Column, Kind, Table
from sandbox.dataverse.values import to_wire
from sandbox.odata import Value
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.store import Store

_OPEN: "WeakKeyDictionary[Store, Organisation]" = WeakKeyDictionary()


def organisation(world: World) -> Organisation:
    """Give the one environment of a world."""
    if world.store not in _OPEN:
        _OPEN[world.store] = open_organisation(world)
    return _OPEN[world.store]


def has_table(world: World, table: str) -> bool:
    """Tell whether the environment has a table."""
    return table in organisation(world).catalogue.tables


def create(world: World, table: str, *, by: str | None = None, **columns: Value) -> str:
    """Create a row as a person and give its id."""
    org = organisation(world)
    definition = org.table(table)
    with org.store.atomic():
        row = write.create(org, definition, _body(org, definition, columns), caller=_person(org, by))
    return str(row[definition.key])


def update(world: World, table: str, row: str, *, by: str | None = None, **columns: Value) -> None:
    """Change a row as a person."""
    org = organisation(world)
    definition = org.table(table)
    with org.store.atomic():
        write.update(
            org, definition, org.get(definition, row), _body(org, definition, columns), caller=_person(org, by)
        )


def delete(world: World, table: str, row: str, *, by: str | None = None) -> None:
    """Delete a row as a person."""
    org = organisation(world)
    definition = org.table(table)
    with org.store.atomic():
        write.delete(org, definition, org.get(definition, row), caller=_person(org, by))


def read(world: World, table: str, row: str) -> dict[str, Any]:
    """Give a row's values by logical name; lookups as id, empty columns as None, money and decimals as Decimal."""
    org = organisation(world)
    definition = org.table(table)
    return _shown(definition, org.get(definition, row))


def find(world: World, table: str, **columns: Value) -> list[dict[str, Any]]:
    """Give the rows that hold all these values, each as `read` does."""
    org = organisation(world)
    definition = org.table(table)
    rows = (_shown(definition, row) for row in org.rows(definition).values())
    return [row for row in rows if all(row[name] == value for name, value in columns.items())]


def win(world: World, row: str, *, by: str | None = None, **closing: Value) -> None:
    """Close an opportunity as won; `status` and columns of opportunityclose may be given."""
    _close(world, row, state=WON, by=by, closing=closing)


def lose(world: World, row: str, *, by: str | None = None, **closing: Value) -> None:
    """Close an opportunity as lost; `status` and columns of opportunityclose may be given."""
    _close(world, row, state=LOST, by=by, closing=closing)


def reopen(world: World, table: str, row: str, *, by: str | None = None) -> None:
    """Open a closed opportunity or lead again."""
    update(world, table, row, by=by, statecode=0, statuscode=1)


def disqualify(world: World, row: str, *, status: int = 4, by: str | None = None, **columns: Value) -> None:
    """Close a lead as disqualified; the reason for Partner Center and other columns may be given."""
    update(world, "lead", row, by=by, statecode=DISQUALIFIED, statuscode=status, **columns)


def qualify(world: World, row: str, *, by: str | None = None, **switches: bool) -> dict[str, str]:
    """Qualify a lead and give the ids of the new rows; `account`, `contact` and `opportunity` can be switched off."""
    org = organisation(world)
    wanted = {f"Create{name.title()}": switches.get(name, True) for name in ("account", "contact", "opportunity")}
    lead = org.get(org.table("lead"), row)
    with org.store.atomic():
        made = qualify_lead(org, lead, {**wanted, "Status": 3}, caller=_person(org, by))
    return {table.name: str(one[table.key]) for table, one in made}


def touch(world: World, table: str, row: str) -> None:
    """Move a row's version as a job of the service does: no value changes, nor its last modifier."""
    org = organisation(world)
    definition = org.table(table)
    with org.store.atomic():
        write.touch(org, definition, org.get(definition, row))


def bulk(world: World, table: str, message: str, *, supported: bool) -> None:
    """Let a table take part in CreateMultiple or UpdateMultiple, or no longer."""
    org = organisation(world)
    with org.store.atomic():
        (allow_bulk if supported else forbid_bulk)(org, table, message)


def seller(world: World, mail: str = SELLERS[0][2]) -> str:
    """Give the id of a seller."""
    return _person(organisation(world), mail).user_id


def role(name: str) -> str:
    """Give the id of a connection role that every environment has."""
    return row_id("role", name)


def currency(iso: str) -> str:
    """Give the id of a currency that every environment has."""
    return row_id("currency", iso)


def _close(world: World, row: str, *, state: int, by: str | None, closing: Mapping[str, Any]) -> None:
    """Close an opportunity as a person."""
    org = organisation(world)
    reasons = org.table("opportunity").states[state].reasons
    activity = {name: value for name, value in closing.items() if name != "status"}
    bound = {"subject": "Closed", **activity, f"opportunityid{BIND}": f"/opportunities({row})"}
    body = {"Status": closing.get("status", next(iter(reasons))), "OpportunityClose": bound}
    with org.store.atomic():
        close(org, body, state=state, caller=_person(org, by))


def _person(org: Organisation, by: str | None) -> Caller:
    """Give the caller for a mail address or id."""
    table = org.table("systemuser")
    wanted = by or SELLERS[0][2]
    found = org.with_value(table, table.columns["internalemailaddress"], wanted)
    return Caller(found[0] if found else org.get(table, wanted)[table.key], person=True)


def _body(org: Organisation, table: Table, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Give the JSON that a client would send for columns by logical name."""
    body: dict[str, Any] = {}
    for name, value in columns.items():
        column = table.columns.get(name)
        if BIND in name:
            body[name] = value
            continue
        if column is None:
            raise errors.undeclared(table.set, name, table.type)
        key, sent = _member(org, column, value)
        body[key] = sent
    return body


def _member(org: Organisation, column: Column, value: Value) -> tuple[str, Any]:
    """Give one member of such a body."""
    if column.kind is Kind.LOOKUP:
        return _bind(org, column, value)
    if column.kind in {Kind.MONEY, Kind.DECIMAL} and isinstance(value, str | float):
        return column.name, Decimal(str(value))
    return column.name, value.isoformat() if isinstance(value, datetime) else value


def _bind(org: Organisation, column: Column, value: str | None) -> tuple[str, Any]:
    """Give the bind of a lookup; without a table's name the first target is meant."""
    named, _, row = (value or "").rpartition(":")
    target = next((one for one in column.targets if one.table == named), column.targets[0])
    address = None if value is None else f"/{org.table(target.table).set}({row})"
    return f"{target.navigation}{BIND}", address


def _shown(table: Table, row: Row) -> dict[str, Any]:
    """Give a row's values by logical name."""
    return {name: _value(column, row.get(name)) for name, column in table.columns.items()}


def _value(column: Column, stored: Value) -> Value:
    """Give one value."""
    if stored is not None and column.kind in {Kind.MONEY, Kind.DECIMAL}:
        return Decimal(stored)
    return to_wire(column, stored)


def as_act(function: Callable[..., Any]) -> Callable[[World, Mapping[str, Any]], Any]:
    """Give a function in the form that the control surface calls."""

    def act(world: World, said: Mapping[str, Any]) -> Value:
        try:
            return _json(function(world, **said))
        except errors.DataverseError as refusal:
            raise ValueError(refusal.message) from refusal

    return act


def _json(value: Value) -> Value:
    """Give a value as JSON can hold it."""
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    return str(value) if isinstance(value, Decimal) else value


ACTS = {
    f"dataverse.{function.__name__}": as_act(function)
    for function in (create, update, delete, read, find, win, lose, reopen, qualify, disqualify, touch, bulk, seller)
}
"""What `POST /_sandbox/act {"do": "dataverse.update", "table": ..., "row": ..., "by": ..., <columns>}` can ask for."""
