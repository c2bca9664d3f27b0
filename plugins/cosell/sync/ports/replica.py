"""A replica: one of the two systems, and what becomes of what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from cosell.core.record import Ref, Row, Side, Window


@dataclass(frozen=True, slots=True)
class Draft:
    """A record to create on a side. `columns` is what the mapper's `wire` gave: wire path → JSON value."""

    source: Ref
    """The record on the other side that it comes from; also what makes a repeat recognisable."""
    columns: Mapping[str, object]
    close_as: str | None = None
    """Status to close the new record with once it stands (`won`, `lost`); None: stays open."""


@dataclass(frozen=True, slots=True)
class Change:
    """An edit of one existing record, guarded by its etag."""

    ref: Ref
    etag: str
    columns: Mapping[str, object]
    """Wire path → JSON value, only what changes."""
    close_as: str | None = None
    held: Mapping[str, object] = field(default_factory=dict)
    """What those columns held when the edit was planned: the etag does not guard rows beneath the record."""


@dataclass(frozen=True, slots=True)
class Written:
    """The write was done; `row` is what the side holds now, as it gave it back."""

    row: Row
    only_ours: bool = True
    """No other writer can have touched the record between our write and this reading."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The side refused this record for good, in its own words; the others of the call went on."""

    code: str
    message: str
    hold: bool = False
    """A person must decide (an account name that fits two accounts), rather than mend."""


@dataclass(frozen=True, slots=True)
class Stale:
    """412: the record changed since the etag; nothing was written."""


@dataclass(frozen=True, slots=True)
class Gone:
    """404 or 410: there is no such record (or, `out_of_scope`, 403: none that we may see)."""

    out_of_scope: bool = False


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request may or may not have been done; never repeat a create blindly."""

    reason: str


Outcome = Written | Rejected | Stale | Gone | NoAnswer
OUTCOME_NAMES: dict[type[Outcome], str] = {
    Written: "written",
    Rejected: "set_aside",
    Stale: "stale",
    Gone: "gone",
    NoAnswer: "no_answer",
}
"""How reports call what became of a write."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What became of the rows of one table beneath records (solutions, connections) since a link was given."""

    link: str | None
    """For the next time, opaque; None: the side does not track changes."""
    standing: Mapping[str, str] = field(default_factory=dict)
    """Row → the record that it hangs on: those that came or changed, or (`whole`) all of them."""
    gone: tuple[str, ...] = ()
    """Rows that were deleted, or hang on no record any more."""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Retired:
    """Solutions that are offered no more."""

    solutions: frozenset[str]
    """Their ids, in the form in which ids are compared."""
    holders: frozenset[str] = frozenset()
    """Records that hold a solution which was offered when last asked, or is again."""


class Replica(Protocol):
    """One system. Reads give rows whole (related rows nested); writes answer in the order asked, one outcome each.

    Raises RetryLaterError or StopRunError for what concerns the whole call, never for one record.
    """

    side: Side
    create_size: int
    """How many drafts `create` takes well in one call (its requests are one per that many where the side can)."""
    update_size: int

    @property
    def skipped_foreign(self) -> int:
        """Give how many records of others were met by `changed` so far and left alone."""
        ...

    @property
    def unknown(self) -> Collection[str]:
        """Give what reads met so far that the side's contract does not name: members, and words of its enums."""
        ...

    def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give, page by page, the records of ours that changed (or were created) in the window.

        Dataverse: flagged or bound rows only, and every such row whose account, contact or solution rows changed.
        """
        ...

    async def beneath(self) -> Mapping[str, bool]:
        """Name the tables whose rows hang on records, if there are any, and tell whether we may read them."""
        ...

    async def track(self, table: str, link: str | None) -> Tracked:
        """Give what became of the rows of such a table since then."""
        ...

    async def colleagues(self, addresses: Collection[str]) -> Collection[str]:
        """Give those of the e-mail addresses, in lower case, whose owners the side can put on a deal's team."""
        ...

    async def retired(self, known: Collection[str]) -> Retired | None:
        """Give what is offered no more, and whom the difference to what is known concerns; None: no catalogue."""
        ...

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give these records by key, whatever their flag or state; every key is answered."""
        ...

    async def find(
        self,
        field_values: Collection[str],
        *,
        by: Literal["referral_id", "crm_id", "created_since", "deal_name", "lead_id"],
        since: datetime | None = None,
    ) -> list[Row]:
        """Look records up by a link id that they carry.

        Dataverse by `referral_id`: rows whose referral identifier column, ours or another connector's, is one of the
        values. By `deal_name`: rows of that name, whatever mark stands before it and whatever their flag. By `lead_id`:
        opportunities that came of one of these leads.
        Partner Center by `crm_id`: referrals whose externalReferenceId is one of the values; where the service
        refuses that filter, what was created since `since` is listed and matched (None: nothing is looked up then).
        """
        ...

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Create these records.

        A repeat of a draft that stands already gives Written with the standing row where the side can tell
        (Dataverse: alternate key); elsewhere the caller has looked it up first.
        """
        ...

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write these edits, each under its etag."""
        ...

    async def is_empty(self) -> bool:
        """Tell by an unwindowed probe whether the side shows no record at all."""
        ...
