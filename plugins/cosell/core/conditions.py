"""When a rule is broken: conditions on a deal's canonical values and the day."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.reconcile import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.record import Value

    Values = Mapping[str, Value]
    Condition = Callable[[Values, date], bool]

_ALPHA_2 = re.compile(r"[A-Z]{2}")
_ISO_CURRENCY = re.compile(r"[A-Z]{3}")


def missing(name: str) -> Condition:
    """Tell whether the field says nothing."""
    return lambda values, _today: is_empty(values.get(name))


def country_is_none(values: Values, _today: date) -> bool:
    """Tell whether the country is no two-letter code."""
    country = values.get("customer_country")
    return not is_empty(country) and not (isinstance(country, str) and _ALPHA_2.fullmatch(country))


def currency_is_none(values: Values, _today: date) -> bool:
    """Tell whether the currency is no three-letter code."""
    currency = values.get("currency")
    return not is_empty(currency) and not (isinstance(currency, str) and _ISO_CURRENCY.fullmatch(currency))


def longer_than(name: str, most: int) -> Condition:
    """Tell whether a list has more than that many."""

    def broken(values: Values, _today: date) -> bool:
        listed = values.get(name)
        return isinstance(listed, tuple) and len(listed) > most

    return broken


def negative_value(values: Values, _today: date) -> bool:
    """Tell whether the deal's value is below zero."""
    value = values.get("deal_value")
    return isinstance(value, Decimal) and value < 0


def past(values: Values, today: date) -> bool:
    """Tell whether the close date lies before today."""
    day = values.get("close_date")
    day = day.date() if isinstance(day, datetime) else day
    return isinstance(day, date) and day < today


def contact_incomplete(values: Values, _today: date) -> bool:
    """Tell whether help is asked for a customer of whom no contact is known whole."""
    if is_empty(values.get("help")):
        return False
    contacts = values.get("customer_contacts")
    whole = isinstance(contacts, tuple) and any(isinstance(c, tuple) and not any(map(is_empty, c)) for c in contacts)
    return not whole


def consent_refused(values: Values, _today: date) -> bool:
    """Tell whether the customer is known not to agree."""
    return values.get("consent") is False


def team_incomplete(part: int) -> Condition:
    """Tell whether a member of the team lacks that part (by its place in Member)."""

    def broken(values: Values, _today: date) -> bool:
        team = values.get("team")
        return isinstance(team, tuple) and any(isinstance(m, tuple) and is_empty(m[part]) for m in team)

    return broken
