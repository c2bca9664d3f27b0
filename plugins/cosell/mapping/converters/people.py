"""People: lists of them in Partner Center, one related row each in Dataverse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cosell.core.people import address, addresses
from cosell.core.record import Member
from cosell.mapping.cells import MISSING, UnreadableValueError, kind_of
from cosell.mapping.converters.base import ONE, ROWS
from cosell.mapping.converters.shorten import shorten
from cosell.mapping.converters.text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter, Spec

PARTS: Final = Member._fields
_PEOPLE = "a list of people"


def items_of(cell: object, *, expected: str) -> list[Mapping[str, object]]:
    """Give the objects of a list; raises UnreadableValueError, without quoting what is in it."""
    if not isinstance(cell, list):
        raise UnreadableValueError(expected, found=kind_of(cell))
    for item in cell:
        if not isinstance(item, Mapping):
            raise UnreadableValueError(expected, found=f"{kind_of(item)} in the list")
    return cell


def fitted(member: Member, lengths: tuple[int | None, ...]) -> Member:
    """Cut each part to its column."""
    return Member(*(shorten(part, longest) for part, longest in zip(member, lengths, strict=True)))


def members_in(value: Value) -> tuple[Member, ...]:
    """Give the people of a canonical value."""
    return tuple(item for item in value if isinstance(item, Member)) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Members:
    """A list of people in the payload, in its order."""

    keys: tuple[str, ...]
    """The item's members, in the order of Member."""
    lengths: tuple[int | None, ...]

    @classmethod
    def make(cls, spec: Spec) -> Members:
        """Make the converter for one side."""
        return cls(tuple(spec.paths[part] for part in PARTS), tuple(spec.length(part) for part in PARTS))

    def read(self, cell: object) -> Value:
        """Give the people; an unnamed one without address or phone is none."""
        if cell is None:
            return None
        people = [_member(map(item.get, self.keys)) for item in items_of(cell, expected=_PEOPLE)]
        return tuple(person for person in people if any(person))

    def write(self, value: Value) -> object:
        """Give the list."""
        return [dict(zip(self.keys, person, strict=True)) for person in members_in(value)]

    def fit(self, value: Value) -> Value:
        """Cut each part to its length."""
        return None if value is None else tuple(fitted(person, self.lengths) for person in members_in(value))


@dataclass(frozen=True, slots=True)
class Person:
    """One related row: the first person of a list, or nobody."""

    lengths: tuple[int | None, ...]

    @classmethod
    def make(cls, spec: Spec) -> Person:
        """Make the converter for one side."""
        return cls(tuple(spec.length(part) for part in PARTS))

    def read(self, cell: object) -> Value:
        """Give the person as a list of one, or an empty list."""
        person = _member(cell) if isinstance(cell, tuple) else Member("", "", "", "")
        return (person,) if any(person) else ()

    def write(self, value: Value) -> object:
        """Give the person's parts; nobody writes nothing."""
        people = members_in(value)
        if not people:
            return (MISSING,) * len(PARTS)
        return tuple(part or None for part in people[0])

    def fit(self, value: Value) -> Value:
        """Keep the first person."""
        return tuple(fitted(person, self.lengths) for person in members_in(value)[:1])


@dataclass(frozen=True, slots=True)
class Beside:
    """One related row and rows beside it: the owner and the sales team, the contact and the stakeholders."""

    keys: tuple[str, ...]
    """A row's members, in the order of Member."""
    lengths: tuple[int | None, ...]

    @classmethod
    def make(cls, spec: Spec) -> Beside:
        """Make the converter for one side."""
        return cls(tuple(spec.paths[part] for part in PARTS), tuple(spec.length(part) for part in PARTS))

    def read(self, cell: object) -> Value:
        """Give the one row's person, then the others by their addresses, each address once."""
        one, rows = cell if isinstance(cell, tuple) else (None, None)
        first, *rest = (
            _member(map(item.get, self.keys)) for item in items_of([one or {}, *(rows or ())], expected=_PEOPLE)
        )
        found = {address(first) or first: first} if any(first) else {}
        for person in sorted(rest, key=lambda each: (address(each), each)):
            if any(person):
                found.setdefault(address(person) or person, person)
        return tuple(found.values())

    def write(self, value: Value) -> object:
        """Give everybody as joining."""
        return self.change(None, value)

    def change(self, before: Value, value: Value) -> object:
        """Give who joins, and whose address leaves: whoever was added meanwhile stays."""
        held, wanted = addresses(before), addresses(value)
        joined = [person for person in members_in(value) if not address(person) or address(person) not in held]
        if before is not None:
            joined = [person for person in joined if address(person)]
        left = sorted(held - wanted)
        people = [dict(zip(self.keys, person, strict=True)) for person in joined]
        return MISSING, {"joined": people, "left": left} if people or left else MISSING

    def fit(self, value: Value) -> Value:
        """Cut each part to its length."""
        return tuple(fitted(person, self.lengths) for person in members_in(value))


@dataclass(frozen=True, slots=True)
class Owner(Person):
    """The row's owner: a user of the CRM, looked up and never changed."""

    def write(self, value: Value) -> object:
        """Give the e-mail addresses of the team in order: the first that is a user of the CRM becomes the owner."""
        emails = [person.email for person in members_in(value) if person.email]
        return tuple((emails or MISSING) if part == "email" else MISSING for part in PARTS)

    def fit(self, value: Value) -> Value:
        """Keep the team: which of them owns the row is for the CRM to say."""
        return members_in(value)


def make_contacts(spec: Spec) -> Converter:
    """Make the converter for one side: a list, one related row, or one and the rows beside it."""
    return _make_list(spec) if ROWS in spec.paths else Person.make(spec)


def make_team(spec: Spec) -> Converter:
    """Make the converter for one side: a list, the owner, or the owner and the rows beside it."""
    return _make_list(spec) if ROWS in spec.paths else Owner.make(spec)


def _make_list(spec: Spec) -> Converter:
    return Beside.make(spec) if ONE in spec.paths else Members.make(spec)


def _member(parts: Iterable[object]) -> Member:
    return Member(*map(_part, parts))


def _part(part: object) -> str:
    return part.strip() if isinstance(part, str) else (text_of(part) or "").strip()
