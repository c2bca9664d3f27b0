"""A text that can be no path, where a column of the CRM belongs: the table that it was meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.errors import NoLogicalNameError
from cosell.mapping.converters.base import ROWS
from cosell.mapping.located import field_of

if TYPE_CHECKING:
    from cosell.mapping.located import Located, Location


def no_logical_name(written: str, *, at: Location, located: Located) -> NoLogicalNameError:
    """Give the error for what can be no column of the CRM, with the table that it should be one of."""
    spot = located.spot(at)
    of, root, column = _parted(written, _at(located, *at), related=_at(located, "dataverse", "related"))
    line = _at(located, "dataverse", "related", of) if of else _at(located, "dataverse")
    table = str(at[1]) if at[0] == "defaults" else _table(line)
    return NoLogicalNameError(column, table=table, root=root, spot=(spot.file, spot.line), field=field_of(at))


def _parted(written: str, place: object, *, related: object) -> tuple[str, str, str]:
    """Give the related table, the root of the path and the column: a display name may hold a dot itself."""
    rows = place.get(ROWS) if isinstance(place, dict) else None
    if isinstance(rows, str):
        return rows, "", written
    root, dot, column = written.partition(".")
    return (root, root, column) if dot and isinstance(related, dict) and root in related else ("", "", written)


def _table(line: object) -> str:
    """Give the table that a line leads to; nothing of it is checked yet."""
    if not isinstance(line, dict):
        return "?"
    leads_to = line.get("to")
    return str((leads_to if isinstance(leads_to, dict) else line).get("table"))


def _at(located: Located, *steps: str | int) -> object:
    """Give what stands at a place of the file."""
    here: object = located.content
    for step in steps:
        here = here.get(step) if isinstance(here, dict) else None
    return here
