"""Holds a mapping against what the CRM's columns can take: sentences for whoever sets the sync up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.record import Side
from cosell.mapping.converters.base import ROWS
from cosell.mapping.lines import paths_of, place_on
from cosell.mapping.misfit import Checked, Made, Misfit, table_of
from cosell.mapping.plain_default import wrong_default
from cosell.mapping.settings import REFERRAL_LINK
from cosell.mapping.shape import Described, is_named
from cosell.mapping.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cosell.mapping.loaded import LoadedMapping
    from cosell.mapping.located import Location
    from cosell.mapping.schema import FieldLine
    from cosell.mapping.shape import ColumnKind, ColumnLimit, Unreached

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


def check(mapping: LoadedMapping, known: Described, *, made: Made | None = None) -> list[Misfit]:
    """Give each thing that cannot work with these columns; nothing where all is well."""
    checked = Checked(mapping, known, made or Made())
    found = [checked.misfit(_place_of(mapping, one), one.why) for one in known.missing]
    for name, line in mapping.file.fields.items():
        found += [*_problems(checked, name, line), *_too_short(checked, name, line)]
    return list(dict.fromkeys([*found, *_default_problems(checked)]))


def without_table(mapping: LoadedMapping, table: str, *, tables: Collection[str], made: Made) -> Misfit:
    """Give what cannot work where the CRM has `tables`, and not one that the mapping reaches."""
    by_setup = table in {of for of, _ in made.columns}
    near = None if by_setup else nearest(table, tables)
    problem = f"the CRM has no table {table}" + (f"; did you mean {near}?" if near else "")
    return Checked(mapping, Described({}), made).misfit(_naming(mapping, table), problem, by_setup=by_setup)


def unfilled(mapping: LoadedMapping, required: Mapping[str, str]) -> dict[str, str]:
    """Give the required columns that a new row would leave empty, by their full names, with how hard they are required.

    `required` holds those that the CRM does not fill by itself, by dotted path.
    """
    lines = (line for name, line in mapping.file.fields.items() if Side.DATAVERSE in mapping.fields[name].created_on)
    filled = {path for line in lines for path in paths_of(place_on(line, Side.DATAVERSE))}
    empty = required.keys() - filled - mapping.defaults(Side.DATAVERSE).keys()
    return {_column(mapping, path): required[path] for path in sorted(empty)}


def _problems(checked: Checked, name: str, line: FieldLine) -> Iterator[Misfit]:
    at = ("fields", name, "dataverse")
    limits, related = checked.known.limits, checked.mapping.file.dataverse.related
    roots = {alias for alias, table in related.items() if table.many}
    hidden = {alias for alias in roots if related[alias].to and alias not in limits}
    for path in paths_of(place_on(line, Side.DATAVERSE)):
        if path in roots or path.partition(".")[0] in hidden:
            continue
        limit = limits.get(path)
        if limit is None:
            if path not in checked.mapping.spare_paths:
                yield checked.no_column(at, path)
            continue
        for problem in _column_problems(line, path, limit):
            yield checked.misfit(at, problem)
        for word, number in _not_offered(line, limit):
            by_setup = checked.offers(path, number)
            at_word = ("fields", name, "choices", word)
            yield checked.misfit(at_word, f"column {path} offers no choice {number} ({word})", by_setup=by_setup)


def _column_problems(line: FieldLine, path: str, limit: ColumnLimit) -> Iterator[str]:
    plain = not isinstance(line.dataverse, dict) or ROWS not in line.dataverse
    fitting = _FITTING.get(line.converter)
    if plain and fitting is not None and limit.kind not in fitting:
        yield f"column {path} holds {limit.kind}, and converter {line.converter} needs {' or '.join(sorted(fitting))}"
    if "." not in path and not limit.writable and (line.written_on is None or Side.DATAVERSE in line.written_on):
        yield f"column {path} is read-only, and the mapping writes it: set written_on without dataverse"


def _not_offered(line: FieldLine, limit: ColumnLimit) -> list[tuple[str, int]]:
    """Give the words whose number the column's choice does not have."""
    offered = limit.choices
    return [] if offered is None else [pair for pair in (line.choices or {}).items() if pair[1] not in offered]


def _too_short(checked: Checked, name: str, line: FieldLine) -> Iterator[Misfit]:
    """Give the columns that cannot hold what must not be cut."""
    limits = checked.known.limits
    for path in paths_of(line.dataverse) if name in _LEAST else ():
        held = limits[path].max_length if path in limits else None
        if held is not None and held < _LEAST[name]:
            problem = f"column {path} holds {held} characters, and {_LEAST[name]} are needed: choose a longer one"
            yield checked.misfit(("fields", name, "dataverse"), problem, by_setup=checked.is_made(path))


def _default_problems(checked: Checked) -> Iterator[Misfit]:
    for path, value in checked.mapping.defaults(Side.DATAVERSE).items():
        at = _of_default(checked.mapping, path)
        limit = checked.known.limits.get(path)
        if limit is None:
            yield checked.no_column(at, path)
        elif not limit.writable:
            yield checked.misfit(at, f"column {path} is read-only")
        elif limit.kind == "lookup" and value is not None and not is_named(value):
            yield checked.misfit(
                at, f"column {path} is a lookup: name its row as {{table: ..., match: ..., value: ...}}"
            )
        elif not is_named(value) and (problem := wrong_default(path, value, limit)):
            yield checked.misfit(at, problem)


def _place_of(mapping: LoadedMapping, one: Unreached) -> Location:
    """Give where the mapping names what cannot be reached."""
    match one.part:
        case "related":
            return ("dataverse", "related", one.name)
        case "lookup":
            lookups = {str(line.dataverse): name for name, line in mapping.file.fields.items() if line.lookup}
            return ("fields", lookups[one.name], "lookup")
        case "defaults":
            return _of_default(mapping, one.name)


def _of_default(mapping: LoadedMapping, path: str) -> Location:
    root, _, column = path.rpartition(".")
    return ("defaults", table_of(mapping, root), column)


def _naming(mapping: LoadedMapping, table: str) -> Location:
    """Give where the mapping names a table."""
    for alias, related in mapping.file.dataverse.related.items():
        if table in {related.table, related.to.table if related.to else None}:
            return ("dataverse", "related", alias)
    for name, line in mapping.file.fields.items():
        if line.lookup and line.lookup.table == table:
            return ("fields", name, "lookup")
    return ("dataverse",)


def _column(mapping: LoadedMapping, path: str) -> str:
    """Give the column with its table, as an administrator knows it."""
    root, _, column = path.rpartition(".")
    return f"{column} on table {table_of(mapping, root)}"
