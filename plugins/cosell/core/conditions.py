"""When a rule is broken: conditions on a deal's canonical values and the time."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from cosell.core.reconcile import is_empty
from cosell.core.record import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cosell.core.record import Value

    Values = Mapping[str, Value]
    Condition = Callable[[Values, datetime], bool]

_ALPHA_2 = re.compile(r"[A-Z]{2}")
_ISO_CURRENCY = re.compile(r"[A-Z]{3}")
_REGISTRABLE_AFTER = timedelta(hours=72)


def missing(name: str) -> Condition:
    """Tell whether the field says nothing."""
    return lambda values, _now: is_empty(values.get(name))


def country_is_none(values: Values, _now: datetime) -> bool:
    """Tell whether the country is no two-letter code."""
    country = values.get("customer_country")
    return not is_empty(country) and not (isinstance(country, str) and _ALPHA_2.fullmatch(country))


def currency_is_none(values: Values, _now: datetime) -> bool:
    """Tell whether the currency is no three-letter code."""
    currency = values.get("currency")
    return not is_empty(currency) and not (isinstance(currency, str) and _ISO_CURRENCY.fullmatch(currency))


def longer_than(name: str, most: int) -> Condition:
    """Tell whether a list has more than that many."""

    def broken(values: Values, _now: datetime) -> bool:
        listed = values.get(name)
        return isinstance(listed, tuple) and len(listed) > most

    return broken


def negative_value(values: Values, _now: datetime) -> bool:
    """Tell whether the deal's value is below zero."""
    value = values.get("deal_value")
    return isinstance(value, Decimal) and value < 0


def past(values: Values, now: datetime) -> bool:
    """Tell whether the close date lies before today."""
    day = values.get("close_date")
    day = day.date() if isinstance(day, datetime) else day
    return isinstance(day, date) and day < now.date()


def contact_incomplete(values: Values, _now: datetime) -> bool:
    """Tell whether help is asked for a customer of whom no contact is known whole."""
    if is_empty(values.get("help")):
        return False
    contacts = values.get("customer_contacts")
    whole = isinstance(contacts, tuple) and any(isinstance(c, tuple) and not any(map(is_empty, c)) for c in contacts)
    return not whole


def consent_refused(values: Values, _now: datetime) -> bool:
    """Tell whether the customer is known not to agree."""
    return values.get("consent") is False


def team_incomplete(part: int) -> Condition:
    """Tell whether a member of the team lacks that part (by its place in Member)."""

    def broken(values: Values, _now: datetime) -> bool:
        team = values.get("team")
        return isinstance(team, tuple) and any(isinstance(m, tuple) and is_empty(m[part]) for m in team)

    return broken


def reason_missing(values: Values, _now: datetime) -> bool:
    """Tell whether the deal is lost or declined without a word why."""
    return values.get("status") in {"lost", "declined"} and is_empty(values.get("close_reason"))


def won_early(values: Values, now: datetime) -> bool:
    """Tell whether a deal that Microsoft sees, and so may register, is won within 72 hours of its creation."""
    created = values.get("created_at")
    if values.get("status") != "won" or values.get("visibility") is not True or not isinstance(created, datetime):
        return False
    return now - created < _REGISTRABLE_AFTER


def unlisted(name: str) -> Condition:
    """Tell whether the field holds a word that its list in the mapping does not have."""

    def broken(values: Values, _now: datetime) -> bool:
        said = values.get(name)
        return isinstance(said, str) and said.startswith(OTHER)

    return broken


def services_incomplete(values: Values, _now: datetime) -> bool:
    """Tell whether help is asked for a Services deal, known by any of its three words, of which one lacks."""
    said = [not is_empty(values.get(name)) for name in ("partner_role", "solution_area", "solution_play")]
    return not is_empty(values.get("help")) and any(said) and not all(said)
