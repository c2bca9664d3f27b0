"""What pydantic cannot tell of a mapping: whether field, converter, parts and tables fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.record import Side
from cosell.mapping.catalogue import KINDS, NEEDED, OWN_PREFIX, STATES, WORDS
from cosell.mapping.complaints import complain
from cosell.mapping.converters.base import ONE, ROWS
from cosell.mapping.converters.status import ANY
from cosell.mapping.schema import Lookup
from cosell.mapping.shape import ACCOUNT, CONTACT
from cosell.mapping.wording import meant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cosell.mapping.catalogue import Kind
    from cosell.mapping.converters.base import Recipe
    from cosell.mapping.located import Located, Location
    from cosell.mapping.schema import FieldLine, MappingFile

Problem = tuple["Location", str]
_MERGED: Final[Mapping[str, Kind]] = {"append": "text", "members": "people"}
"""What kind of value each way to merge is for."""


def check_lines(file: MappingFile, located: Located, *, converters: Mapping[str, Recipe]) -> None:
    """Raise MappingError for the first line that cannot work."""
    for location, problem in _problems(file, converters):
        raise complain(problem, at=location, located=located)


def paths_of(place: str | list[str] | dict[str, str] | None) -> tuple[str, ...]:
    """Give the paths into the payload that a place names; members of rows are beneath theirs."""
    match place:
        case None:
            return ()
        case str():
            return (place,)
        case list():
            return tuple(place)
        case _ if ROWS in place:
            members = [key for part, key in place.items() if part not in {ONE, ROWS}]
            roots = [place[part] for part in (ONE, ROWS) if part in place]
            return (place[ROWS], *(f"{root}.{key}" for root in roots for key in members))
        case _:
            return tuple(place.values())


def place_on(line: FieldLine, side: Side) -> str | list[str] | dict[str, str] | None:
    """Give where a field lies on a side."""
    return line.partner_center if side is Side.PARTNER_CENTER else line.dataverse


def _problems(file: MappingFile, converters: Mapping[str, Recipe]) -> Iterator[Problem]:
    for name, line in file.fields.items():
        yield from _name_problems(name)
        yield from _converter_problems(name, line, converters)
        yield from _side_problems(name, line)
        yield from _merge_problems(name, line, converters)
        yield from _choice_problems(name, line)
        yield from _table_problems(name, line, file)
        yield from _lookup_problems(name, line, file)
    yield from _file_problems(file)


def _name_problems(name: str) -> Iterator[Problem]:
    if name not in KINDS and not name.startswith(OWN_PREFIX):
        yield ("fields", name), f"unknown field: {meant(name, KINDS)} (a field of your own begins with {OWN_PREFIX})"


def _converter_problems(name: str, line: FieldLine, converters: Mapping[str, Recipe]) -> Iterator[Problem]:
    at = ("fields", name, "converter")
    recipe = converters.get(line.converter)
    if recipe is None:
        yield at, f"unknown converter {line.converter!r}: {meant(line.converter, converters)}"
        return
    kind = KINDS.get(name, recipe.gives)
    if recipe.gives != kind:
        able = ", ".join(sorted(known for known, other in converters.items() if other.gives == kind))
        yield at, f"converter {line.converter!r} gives {recipe.gives}, expected one that gives {kind}: {able}"
        return
    yield from _option_problems(name, line, recipe)
    for side in Side:
        yield from _part_problems(name, line, side, recipe=recipe)


def _option_problems(name: str, line: FieldLine, recipe: Recipe) -> Iterator[Problem]:
    for option in ("choices", "otherwise", "words", "instead", "fixed"):
        given = getattr(line, option) is not None
        if given and option not in recipe.options:
            yield ("fields", name, option), f"converter {line.converter!r} reads no {option!r}"
        if not given and option in recipe.needs:
            yield ("fields", name), f"converter {line.converter!r} needs the key {option!r}"


def _part_problems(name: str, line: FieldLine, side: Side, *, recipe: Recipe) -> Iterator[Problem]:
    place, wanted = place_on(line, side), recipe.parts.get(side, ())
    extra = recipe.extra if side is Side.DATAVERSE else frozenset()
    at = ("fields", name, side.value)
    if place is None:
        return
    if not isinstance(place, dict):
        if wanted:
            yield at, f"expected parts with a path each: {', '.join(wanted)}; found a path"
        return
    if not wanted:
        yield at, f"converter {line.converter!r} reads one path; found parts"
    for part in place:
        if wanted and part not in wanted and part not in extra:
            yield (*at, part), f"unknown part {part!r}: {meant(part, (*wanted, *sorted(extra)))}"
    if extra and len(extra & place.keys()) == 1:
        yield at, f"the parts {' and '.join(sorted(extra))} go together: one row, and the rows beside it"
    for part in wanted:
        if part not in place:
            yield at, f"the part {part!r} is missing; expected {', '.join(wanted)}"


def _side_problems(name: str, line: FieldLine) -> Iterator[Problem]:
    sides = {side.value for side in Side if place_on(line, side) is not None}
    if not sides:
        yield ("fields", name), "expected a path for partner_center, dataverse or both"
    for key in ("created_on", "written_on"):
        for side in getattr(line, key) or ():
            if side not in sides:
                yield ("fields", name, key), f"{key}: the field has no path on {side}"
    if line.on_conflict and line.authority != "shared":
        yield ("fields", name, "on_conflict"), "on_conflict is for shared fields; this one has an authority"
    taken = [key for key in ("created_on", "written_on") if (said := getattr(line, key)) is None or "dataverse" in said]
    if line.optional and taken:
        problem = f"optional is for a column that is only read: set {' and '.join(taken)} without dataverse"
        yield ("fields", name, "optional"), problem
    for key in ("authority", "on_conflict"):
        said = getattr(line, key)
        if said not in {None, "shared", *sides}:
            yield ("fields", name, key), f"{key}: the field has no path on {said}"


def _merge_problems(name: str, line: FieldLine, converters: Mapping[str, Recipe]) -> Iterator[Problem]:
    if line.merge is None:
        return
    at = ("fields", name, "merge")
    recipe = converters.get(line.converter)
    if recipe is not None and recipe.gives != _MERGED[line.merge]:
        yield at, f"merge: {line.merge} is for {_MERGED[line.merge]}; converter {line.converter!r} gives {recipe.gives}"
    if recipe is not None and recipe.source:
        yield at, f"merge brings texts together that {line.converter!r} was never asked about: use a shipped converter"
    if line.authority != "shared" or line.on_conflict:
        yield at, "merge keeps what either side adds; it goes with no authority and no on_conflict"
    if line.partner_center is None or line.dataverse is None:
        yield at, "merge needs a path on both sides"


def _choice_problems(name: str, line: FieldLine) -> Iterator[Problem]:
    numbers = list((line.choices or {}).values())
    for word, number in (line.choices or {}).items():
        if numbers.count(number) > 1:
            yield ("fields", name, "choices", word), f"the number {number} stands for more than one choice"
    yield from _word_problems(name, line)
    if line.otherwise is not None and line.otherwise not in (line.choices or {}):
        yield ("fields", name, "otherwise"), f"otherwise: {meant(line.otherwise, line.choices or {})}"
    if line.converter == "status":
        yield from _state_problems(name, line)


def _word_problems(name: str, line: FieldLine) -> Iterator[Problem]:
    wanted = WORDS.get(name)
    if wanted is None or line.choices is None:
        return
    for word in line.choices:
        if word not in wanted:
            yield ("fields", name, "choices", word), f"unknown choice {word!r}: {meant(word, wanted)}"
    for word in sorted(wanted - line.choices.keys()):
        yield ("fields", name, "choices"), f"the choice {word!r} is missing"


def _state_problems(name: str, line: FieldLine) -> Iterator[Problem]:
    for side, words in (line.words or {}).items():
        for pair, state in words.items():
            if state not in STATES:
                yield ("fields", name, "words", side, pair), f"unknown state {state!r}: {meant(state, STATES)}"
            parts = pair.split("/")
            numbered = side == Side.PARTNER_CENTER.value or all(part.isdecimal() or part == ANY for part in parts)
            if len(parts) != len(("state", "detail")) or not numbered:
                at = ("fields", name, "words", side, pair)
                yield at, f"{pair!r}: expected state/detail such as Active/Accepted, 0/2 or 0/*"


def _table_problems(name: str, line: FieldLine, file: MappingFile) -> Iterator[Problem]:
    related = file.dataverse.related
    for path in paths_of(line.dataverse):
        root = path.split(".")[0]
        rows = isinstance(line.dataverse, dict) and ROWS in line.dataverse and root != line.dataverse.get(ONE)
        if "." in path and root not in related:
            yield ("fields", name, "dataverse"), f"{path}: no table {root!r} under related: {meant(root, related)}"
        elif root in related and related[root].many != rows:
            expected = "a list of rows, read as rows with parts" if related[root].many else "one row, not rows"
            yield ("fields", name, "dataverse"), f"{root} is {expected}"


def _lookup_problems(name: str, line: FieldLine, file: MappingFile) -> Iterator[Problem]:
    """Find lookups in rows that are not written as a whole: only the main one, and a new account, are."""
    if line.lookup is None:
        return
    at = ("fields", name, "lookup")
    if not isinstance(line.dataverse, str):
        yield at, "lookup: expected one column under dataverse"
        return
    root, dot, _ = line.dataverse.partition(".")
    if dot and (root not in file.dataverse.related or file.dataverse.related[root].table != ACCOUNT):
        yield at, f"lookup: expected a column of {file.dataverse.table} or of its account"


def _link_problems(file: MappingFile) -> Iterator[Problem]:
    for name, table in file.dataverse.related.items():
        if table.to is not None and not table.many:
            yield ("dataverse", "related", name, "to"), "only many rows lead to others: expected many: true"


def _file_problems(file: MappingFile) -> Iterator[Problem]:
    yield from _link_problems(file)
    for name in sorted(NEEDED - file.fields.keys()):
        yield ("fields", name), f"the field {name!r} is missing and cannot be left out"
    if paths_of(file.fields["referral_identifier"].dataverse) != (file.dataverse.key,):
        at = ("fields", "referral_identifier", "dataverse")
        yield at, f"expected the alternate key {file.dataverse.key}, as the key under dataverse says"
    if not isinstance(file.fields["flag"].dataverse, str):
        yield ("fields", "flag"), "expected a column of the main table for dataverse"
    tables = {"partner_center", file.dataverse.table} | {table.table for table in file.dataverse.related.values()}
    for table in file.defaults:
        if table not in tables:
            yield ("defaults", table), f"no record that the mapping creates: {meant(table, tables)}"
        for column, value in file.defaults[table].items():
            if isinstance(value, Lookup) and table not in {file.dataverse.table, ACCOUNT, CONTACT}:
                yield (
                    ("defaults", table, column),
                    f"only defaults of {file.dataverse.table}, account and contact may name a row",
                )
