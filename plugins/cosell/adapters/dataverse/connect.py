"""Connections of deals to people: new ones with keys of our own, those of who left deleted, all others untouched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.keys import connection_id
from cosell.adapters.dataverse.layout import ADDRESS, USER
from cosell.adapters.dataverse.reader import ETAG
from cosell.sync.ports import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cosell.adapters.dataverse.children import Connections, Linked
    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.customers import Found
    from cosell.adapters.dataverse.desk import Desk
    from cosell.adapters.dataverse.reader import Seen

People: TypeAlias = "tuple[str | None, Sequence[Json]]"
"""An account's key, and the columns of contacts beneath it."""


@dataclass(slots=True)
class Connecting:
    """What is to become of one deal's connections; goes into the deal's own change set."""

    new: dict[str, Json] = field(default_factory=dict)
    """Bodies by key."""
    gone: list[Json] = field(default_factory=list)
    """Standing rows that are deleted."""

    def parts(self, connections: Connections) -> list[Part]:
        """Give the requests."""
        table = connections.table
        creations = [Part("POST", table.set_name, body) for body in self.new.values()]
        return creations + [
            Part("DELETE", table.address(str(row[table.key])).removeprefix("/"), headers={"If-Match": str(row[ETAG])})
            for row in self.gone
        ]

    def result(self, before: Sequence[Json], after: Sequence[Json], *, key: str) -> list[Json]:
        """Give the rows that our write left: those that stood, without the deleted and with the new ones."""
        gone = {row[key] for row in self.gone}
        return [row for row in before if row[key] not in gone] + [row for row in after if row[key] in self.new]


class Connector:
    """Says who joins and who leaves deals as connections."""

    def __init__(self, desk: Desk, connections: Connections) -> None:
        self._desk, self._connections = desk, connections

    async def contacts(self, asked: Sequence[People]) -> list[list[Found]]:
        """Give the contacts of each account's people, found by e-mail beneath it or created; in order."""
        flat = [(account, person) for account, people in asked for person in people]
        found = iter(await self._desk.customers.contacts(flat) if flat else ())
        return [[next(found) for _ in people] for _, people in asked]

    def users(self, people: Iterable[Json]) -> list[str]:
        """Give the users among people."""
        found = (self._desk.lookups.user(str(person.get(ADDRESS[USER]) or "")) for person in people)
        return list(dict.fromkeys(filter(None, found)))

    def join(self, deal: str, table: str, people: Iterable[str], *, standing: Seen | None, into: Connecting) -> None:
        """Plan a connection to each of these rows that has none; raises NoRoleError where there is no role for it."""
        linked = self._connections.of(table)
        rows = standing.of(self._connections) if standing else ()
        present = {str(linked.person(row)[linked.table.key]).lower() for row in rows if linked and linked.holds(row)}
        taken = {str(row[self._connections.table.key]).lower() for row in rows}
        for person in people:
            if linked is not None and person not in present:
                key = _free_key(deal, linked, person, taken=taken | into.new.keys())
                into.new[key] = self._body(deal, linked, person, key=key)

    def leave(self, table: str, addresses: Collection[str], *, standing: Seen, into: Connecting) -> None:
        """Plan that the connections go which lead to people of these addresses."""
        linked = self._connections.of(table)
        for row in standing.of(self._connections):
            if linked and linked.holds(row) and address_of(linked.person(row), table) in addresses:
                into.gone.append(row)

    def _body(self, deal: str, linked: Linked, person: str, *, key: str) -> Json:
        connections, tables = self._connections, self._desk.layout.tables
        role = self._desk.lookups.role(linked.link)
        if role is None:
            raise NoRoleError(linked.link.category)
        binds = {
            connections.parent.navigation: tables[connections.main].address(deal),
            linked.link.navigation: linked.table.address(person),
            connections.role.navigation: tables[connections.role.target].address(role),
        }
        return {connections.table.key: key, **{f"{name}@odata.bind": address for name, address in binds.items()}}


class NoRoleError(Exception):
    """The CRM has no active connection role of a category."""

    def __init__(self, category: int) -> None:
        super().__init__(category)
        self.category = category

    def outcome(self) -> Rejected:
        """Say it as the answer for one record."""
        sentence = (
            f"The CRM has no active connection role of category {self.category}: an administrator must add one "
            "before people can join this deal."
        )
        return Rejected("role_unknown", sentence)


def address_of(person: Mapping[str, object], table: str) -> str:
    """Give a person's e-mail address as it is compared; people without one never match."""
    return str(person.get(ADDRESS[table]) or "").strip().casefold()


def _free_key(deal: str, linked: Linked, person: str, *, taken: Collection[str]) -> str:
    """Give the key that a repeat chooses too; a row of it may stand that counts no more."""
    numbers = range(len(taken) + 1)
    keys = (connection_id(deal, person, linked.link.category, occurrence=number) for number in numbers)
    return next(key for key in keys if key not in taken)
