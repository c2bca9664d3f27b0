"""What the steps need from the outside: two replicas, a mapper, a state, a staging area, a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from cosell.core.record import (
        Binding,
        Field,
        Half,
        InFlight,
        Ref,
        Row,
        Side,
        Snapshot,
        Unmapped,
        Value,
        Window,
    )

# ---------------------------------------------------------------- replicas: the two systems


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


class Replica(Protocol):
    """One system. Reads give rows whole (related rows nested); writes answer in the order asked, one outcome each.

    Raises RetryLaterError or StopRunError for what concerns the whole call, never for one record.
    """

    side: Side
    create_size: int
    """How many drafts `create` takes well in one call (its requests are one per that many where the side can)."""
    update_size: int

    def changed(self, window: Window) -> AsyncIterator[Sequence[Row]]:
        """Give, page by page, the records of ours that changed (or were created) in the window.

        Dataverse: flagged or bound rows only, and every such row whose account, contact or solution rows changed.
        """
        ...

    async def fetch(self, keys: Sequence[str]) -> dict[str, Row | Gone]:
        """Give these records by key, whatever their flag or state; every key is answered."""
        ...

    async def find(
        self,
        field_values: Collection[str],
        *,
        by: Literal["referral_id", "crm_id", "created_since"],
        since: datetime | None = None,
    ) -> list[Row]:
        """Look records up by a link id that they carry.

        Dataverse by `referral_id`: rows whose referral identifier column is one of the values.
        Partner Center by `crm_id`: referrals whose externalReferenceId is one of the values; where the service refuses that
        filter, what was created since `since` is listed and matched here (None: nothing is looked up then).
        """
        ...

    async def create(self, drafts: Sequence[Draft]) -> Sequence[Outcome]:
        """Create these records; a repeat of a draft that already stands gives Written with the standing row where the side
        can tell (Dataverse: alternate key), else the caller has looked it up first."""
        ...

    async def update(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Write these edits, each under its etag."""
        ...

    async def is_empty(self) -> bool:
        """Tell by an unwindowed probe whether the side shows no record at all."""
        ...


# ---------------------------------------------------------------- the mapping


class Mapper(Protocol):
    """The mapping file at work: rows to canonical values and back."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Give every line of the mapping by its field's name."""
        ...

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Give per field what its line says: when it changes, that field's baselines are dropped."""
        ...

    def snapshots(self, side: Side, rows: Sequence[Row]) -> list[Snapshot | Unmapped]:
        """Give each row's canonical values, in order."""
        ...

    def defaults(self, side: Side) -> Mapping[str, object]:
        """Give the wire paths that a new record on the side gets besides the fields."""
        ...

    def fit(self, side: Side, name: str, value: Value) -> Value:
        """Give the value as that side would store it."""
        ...

    def wire(self, side: Side, values: Mapping[str, Value], *, held: Mapping[str, Value]) -> dict[str, object]:
        """Give wire paths and JSON values for these fields; `held` is what the record holds besides (the mark and the name share a column)."""
        ...


# ---------------------------------------------------------------- the state


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence on a record, for the seller, and since when it holds."""

    code: str
    """Rule or error id, an anchor in docs/troubleshooting.md."""
    sentence: str
    since: datetime
    final: bool = False
    """Can never travel: said once, the record is settled all the same."""


Reason = Literal[
    "notified", "in_flight", "held", "conflict", "refused", "set_aside", "wait", "orphan", "paused", "remarked"
]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A record that the next pull must fetch, and why. Bound pairs are named by their referral."""

    ref: Ref
    reason: Reason
    since: datetime
    due: datetime | None
    """When to come back; None: only when a half changes (a mere remark, a pause)."""
    tries: int = 0
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history: what was written, refused, held or lost."""

    at: datetime
    run_id: str
    ref: Ref
    action: str
    """created, updated, adopted, conflict, refused, waiting, lost, orphan, set_aside, agreed, paused, differs"""
    other_key: str | None = None
    field: str | None = None
    old: Value = None
    new: Value = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """All that one transaction changes for one record or pair; applied whole or not at all."""

    bind: Binding | None = None
    """Bind (or update paused). Raises AlreadyBoundError where either id is bound to something else."""
    halves: tuple[HalfChange, ...] = ()
    clear: tuple[InFlight, ...] = ()
    """Notes to remove (told by target, source and operation)."""
    unsettled: Unsettled | None = None
    """Put this unsettled record in place of the one with the same ref."""
    settled: tuple[Ref, ...] = ()
    """Remove the unsettled records of these refs."""
    history: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class HalfChange:
    """A change to what is remembered of one side; made when the half is not there yet."""

    ref: Ref
    etag: str | None = None
    """None keeps the etag."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Baseline values to set; the others stay."""
    forget: frozenset[str] = frozenset()
    """Fields whose baseline is dropped."""
    stale: bool | None = None


