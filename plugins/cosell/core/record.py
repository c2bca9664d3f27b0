"""The words every other room speaks: a side, a field, a value, a record as one side holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping


class Side(StrEnum):
    """One of the two systems that hold the same deal."""

    PARTNER_CENTER = "partner_center"
    DATAVERSE = "dataverse"

    @property
    def other(self) -> Side:
        """Give the side across."""
        return Side.DATAVERSE if self is Side.PARTNER_CENTER else Side.PARTNER_CENTER


_SIDES = len(Side)


class Member(NamedTuple):
    """A person on a deal: the partner's own team or the customer's contacts."""

    first_name: str
    last_name: str
    email: str
    phone: str


class SolutionLine(NamedTuple):
    """One solution on a deal; price in the deal's currency."""

    id: str
    name: str
    price: Decimal | None
    quantity: Decimal | None


Value: TypeAlias = str | bool | int | Decimal | date | datetime | tuple["Value", ...] | None
"""A canonical value. None is null; an empty string or tuple is empty; a field absent from the mapping is missing."""


OTHER = "other:"
"""Before a number or word that the mapping's list does not have: kept, never guessed."""


class Ref(NamedTuple):
    """Names one record: its side and its key there (referral id, or the row's primary key)."""

    side: Side
    key: str


Merge = Literal["append", "members"]
"""Text that is appended; people told by their e-mail."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the sync needs to know of one line of the mapping."""

    name: str
    sides: frozenset[Side]
    """Where the field exists; a one-sided field is a fact to decide on, or our own bookkeeping."""
    authority: Side | None = None
    """The side whose edits count; None: shared."""
    on_conflict: Side | None = None
    """The winner where both sides moved a shared field; None: a person decides."""
    created_on: frozenset[Side] = frozenset(Side)
    """Sides that take the field when the record is created there."""
    written_on: frozenset[Side] = frozenset(Side)
    """Sides that take the field after creation."""
    bookkeeping: bool = False
    """Ours, not a person's: ids, link, Audit, status, mark. Carried by write back."""
    merge: Merge | None = None
    """How both sides' additions are brought together; None: the value is carried whole."""

    @property
    def is_shared_by_both(self) -> bool:
        """Tell whether both sides hold the field, so that it can be compared."""
        return len(self.sides) == _SIDES


@dataclass(frozen=True, slots=True)
class Row:
    """One record as it came over the wire, before the mapping; payload is JSON with its related rows nested."""

    side: Side
    key: str
    etag: str
    payload: Mapping[str, object]
    changed: datetime | None = None
    """When the side says that it last changed, UTC."""
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One record as one side holds it now: key, etag, canonical values by field name."""

    side: Side
    key: str
    etag: str
    values: Mapping[str, Value]
    changed: datetime | None = None
    remembered: bool = False
    """Told from memory, not read in this run: a write on it must be guarded by its etag."""

    @property
    def ref(self) -> Ref:
        """Give the record's name."""
        return Ref(self.side, self.key)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A row that the mapping cannot read, and why, in words that name the field."""

    ref: Ref
    etag: str
    reason: str
    changed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Binding:
    """Our referral *is* that row; unique both ways."""

    referral_id: str
    row_id: str
    table: str = "opportunity"
    paused: bool = False

    def key(self, side: Side) -> str:
        """Give the record's key on that side."""
        return self.referral_id if side is Side.PARTNER_CENTER else self.row_id

    @property
    def refs(self) -> tuple[Ref, Ref]:
        """Give both halves' names, Partner Center first."""
        return Ref(Side.PARTNER_CENTER, self.referral_id), Ref(Side.DATAVERSE, self.row_id)


@dataclass(frozen=True, slots=True)
class Half:
    """What the state remembers of one side of a bound pair: the baseline, and the etag it was seen at."""

    ref: Ref
    etag: str
    values: Mapping[str, Value]
    """The baseline: what this side held when both last agreed, and for one-sided fields what was last seen."""
    stale: bool = False
    """The side is known to hold something else than the baseline: always fetch before use."""
    revision: int = field(default=0, compare=False)
    """The state's count of changes at the last change of this half: what was read before it is out of date."""


Operation = Literal["create", "update", "write_back", "invite"]


@dataclass(frozen=True, slots=True)
class InFlight:
    """A write begun and not yet confirmed. For a create the target has no key yet: `source` names it."""

    target: Side
    source: Ref
    """The record whose values travel; for a write back, the record written itself."""
    operation: Operation
    run_id: str
    begun: datetime
    key: str | None
    """The target's key; None for a create whose key the side gives."""
    meant: Mapping[str, Value] = field(default_factory=dict)
    """What was sent, as the target would store it (fitted)."""
    sent_from: Mapping[str, Value] = field(default_factory=dict)
    """The source's own values of the same fields."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, UTC, since inclusive, until exclusive; None is open."""

    since: datetime | None
    until: datetime | None
    by: Literal["changed", "created"] = "changed"
