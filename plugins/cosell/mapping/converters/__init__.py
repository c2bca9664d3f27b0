"""The converters by the names that a mapping file uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.record import Side
from cosell.mapping.converters import people, solutions, status
from cosell.mapping.converters.amount import Amount
from cosell.mapping.converters.base import ONE, ROWS, Recipe
from cosell.mapping.converters.calendar_day import CalendarDay
from cosell.mapping.converters.choice import make_choice
from cosell.mapping.converters.contact_lines import make_contact_lines
from cosell.mapping.converters.country import Country
from cosell.mapping.converters.labelled_name import make_label
from cosell.mapping.converters.link import make_link
from cosell.mapping.converters.listed import make_listed
from cosell.mapping.converters.marked_name import make_mark, make_marked_name
from cosell.mapping.converters.moment import Time
from cosell.mapping.converters.stage import Stage
from cosell.mapping.converters.text import Currency, Text
from cosell.mapping.converters.yes_no import YesNo, make_visibility

if TYPE_CHECKING:
    from collections.abc import Mapping

_PEOPLE = {Side.PARTNER_CENTER: (ROWS, *people.PARTS), Side.DATAVERSE: people.PARTS}
_BESIDE = frozenset({ONE, ROWS})
_LINES = dict.fromkeys(Side, (ROWS, *solutions.PARTS))
_CHOICES = frozenset({"choices"})
_WORDS = frozenset({"words"})

CONVERTERS: Final[Mapping[str, Recipe]] = {
    "text": Recipe("text", Text.make),
    "currency": Recipe("text", Currency.make),
    "money": Recipe("amount", Amount.make),
    "decimal": Recipe("amount", Amount.make),
    "calendar_day": Recipe("day", CalendarDay.make, setting="time_zone"),
    "time": Recipe("time", Time.make),
    "country": Recipe("text", Country.make),
    "choice": Recipe("text", make_choice, options=_CHOICES | {"otherwise"}, needs=_CHOICES),
    "yes_no": Recipe("yes or no", YesNo.make),
    "visibility": Recipe("yes or no", make_visibility, options=_CHOICES),
    "status": Recipe(
        "text", status.Status.make, dict.fromkeys(Side, status.PARTS), options=_WORDS | {"instead"}, needs=_WORDS
    ),
    "stage": Recipe("text", Stage.make, options=_WORDS),
    "listed": Recipe("text", make_listed, options=_WORDS),
    "contact_lines": Recipe("text", make_contact_lines, {Side.PARTNER_CENTER: (ROWS, *people.PARTS)}),
    "contacts": Recipe("people", people.make_contacts, _PEOPLE, extra=_BESIDE),
    "team": Recipe("people", people.make_team, _PEOPLE, extra=_BESIDE),
    "solutions": Recipe("solutions", solutions.Solutions.make, _LINES, options=frozenset({"fixed"})),
    "link": Recipe("text", make_link, setting="referral_link_template"),
    "marked_name": Recipe("text", make_marked_name),
    "mark": Recipe("text", make_mark),
    "label": Recipe("text", make_label),
}
