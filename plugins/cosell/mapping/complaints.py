"""What pydantic finds wrong, said in the file's words: where, what was expected, what was found, what may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.errors import MappingError
from cosell.core.record import Side
from cosell.mapping.catalogue import KINDS
from cosell.mapping.cells import quoted
from cosell.mapping.located import field_of
from cosell.mapping.no_path import no_logical_name
from cosell.mapping.schema import (
    NO_PATH,
    DataversePart,
    FieldLine,
    Lookup,
    MappingFile,
    NamedLine,
    PartnerCenterPart,
    RelatedLine,
)
from cosell.mapping.wording import meant, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from cosell.mapping.located import Located, Location


def complain(problem: str, *, at: Location, located: Located) -> MappingError:
    """Give the error for a location."""
    spot = located.spot(at)
    return MappingError(problem, file=spot.file, line=spot.line, field=field_of(at))


def first_complaint(errors: list[ErrorDetails], located: Located) -> MappingError:
    """Give the error for the first thing wrong, by its line; a misspelled key before the one that it leaves missing."""
    found = [(_location(error, located), error) for error in errors]
    location, error = min(found, key=lambda pair: (located.spot(pair[0]).line, pair[1]["type"] == "missing"))
    if error["type"] == NO_PATH and Side.PARTNER_CENTER.value not in location:
        return no_logical_name(error["ctx"]["written"], at=location, located=located)
    return complain(_sentence(error, location), at=location, located=located)


def _location(error: ErrorDetails, located: Located) -> Location:
    """Give the longest start of the error's place that stands in a file."""
    here = error["loc"]
    while here and here not in located.spots:
        here = here[:-1]
    return here


def _sentence(error: ErrorDetails, location: Location) -> str:
    last = next((step for step in reversed(location) if isinstance(step, str)), "the file")
    match error["type"]:
        case "string_pattern_mismatch" if location[:-1] == ("fields",):
            return f"unknown field: {meant(last, KINDS)}"
        case "extra_forbidden":
            return f"unknown key {last!r}: {meant(last, _keys_beside(location))}"
        case "missing":
            return f"the key {error['loc'][-1]!r} is missing"
        case _ if error["type"] == NO_PATH:
            return f"{last}: expected {error['msg']}, found {quoted(error['ctx']['written'])}"
        case _:
            return told(error, name=last)


def _keys_beside(location: Location) -> Iterable[str]:
    """Give the keys that the table around a location may hold."""
    match location:
        case ("fields", _, *deeper):
            return NamedLine.model_fields if len(deeper) > 1 else FieldLine.model_fields
        case ("dataverse", "related", _, _):
            return RelatedLine.model_fields
        case ("dataverse", _):
            return DataversePart.model_fields
        case ("partner_center", _):
            return PartnerCenterPart.model_fields
        case ("defaults", *_):
            return Lookup.model_fields
        case _:
            return MappingFile.model_fields
