"""People as text, one a line, for a column that a seller reads: Microsoft's sellers on a deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.mapping.cells import MISSING
from cosell.mapping.converters.people import Members, members_in
from cosell.mapping.converters.text import Text

if TYPE_CHECKING:
    from cosell.core.record import Member, Value
    from cosell.mapping.converters.base import Converter, Spec


@dataclass(frozen=True, slots=True)
class ContactLines:
    """A list of people; never written, since it is Microsoft's."""

    people: Members

    def read(self, cell: object) -> Value:
        """Give name, e-mail and phone of each person, a line for each."""
        people = self.people.read(cell)
        return None if people is None else "\n".join(map(_line, members_in(people)))

    def write(self, value: Value) -> object:  # noqa: ARG002 - the people are Microsoft's
        """Give nothing."""
        return MISSING

    def fit(self, value: Value) -> Value:
        """Give the text."""
        return value


def make_contact_lines(spec: Spec) -> Converter:
    """Make the converter for one side: a list of people in Partner Center, a text in Dataverse."""
    return Text.make(spec) if spec.is_dataverse else ContactLines(Members.make(spec))


def _line(person: Member) -> str:
    name = f"{person.first_name} {person.last_name}".strip()
    return ", ".join(part for part in (name, person.email, person.phone) if part)
