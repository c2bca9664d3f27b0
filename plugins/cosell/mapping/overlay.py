"""A user's file laid over a shipped one: its lines replace whole lines, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cosell.core.errors import MappingError

if TYPE_CHECKING:
    from cosell.mapping.located import Located, Location, Spot

_MERGED: Final[frozenset[Location]] = frozenset({
    (), ("partner_center",), ("dataverse",), ("dataverse", "related"), ("fields",), ("defaults",),
})  # fmt: skip
"""Tables whose entries are replaced one by one; any other entry is replaced whole."""
_PER_TABLE = "defaults"


def lay_over(base: Located, overlay: Located) -> Located:
    """Give the base with the overlay's entries in place of its own; a field or default set to null is taken out."""
    name, other = base.content.get("mapping"), overlay.content.get("mapping", base.content.get("mapping"))
    if name != other:
        spot = overlay.spot(("mapping",))
        raise MappingError(f"expected mapping: {name}, found {other!r}", file=spot.file, line=spot.line)
    spots = dict(base.spots)
    content = _merged(base.content, overlay.content, (), spots=spots, overlay=overlay)
    return type(base)(content, spots)


def _merged(
    under: dict[str, object],
    over: dict[str, object],
    location: Location,
    *,
    spots: dict[Location, Spot],
    overlay: Located,
) -> dict[str, object]:
    merged = dict(under)
    for key, value in over.items():
        here = (*location, key)
        held = under.get(key)
        if _is_table_of_lines(here) and isinstance(held, dict) and isinstance(value, dict):
            merged[key] = _merged(held, value, here, spots=spots, overlay=overlay)
            continue
        _take_spots(here, spots=spots, overlay=overlay)
        if value is None and len(location) > 0 and key in under:
            del merged[key]
        else:
            merged[key] = value
    return merged


def _is_table_of_lines(location: Location) -> bool:
    return location in _MERGED or (len(location) == len((_PER_TABLE, "table")) and location[0] == _PER_TABLE)


def _take_spots(location: Location, *, spots: dict[Location, Spot], overlay: Located) -> None:
    for known in [known for known in spots if known[: len(location)] == location]:
        del spots[known]
    spots.update({known: spot for known, spot in overlay.spots.items() if known[: len(location)] == location})
