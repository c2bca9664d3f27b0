"""The mapper's wire columns sorted by where they go: the main row, rows related to it, lookups."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from cosell.adapters.dataverse.layout import ACCOUNT, ADDRESS, CONTACT, CURRENCY, USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.adapters.dataverse.client import Json
    from cosell.adapters.dataverse.layout import Layout


@dataclass(frozen=True, slots=True)
class Joining:
    """Who joins a deal, by their columns, and whose address leaves it."""

    joined: list[Json]
    left: frozenset[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """One record's columns by table; `lines` is None where solutions are not spoken of."""

    main: Json
    related: Mapping[str, Json] = field(default_factory=dict)
    """By logical name of the table."""
    lines: list[Json] | None = None
    people: Mapping[str, Joining] = field(default_factory=dict)
    """By the logical name of the people's table."""

    def of(self, table: str) -> Json:
        """Give the columns of a related table."""
        return self.related.get(table, {})

    @property
    def customer(self) -> tuple[Json, list[Json]]:
        """Give account and contacts, the deal's own contact first."""
        own, *others = self.joined(CONTACT) or [{}]
        return self.of(ACCOUNT), [self.of(CONTACT) or own, *others]

    def joined(self, table: str) -> list[Json]:
        """Give the columns of the people of a table who join."""
        return self.people[table].joined if table in self.people else []

    @property
    def currency(self) -> str | None:
        """Give the currency's ISO code."""
        code = self.of(CURRENCY).get("isocurrencycode")
        return str(code) if code else None

    @property
    def team(self) -> list[str]:
        """Give the e-mail addresses of who joins the team, most wanted as owner first."""
        joined = [str(each.get(ADDRESS[USER]) or "") for each in self.joined(USER)]
        return self.owners or [address for address in joined if address]

    @property
    def owners(self) -> list[str]:
        """Give the e-mail addresses that may own the deal, most wanted first."""
        addresses = self.of(USER).get("internalemailaddress")
        wanted = addresses if isinstance(addresses, list | tuple) else [addresses]
        return [str(address) for address in wanted if address]


def sort(columns: Mapping[str, object], *, layout: Layout) -> Columns:
    """Sort dotted paths; raises KeyError for an alias that the mapping does not reach (a fault of ours)."""
    main: Json = {}
    related: dict[str, Json] = {}
    lines: list[Json] | None = None
    people: dict[str, Joining] = {}
    linked = {one.related.name: one.table.name for one in layout.connections.linked} if layout.connections else {}
    for path, value in columns.items():
        alias, dot, column = path.partition(".")
        if layout.lines and path == layout.lines.related.name:
            lines = cast("list[Json]", value or [])
        elif path in linked:
            people[linked[path]] = _joining(cast("Json", value))
        elif dot:
            related.setdefault(layout.singles[alias].table.name, {})[column] = value
        else:
            main[path] = value
    return Columns(main, related, lines, people)


def _joining(change: Json) -> Joining:
    return Joining(cast("list[Json]", change["joined"]), frozenset(cast("list[str]", change["left"])))
