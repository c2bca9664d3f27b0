"""What setup found in the CRM, as far as it concerns what is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundColumn:
    """One column; `type` is Dataverse's attribute type, such as String or Picklist."""

    id: str
    type: str
    length: int | None = None
    format: str | None = None
    options: Mapping[int, frozenset[int]] | None = None
    """Languages that an option has a label in, by its number."""
    choice: str | None = None
    """Name of the global choice that the column shows."""
    targets: frozenset[str] = frozenset()
    """Tables that a lookup may point to."""
    languages: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """One alternate key and how far its index is."""

    id: str
    name: str
    columns: frozenset[str]
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundForm:
    """One active main form, with changes that are not published yet."""

    id: str
    name: str
    xml: str
    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTable:
    """One table."""

    id: str
    columns: Mapping[str, FoundColumn]
    keys: tuple[FoundKey, ...] = ()
    tracked: bool = False
    trackable: bool = True
    """Whether Dynamics lets change tracking be switched on."""
    languages: frozenset[int] = frozenset()
    forms: tuple[FoundForm, ...] | None = ()
    """Read where something of ours shall be on one of them; None where the CRM has no forms at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChoice:
    """One global choice: the languages of its options, by number."""

    id: str
    options: Mapping[int, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSolution:
    """Our solution: whose it is, whether it may be changed, and what it holds."""

    id: str
    prefix: str
    managed: bool = False
    finished: bool = True
    """False: a setup began to change it and did not come to its end."""
    members: frozenset[str] = frozenset()
    """Metadata ids."""
    whole: frozenset[str] = frozenset()
    """Ids of tables that are in it with everything that belongs to them."""

    def holds(self, member: str, *, table: str) -> bool:
        """Tell whether a part of a table is in the solution."""
        return member in self.members or table in self.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The CRM."""

    languages: frozenset[int] = frozenset()
    base_language: int = 1033
    """English, where it was not asked."""
    publisher: str | None = None
    """Id of the publisher whose prefix is ours."""
    solution: FoundSolution | None = None
    choices: Mapping[str, FoundChoice] = field(default_factory=dict)
    tables: Mapping[str, FoundTable] = field(default_factory=dict)
    """Those of the wanted ones that are there."""
