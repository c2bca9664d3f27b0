"""Holds a mapping against what the CRM's columns can take: sentences for whoever sets the sync up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.record import Side
from cosell.mapping.converters.base import ROWS
from cosell.mapping.lines import paths_of, place_on
from cosell.mapping.settings import REFERRAL_LINK
from cosell.mapping.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.mapping.loaded import LoadedMapping
    from cosell.mapping.schema import FieldLine
    from cosell.mapping.shape import ColumnKind, ColumnLimit, Limits

_TEXT: Final[frozenset[ColumnKind]] = frozenset({"text", "key"})
_NUMBER: Final[frozenset[ColumnKind]] = frozenset({"money", "decimal", "integer"})
_FITTING: Final[dict[str, frozenset[ColumnKind]]] = {
    "text": _TEXT | {"integer"},
    "currency": _TEXT,
    "country": _TEXT,
    "stage": _TEXT,
    "link": _TEXT,
    "marked_name": _TEXT,
    "mark": _TEXT,
    "contacts": _TEXT,
    "team": _TEXT,
    "listed": _TEXT,
    "contact_lines": _TEXT,
    "money": _NUMBER,
    "decimal": _NUMBER,
    "calendar_day": frozenset({"date", "datetime"}),
    "time": frozenset({"datetime"}),
    "choice": frozenset({"choice"}),
    "status": frozenset({"choice"}),
    "yes_no": frozenset({"boolean"}),
}
"""Kinds of column that a converter can say its values in; one that is not named here is not checked."""

_LEAST: Final = {"referral_identifier": 36, "engagement_identifier": 36, "referral_link": len(REFERRAL_LINK) + 32}
"""Characters that a column must hold for what is useless when cut: ids, and an address with one."""


def check(mapping: LoadedMapping, limits: Limits, *, labels: Mapping[str, str] | None = None) -> list[str]:
    """Give one sentence for each thing that cannot work with these columns; nothing where all is well.

    `labels` are their display names by path, for who wrote one of those.
    """
    found = [
        f"{_where(mapping, name)}: {problem}"
        for name, line in mapping.file.fields.items()
        for problem in (*_problems(mapping, line, limits, labels=labels or {}), *_too_short(name, line, limits))
    ]
    return found + list(_default_problems(mapping, limits, labels=labels or {}))


def unfilled(mapping: LoadedMapping, required: Mapping[str, str]) -> dict[str, str]:
    """Give the required columns that a new row would leave empty, by their full names, with how hard they are required.

    `required` holds those that the CRM does not fill by itself, by dotted path.
    """
    lines = (line for name, line in mapping.file.fields.items() if Side.DATAVERSE in mapping.fields[name].created_on)
    filled = {path for line in lines for path in paths_of(place_on(line, Side.DATAVERSE))}
    empty = required.keys() - filled - mapping.defaults(Side.DATAVERSE).keys()
    return {_column(mapping, path): required[path] for path in sorted(empty)}


def _problems(mapping: LoadedMapping, line: FieldLine, limits: Limits, *, labels: Mapping[str, str]) -> Iterator[str]:
    place = place_on(line, Side.DATAVERSE)
    roots = {name for name, table in mapping.file.dataverse.related.items() if table.many}
    hidden = {name for name in roots if mapping.file.dataverse.related[name].to and name not in limits}
    for path in paths_of(place):
        if path in roots or path.partition(".")[0] in hidden:
            continue
        limit = limits.get(path)
        if limit is None:
            yield _no_column(mapping, path, limits, labels=labels)
            continue
        yield from _column_problems(line, path, limit)


def _column_problems(line: FieldLine, path: str, limit: ColumnLimit) -> Iterator[str]:
    plain = not isinstance(line.dataverse, dict) or ROWS not in line.dataverse
    fitting = _FITTING.get(line.converter)
    if plain and fitting is not None and limit.kind not in fitting:
        yield f"column {path} holds {limit.kind}, and converter {line.converter} needs {' or '.join(sorted(fitting))}"
    if "." not in path and not limit.writable and (line.written_on is None or Side.DATAVERSE in line.written_on):
        yield f"column {path} is read-only, and the mapping writes it: set written_on without dataverse"
    for word, number in (line.choices or {}).items() if limit.choices is not None else ():
        if number not in (limit.choices or ()):
            yield f"column {path} offers no choice {number} ({word})"


def _too_short(name: str, line: FieldLine, limits: Limits) -> Iterator[str]:
    """Give the columns that cannot hold what must not be cut."""
    for path in paths_of(line.dataverse) if name in _LEAST else ():
        held = limits[path].max_length if path in limits else None
        if held is not None and held < _LEAST[name]:
            yield f"column {path} holds {held} characters, and {_LEAST[name]} are needed: choose a longer one"


def _default_problems(mapping: LoadedMapping, limits: Limits, *, labels: Mapping[str, str]) -> Iterator[str]:
    for path in mapping.defaults(Side.DATAVERSE):
        if path not in limits:
            yield f"defaults: {_no_column(mapping, path, limits, labels=labels)}"
        elif not limits[path].writable:
            yield f"defaults: column {path} is read-only"


def _no_column(mapping: LoadedMapping, path: str, limits: Limits, *, labels: Mapping[str, str]) -> str:
    missing = f"the CRM has no column {_column(mapping, path)}"
    root, _, column = path.rpartition(".")
    named = [known for known in labels if _bare(labels[known]) == _bare(column) and known.rpartition(".")[0] == root]
    if named:
        return f"{missing}; that is the display name of {named[0]}: write {named[0]}"
    near = nearest(path, limits)
    return missing + (f"; did you mean {near}?" if near else "")


def _bare(text: str) -> str:
    """Give a name as display names are compared: a path can hold no blank."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _column(mapping: LoadedMapping, path: str) -> str:
    """Give the column with its table, as an administrator knows it."""
    root, dot, column = path.partition(".")
    related = mapping.file.dataverse.related
    return f"{column} on table {related[root].table}" if dot else f"{path} on table {mapping.file.dataverse.table}"


def _where(mapping: LoadedMapping, name: str) -> str:
    spot = mapping.spots.get(("fields", name, "dataverse"), mapping.spots[("fields", name)])
    return f"{spot.file}:{spot.line}: field {name}"
