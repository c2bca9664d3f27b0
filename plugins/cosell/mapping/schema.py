"""The mapping file as pydantic models: what may stand in it, and nothing else."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from cosell.mapping.paths import PATH_SHAPE, is_path
from cosell.mapping.shape import Named

SideName = Literal["partner_center", "dataverse"]
LogicalName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
PropertyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]


NO_PATH = "no_path"
"""The error type of a text that is no path; `written` in its context is the text."""


class Strict(BaseModel):
    """A part of the file: unknown keys are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _place(written: object) -> object:
    """Check the three ways to say where a field lies."""
    match written:
        case str():
            return _path(written)
        case list() if written and all(isinstance(path, str) for path in written):
            return [_path(path) for path in written]
        case dict() if written and all(isinstance(path, str) for path in written.values()):
            return {part: _path(path) for part, path in written.items()}
        case _:
            raise PydanticCustomError(
                "place", "{shape}, a list of paths, or parts with a path each", {"shape": PATH_SHAPE}
            )


def _path(text: str) -> str:
    if not is_path(text):
        raise PydanticCustomError(NO_PATH, "{shape}", {"shape": PATH_SHAPE, "written": text})
    return text


Place = Annotated[str | list[str] | dict[str, str], BeforeValidator(_place)]
"""A path; paths of which the first filled one is read and the first is written; or parts with a path each."""


def _single(written: object) -> object:
    """Refuse a list or table where one value belongs."""
    if isinstance(written, list | dict):
        raise PydanticCustomError("single", "a text, a number, true or false")
    return written


Scalar = Annotated[str | bool | int | float | None, BeforeValidator(_single)]
"""A single value."""


class NamedLine(Strict):
    """Rows of another table that a lookup column points to, told by the value of one of their columns."""

    table: LogicalName
    match: LogicalName


class FieldLine(Strict):
    """One line of the mapping: where a field lies on each side, and whose edits count."""

    partner_center: Place | None = None
    dataverse: Place | None = None
    converter: str = "text"
    authority: Literal["shared", "partner_center", "dataverse"] = "shared"
    on_conflict: SideName | None = None
    merge: Literal["append", "members"] | None = None
    created_on: list[SideName] | None = None
    written_on: list[SideName] | None = None
    bookkeeping: bool = False
    optional: bool = False
    lookup: NamedLine | None = None
    choices: dict[str, int] | None = None
    otherwise: str | None = None
    words: dict[SideName, dict[str, str]] | None = None
    instead: dict[SideName, dict[str, str]] | None = None
    fixed: dict[SideName, dict[str, Scalar]] | None = None

    @property
    def named(self) -> Named | None:
        """Give the rows that its column points to, where it is a lookup."""
        return Named(self.lookup.table, self.lookup.match) if self.lookup else None


class PartnerCenterPart(Strict):
    """The Partner Center side: the resource and its key."""

    resource: Literal["referrals"] = "referrals"
    key: Literal["id"] = "id"


class LinkLine(Strict):
    """Where rows that are connections lead: to whom, by roles of which category, and the role that new ones get."""

    table: LogicalName
    navigation: PropertyName
    category: int
    role: str


class RelatedLine(Strict):
    """Rows of another table that paths may begin with."""

    table: LogicalName
    navigation: PropertyName
    many: bool = False
    to: LinkLine | None = None


class DataversePart(Strict):
    """The Dataverse side: the main table, its alternate key, and the tables around it."""

    table: LogicalName
    key: LogicalName
    primary_key: LogicalName | None = None
    related: dict[LogicalName, RelatedLine] = Field(default_factory=dict)


class Lookup(Strict):
    """A row that is found by a value: the one shape in which a default may name another row."""

    table: LogicalName
    match: LogicalName
    value: str | int


def _default(written: object) -> object:
    """Read a table as a lookup, so that what is wrong in it is told as such."""
    return Lookup.model_validate(written) if isinstance(written, dict) else _single(written)


Default = Annotated[Lookup | str | bool | int | float | None, BeforeValidator(_default)]


class MappingFile(Strict):
    """A whole mapping file."""

    mapping: LogicalName
    partner_center: PartnerCenterPart = PartnerCenterPart()
    dataverse: DataversePart
    fields: dict[LogicalName, FieldLine]
    defaults: dict[LogicalName, dict[Annotated[str, BeforeValidator(_path)], Default]] = Field(default_factory=dict)