RunKind = Literal["scheduled", "manual", "backfill", "events"]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as the state knows it, so that any task of it can be repeated days later."""

    run_id: str
    dag_id: str
    kind: RunKind
    started: datetime
    windows: Mapping[Side, Window | None]
    """What each side was read over; None: that side was not windowed (only ids)."""
    referral_ids: tuple[str, ...] = ()
    dry_run: bool = False
    finished: datetime | None = None
    report: Mapping[str, object] = field(default_factory=dict)


class SyncState(Protocol):
    """The memory. Synchronous; every method is one transaction. Raises StateUnavailableError when the database is down."""

    def runs(self, run_id: str) -> RunRecord | None: ...
    def begin_run(self, run: RunRecord) -> RunRecord:
        """Store the run unless it is known; give what is stored."""
        ...

    def report(self, run_id: str, name: str, content: object, *, finished: datetime | None = None) -> None:
        """Put a part (plain JSON) of the run's report in place."""
        ...

    def bindings(self, refs: Collection[Ref]) -> dict[Ref, Binding]:
        """Give the bindings of these records, by the ref asked for."""
        ...

    def binding_count(self) -> int: ...
    def some_bindings(self, limit: int) -> list[Binding]: ...
    def halves(self, refs: Collection[Ref]) -> dict[Ref, Half]: ...
    def in_flight(self, refs: Collection[Ref]) -> list[InFlight]:
        """Give the notes whose source or target record is one of these."""
        ...

    def all_in_flight(self) -> list[InFlight]: ...
    def unsettled(self, refs: Collection[Ref]) -> dict[Ref, Unsettled]: ...
    def due(self, now: datetime, *, limit: int) -> list[Unsettled]:
        """Give the unsettled records whose time has come, oldest first."""
        ...

    def take_leases(
        self, groups: Sequence[Collection[str]], *, run_id: str, now: datetime, until: datetime
    ) -> list[bool]:
        """Take each group of ids whole or not at all (also over ids of the same run); tell which were taken."""
        ...

    def held_leases(self, ids: Collection[str], *, run_id: str, now: datetime) -> set[str]:
        """Give those of the ids that this run still holds."""
        ...

    def renew_leases(self, run_id: str, *, until: datetime) -> None: ...
    def give_back_leases(self, run_id: str, ids: Collection[str] | None = None) -> None: ...
    def note(self, notes: Iterable[InFlight]) -> None:
        """Write the notes down before their request goes out; replaces a note with the same target, source and operation."""
        ...

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Apply all of them in one transaction."""
        ...

    def forget_fields(self, names: Collection[str]) -> None:
        """Drop these fields' baselines everywhere and mark the halves stale."""
        ...

    def revision(self) -> int:
        """Give the count of settled changes so far; every half changed by a settle carries the count at that moment."""
        ...

    def watermark(self, side: Side) -> datetime | None: ...
    def advance(self, side: Side, until: datetime) -> None:
        """Move the watermark, forwards only."""
        ...

    def recall(self, name: str) -> object | None:
        """Give a remembered plain-JSON value (mapping fingerprints, a refused filter, learned ids)."""
        ...

    def remember(self, name: str, value: object) -> None: ...
    def history(self, *, ref: Ref | None = None, run_id: str | None = None, limit: int = 100) -> list[HistoryEntry]: ...
    def prune(self, *, before: datetime) -> int:
        """Drop history, finished runs and expired leases older than that; give how many entries went."""
        ...


# ---------------------------------------------------------------- staging


class Staging(Protocol):
    """Files of one run between its tasks, readable by their owner only."""

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Write JSON lines whole under the run's name (never seen half-written); give the reference."""
        ...

    def read(self, name: str) -> Iterable[dict[str, object]] | None:
        """Give the lines; None where the file is gone."""
        ...

    def remove(self) -> None:
        """Remove the run's files."""
        ...
