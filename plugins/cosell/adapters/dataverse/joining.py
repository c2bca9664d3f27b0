"""Who joins and who leaves standing deals: contacts found or made, connections planned, the deal's own contact kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.connect import Connecting, Connector, NoRoleError, address_of
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT, USER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.adapters.dataverse.columns import Joining
    from cosell.adapters.dataverse.desk import Desk
    from cosell.adapters.dataverse.edit import Edit
    from cosell.adapters.dataverse.reader import Seen


async def plan_people(desk: Desk, edits: Sequence[Edit]) -> None:
    """Say who joins and leaves as connections, for all deals at once; the deal's own contact follows."""
    connector = desk.connector
    looked_at = [(edit, edit.seen) for edit in edits if edit.seen is not None and edit.columns.people]
    if connector is None or not looked_at:
        return
    asked = [(_account(desk, seen), edit.columns.joined(CONTACT)) for edit, seen in looked_at]
    for (edit, seen), found in zip(looked_at, await connector.contacts(asked), strict=True):
        failed = next((one for one in found if one is not None and not isinstance(one, str)), None)
        if failed is not None:
            edit.outcome = failed
            continue
        contacts = [one for one in found if isinstance(one, str)]
        _follow(desk, edit, seen, contacts)
        try:
            edit.people = _planned(connector, edit, seen, contacts)
        except NoRoleError as error:
            edit.outcome = error.outcome()


def _planned(connector: Connector, edit: Edit, seen: Seen, contacts: Sequence[str]) -> Connecting:
    """Plan one deal's connections; `contacts` are the rows of those who join as such."""
    planned = Connecting()
    for table, change in edit.columns.people.items():
        connector.leave(table, change.left, standing=seen, into=planned)
        rows = connector.users(change.joined) if table == USER else contacts
        connector.join(edit.key, table, rows, standing=seen, into=planned)
    return planned


def _follow(desk: Desk, edit: Edit, seen: Seen, contacts: list[str]) -> None:
    """Let the deal point to another contact where its own left; that one needs no connection besides."""
    single, change = desk.layout.single(CONTACT), edit.columns.people.get(CONTACT)
    chosen = _next_contact(desk, change, seen=seen, joined=contacts) if change else None
    if single and chosen:
        edit.body[f"{single.related.navigation}@odata.bind"] = single.table.address(chosen)
        if chosen in contacts:
            contacts.remove(chosen)


def _next_contact(desk: Desk, change: Joining, *, seen: Seen, joined: Sequence[str]) -> str | None:
    """Give the row that becomes the deal's contact: of those who joined, else of those who stay; None: no change."""
    single, connections = desk.layout.single(CONTACT), desk.layout.connections
    linked = connections.of(CONTACT) if connections else None
    if single is None or linked is None:
        return None
    held = seen.row.payload.get(single.related.name)
    if isinstance(held, dict) and address_of(held, CONTACT) not in change.left:
        return None
    if joined:
        return joined[0]
    people = [linked.person(row) for row in seen.of(connections) if linked.holds(row)]
    staying = [each for each in people if address_of(each, CONTACT) not in change.left]
    staying.sort(key=lambda each: address_of(each, CONTACT))
    return str(staying[0][linked.table.key]) if staying else None


def _account(desk: Desk, seen: Seen) -> str | None:
    """Give the account of a deal, beneath which its contacts stand."""
    single = desk.layout.single(ACCOUNT)
    key = seen.row.payload.get(single.value_name) if single else None
    return key if isinstance(key, str) else None
