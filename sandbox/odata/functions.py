"""The functions of a filter: text tests with Dataverse's wildcards, and its query functions."""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sandbox.odata.errors import FilterError
from sandbox.odata.shapes import Field, Kind, Shape, Value
from sandbox.odata.syntax import Function
from sandbox.odata.values import instant

Test: TypeAlias = Callable[[Any], bool]
TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_CHANGES: dict[str, Callable[[str], str]] = {"tolower": str.lower, "toupper": str.upper, "trim": str.strip}
_LIKE = re.compile(r"%|_|\[\^?[^\]]*\]")
_PATTERNS = {"contains": "(?s).*{}.*", "startswith": "(?s){}.*", "endswith": "(?s).*{}"}


def changed_text(column: Field, name: str) -> Field:
    """Give a column as tolower, toupper or trim change it."""
    get, change = column.get, _CHANGES[name]
    return Field(lambda row: change(str(found)) if (found := get(row)) is not None else None, column.kind)


def text_test(column: Field, name: str, wanted: str, *, fold_case: bool, wildcards: bool) -> Test:
    """Compile a test of a text column; null never passes it."""
    if column.kind not in {Kind.ANY, Kind.TEXT}:
        raise FilterError(f"No function signature for the function '{name}' matches the specified arguments.")
    get, test = column.get, TEXT_TESTS[name]
    if wildcards and _LIKE.search(wanted):
        return _like_test(column, wanted, name=name, fold_case=fold_case)
    if fold_case:
        folded = wanted.casefold()
        return lambda row: isinstance(found := get(row), str) and test(found.casefold(), folded)
    return lambda row: isinstance(found := get(row), str) and test(found, wanted)


def _like_test(column: Field, wanted: str, *, name: str, fold_case: bool) -> Test:
    """Compile a text test whose value holds wildcards; a leading one is refused, as Dataverse does."""
    if _LIKE.match(wanted):
        raise FilterError("The query uses a leading wildcard, which is not supported.")
    pattern = re.compile(_PATTERNS[name].format(_like_to_regex(wanted)), re.IGNORECASE if fold_case else 0)
    get = column.get
    return lambda row: isinstance(found := get(row), str) and pattern.fullmatch(found) is not None


def _like_to_regex(wanted: str) -> str:
    """Write a LIKE pattern as a regular expression."""
    parts, position = [], 0
    for found in _LIKE.finditer(wanted):
        parts.append(re.escape(wanted[position : found.start()]))
        parts.append({"%": ".*", "_": "."}.get(found[0], found[0]))
        position = found.end()
    return "".join([*parts, re.escape(wanted[position:])])


def query_function(function: Function, *, shape: Shape, fold_case: bool) -> Test:
    """Compile one of Dataverse's query functions; raises FilterError for one that is not known."""
    name = function.arguments.get("PropertyName")
    if function.name not in _QUERY_FUNCTIONS or not isinstance(name, str):
        raise FilterError(f"The query function '{function.name}' is not known or lacks its PropertyName.")
    column = shape.field(tuple(name.split("/")))
    return _QUERY_FUNCTIONS[function.name](column, function.arguments, fold_case)


def _listed(arguments: dict[str, Any]) -> list[Any]:
    """Give the list of values of a function."""
    values = arguments.get("PropertyValues")
    if not isinstance(values, list):
        raise FilterError("The argument 'PropertyValues' must be an array.")
    return values


def _text(value: Value, *, fold_case: bool) -> str:
    """Write a value as the functions compare it."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.casefold() if fold_case else text


def _in(column: Field, arguments: dict[str, Any], fold_case: bool) -> Test:
    """Compile In: the value is one of the list."""
    fold = fold_case or column.kind is Kind.GUID
    wanted = {_text(value, fold_case=fold) for value in _listed(arguments)}
    get = column.get
    return lambda row: (found := get(row)) is not None and _text(found, fold_case=fold) in wanted


def _not_in(column: Field, arguments: dict[str, Any], fold_case: bool) -> Test:
    """Compile NotIn: the value is none of the list."""
    inside = _in(column, arguments, fold_case)
    return lambda row: not inside(row)


def _last_days(column: Field, arguments: dict[str, Any], fold_case: bool) -> Test:  # noqa: ARG001
    """Compile LastXDays: the time lies between that many days ago and now."""
    now = datetime.now(UTC)
    start = now - timedelta(days=int(arguments.get("PropertyValue", 0)))
    get = column.get
    return lambda row: (found := get(row)) is not None and start <= instant(found) <= now


_QUERY_FUNCTIONS: dict[str, Callable[[Field, dict[str, Any], bool], Test]] = {
    "In": _in,
    "NotIn": _not_in,
    "LastXDays": _last_days,
}
