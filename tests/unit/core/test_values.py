"""Canonical values as JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cosell.core.record import Member, SolutionLine
from cosell.core.values import from_json, to_json, values_from_json, values_to_json
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from cosell.core.record import Value

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
MONEY = st.none() | DECIMALS
PLAIN = st.none() | st.booleans() | st.integers() | st.text()
ZONES = st.integers(-720, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(min_value=datetime(1753, 1, 2), max_value=datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001 - zones are drawn
SCALARS = PLAIN | DECIMALS | st.dates() | TIMES
PEOPLE = st.builds(Member, *[st.text()] * 4) | st.builds(SolutionLine, st.text(), st.text(), MONEY, MONEY)
VALUES = st.recursive(SCALARS | PEOPLE, lambda inner: st.lists(inner, max_size=3).map(tuple))


def kinds(value: Value) -> Any:  # noqa: ANN401 - a nest of types
    """Give the kinds of a value, all the way down."""
    return (type(value), *map(kinds, value)) if isinstance(value, tuple) else type(value)


def through_a_file(json_value: object) -> Any:  # noqa: ANN401 - JSON
    """Give what a file would give back."""
    return json.loads(json.dumps(json_value))


@given(VALUES)
def test_a_value_comes_back_as_it_was(value: Value) -> None:
    """Through JSON text and back a value is equal and of the same kind, nested ones too."""
    back = from_json(through_a_file(to_json(value)))
    assert back == value
    assert kinds(back) == kinds(value)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_values_by_field_come_back_as_they_were(values: dict[str, Value]) -> None:
    """A whole record travels as one JSON object; null and missing stay two things."""
    back = values_from_json(through_a_file(values_to_json(values)))
    assert back == values
    assert {name: kinds(each) for name, each in back.items()} == {name: kinds(each) for name, each in values.items()}


def test_decimals_keep_their_places() -> None:
    """Money is told to the last zero."""
    assert str(from_json(to_json(Decimal("10.00")))) == "10.00"


def test_moments_are_kept_in_utc() -> None:
    """The moment stays, its zone does not."""
    moment = datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=13)))
    assert to_json(moment) == {"time": "2026-11-21T12:30:00+00:00"}
    back = from_json(to_json(moment))
    assert back == moment
    assert isinstance(back, datetime)
    assert back.tzinfo is UTC
