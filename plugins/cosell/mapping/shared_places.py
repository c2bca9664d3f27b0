"""Two fields that write one column, or one path: the one would overwrite what the other carried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.errors import MappingError
from cosell.core.record import Side
from cosell.mapping.lines import paths_of, place_on

if TYPE_CHECKING:
    from collections.abc import Collection

    from cosell.core.record import Field
    from cosell.mapping.loaded import LoadedMapping
    from cosell.mapping.located import Location
    from cosell.mapping.schema import FieldLine

_JOINED: Final = frozenset({"deal_name", "mark"})
"""They are written together where they lie in one column."""
_PLACE: Final = {Side.PARTNER_CENTER: "path", Side.DATAVERSE: "column"}


def refuse_shared_places(mapping: LoadedMapping) -> None:
    """Raise MappingError for the first two fields that write one place on a side; any number may read it."""
    for side in Side:
        writers: dict[str, list[str]] = {}
        for name, line in mapping.file.fields.items():
            for path in _written(line, side) if _writes(mapping.fields[name], side) else ():
                writers.setdefault(path, []).append(name)
        for path, names in writers.items():
            if len(names) > 1 and not _JOINED.issuperset(names):
                raise _clash(mapping, side, path, names)


def _writes(field: Field, side: Side) -> bool:
    """Tell whether the sync writes a field of standing records on a side; an authority is not written.

    What only a new record gets overwrites nothing that another field carried.
    """
    return side in field.written_on and field.authority is not side


def _written(line: FieldLine, side: Side) -> tuple[str, ...]:
    """Give the paths that are written: of several to be read, the first."""
    place, paths = place_on(line, side), paths_of(place_on(line, side))
    return paths[:1] if isinstance(place, list) else paths


def _clash(mapping: LoadedMapping, side: Side, path: str, names: Collection[str]) -> MappingError:
    """Blame the field of the user's own file; of several the last."""
    at: dict[str, Location] = {name: ("fields", name, side.value) for name in names}
    shipped = mapping.spots[()].file
    own = [name for name in names if mapping.spots[at[name]].file != shipped] or list(names)
    blamed = own[-1]
    other = next(name for name in names if name != blamed)
    problem = (
        f"{blamed} and {other} both write the {_PLACE[side]} {path} on {side}: give each its own, "
        f"or leave {side} out of written_on of one"
    )
    spot = mapping.spots[at[blamed]]
    return MappingError(problem, file=spot.file, line=spot.line, field=blamed)
