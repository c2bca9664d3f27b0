"""The mapping as it holds, overlays and all, in words: one field explained, or the whole as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.record import Side
from cosell.core.sentences import SIDE_NAMES, label
from cosell.mapping.catalogue import KINDS
from cosell.mapping.lines import paths_of, place_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.core.record import Field
    from cosell.mapping.loaded import LoadedMapping
    from cosell.mapping.schema import FieldLine

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
_MERGED = {
    "append": "both ways: what is added on one side is appended on the other",
    "members": "both ways: people join and leave by their e-mail",
}


def page(mapping: LoadedMapping) -> Iterator[str]:
    """Give the lines of a Markdown page: every field in force, the defaults, and the fingerprint."""
    file = mapping.file
    yield f"# {file.mapping}"
    yield ""
    yield f"Referrals of Partner Center and the table `{file.dataverse.table}` of Dynamics 365."
    yield ""
    yield "| field | Partner Center | Dynamics 365 | value | edits |"
    yield "|---|---|---|---|---|"
    for name, line in file.fields.items():
        places = [_code(_place(line, side)) for side in (PC, DV)]
        cells = [f"`{name}`", *places, kind_of(mapping, name), travels(mapping.fields[name])]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""
    for table, values in file.defaults.items():
        yield f"A new record of `{table}` holds where no field fills it: " + ", ".join(
            f"`{column}` = `{value}`" for column, value in values.items()
        )
    yield ""
    for hook in mapping.hooks:
        fills = ", ".join(f"`{name}`" for name in mapping.fills)
        yield f"Hook `{hook.name}` (`{hook.spot.file}:{hook.spot.line}`) may fill {fills}."
        yield ""
    yield f"Fingerprint: `{mapping.fingerprint}`"


def explained(mapping: LoadedMapping, name: str) -> Iterator[tuple[str, str]]:
    """Give what holds for one field, as pairs of a word and what it is."""
    line, spot = mapping.file.fields[name], mapping.spots[("fields", name)]
    yield "field", f"{name} ({label(name)}) of {mapping.file.mapping}"
    yield "stands in", f"{spot.file}:{spot.line}"
    yield "Partner Center", _place(line, PC) or "not there"
    yield "Dynamics 365", _place(line, DV) or "not there"
    yield "value", kind_of(mapping, name)
    own = mapping.converters[line.converter].spot
    yield "converter", f"{line.converter} ({own.file}:{own.line})" if own else line.converter
    yield "edits", travels(mapping.fields[name])
    for hook in mapping.hooks if name in mapping.fills else ():
        yield "may be filled by", f"{hook.name} ({hook.spot.file}:{hook.spot.line})"
    for key in ("choices", "otherwise", "words", "instead", "fixed"):
        if (told := getattr(line, key)) is not None:
            yield key, _table(told)
    for key in type(line).model_fields:
        told = mapping.spots.get(("fields", name, key))
        if told is not None and told.file != spot.file:
            yield f"{key} comes from", f"{told.file}:{told.line}"


def fields_at(mapping: LoadedMapping, path: str) -> list[str]:
    """Give the fields that lie at a path of either side."""
    fields = mapping.file.fields.items()
    return [name for name, line in fields if any(path in paths_of(place_on(line, side)) for side in Side)]


def kind_of(mapping: LoadedMapping, name: str) -> str:
    """Give what kind of value a field holds."""
    return str(KINDS.get(name) or mapping.converters[mapping.file.fields[name].converter].gives)


def travels(field: Field) -> str:
    """Give which way a field's edits go, as a reader says it."""
    if len(field.sides) == 1:
        (side,) = field.sides
        written = field.bookkeeping and side in field.written_on
        return f"written by the sync in {SIDE_NAMES[side]}" if written else f"only looked at in {SIDE_NAMES[side]}"
    if field.merge:
        return _at_creation_only(field, _MERGED[field.merge])
    if field.authority:
        return f"from {SIDE_NAMES[field.authority]} to {SIDE_NAMES[field.authority.other]} only"
    if not field.written_on:
        return "none: set when the deal is created"
    winner = f"{SIDE_NAMES[field.on_conflict]} wins" if field.on_conflict else "a person decides"
    return _at_creation_only(field, f"both ways; changed on both: {winner}")


def _at_creation_only(field: Field, otherwise: str) -> str:
    """Give the one way that is left where a side takes no edits."""
    if len(field.written_on) > 1:
        return otherwise
    (target,) = field.written_on
    created = "; there when the deal is created" if target.other in field.created_on else ""
    return f"from {SIDE_NAMES[target.other]} to {SIDE_NAMES[target]} only{created}"


def _place(line: FieldLine, side: Side) -> str:
    place = place_on(line, side)
    match place:
        case None:
            return ""
        case dict():
            return ", ".join(f"{part}: {path}" for part, path in place.items())
        case list():
            return ", else ".join(place)
        case _ if side is DV and line.lookup:
            return f"{place} (row of {line.lookup.table} by its {line.lookup.match})"
        case _:
            return place


def _table(told: object) -> str:
    if not isinstance(told, dict):
        return str(told)
    return "; ".join(f"{key}: {_table(value) if isinstance(value, dict) else value}" for key, value in told.items())


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
