"""Canonical values as JSON and back, without losing what kind of value they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from cosell.core.record import Member, SolutionLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.record import Value

_PEOPLE = {"member": Member, "solution": SolutionLine}
_NAMES: dict[type, str] = {kind: name for name, kind in _PEOPLE.items()}
_PLAIN = frozenset({type(None), str, bool, int})
"""What is JSON as it stands; most values are, and are not worth a call."""


def to_json(value: Value) -> object:
    """Give a JSON value; what JSON has no kind for becomes a one-member object that names the kind."""
    if isinstance(value, tuple):
        items = [item if item.__class__ in _PLAIN else to_json(item) for item in value]
        name = _NAMES.get(value.__class__)
        return {name: items} if name else items
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"time": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return value


def from_json(json_value: object) -> Value:
    """Give the value that `to_json` wrote."""
    if isinstance(json_value, list):
        return tuple(_each_from_json(json_value))
    if not isinstance(json_value, dict):
        return cast("Value", json_value)
    ((kind, content),) = json_value.items()
    match kind:
        case "decimal":
            return Decimal(content)
        case "time":
            return datetime.fromisoformat(content)
        case "date":
            return date.fromisoformat(content)
        case _:
            return cast("Value", _PEOPLE[kind](*_each_from_json(content)))


def _each_from_json(items: list[Any]) -> list[Any]:
    return [item if item.__class__ in _PLAIN else from_json(item) for item in items]


def values_to_json(values: Mapping[str, Value]) -> dict[str, object]:
    """Give canonical values by field as a JSON object."""
    return {name: value if value.__class__ in _PLAIN else to_json(value) for name, value in values.items()}


def values_from_json(json_values: Mapping[str, object]) -> dict[str, Value]:
    """Give the values that `values_to_json` wrote."""
    return {
        name: cast("Value", value) if value.__class__ in _PLAIN else from_json(value)
        for name, value in json_values.items()
    }
