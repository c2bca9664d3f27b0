"""What the state keeps, as the steps put it and find it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cosell.core.choice import Choice
    from cosell.core.clocks import Clock
    from cosell.core.record import Binding, InFlight, Ref, Side, Value, Window


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
    "notified",
    "in_flight",
    "held",
    "conflict",
    "refused",
    "set_aside",
    "wait",
    "orphan",
    "paused",
    "side_paused",
    "remarked",
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
    choices: tuple[Choice, ...] = ()
    """What a person decided, until it is carried out or an edit overtakes it."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history: what was written, refused, held or lost."""

    at: datetime
    run_id: str
    ref: Ref
    action: str
    """created, updated, adopted, moved, conflict, refused, waiting, lost, warned, orphan, set_aside, paused, differs,
    chosen"""
    other_key: str | None = None
    field: str | None = None
    old: Value = None
    new: Value = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EngagementRead:
    """What is known of one engagement, and whether it is to be read again in its time."""

    engagement_id: str
    referral_id: str
    """Our own referral in it."""
    microsoft_id: str | None
    """Microsoft's referral; None: it has none, or it was never read."""
    read: datetime | None
    """None: never, so that it is due at once."""
    watched: bool
    """Both sides are open, so that an answer of Microsoft's may come without ours moving."""


@dataclass(frozen=True, slots=True)
class RunningClock:
    """One clock of a referral, as the state keeps it."""

    referral_id: str
    kind: str
    ends: datetime
    told: int | None = None
    """The mark, in days before the end, that was last told of."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """All that one transaction changes for one record or pair; applied whole or not at all."""

    bind: Binding | None = None
    """Bind (or update paused). Raises AlreadyBoundError where either id is bound to something else."""
    unbind: Binding | None = None
    """Forget this binding and what is remembered of its row, before anything is bound."""
    halves: tuple[HalfChange, ...] = ()
    clear: tuple[InFlight, ...] = ()
    """Notes to remove (told by target, source and operation)."""
    unsettled: Unsettled | None = None
    """Put this unsettled record in place of the one with the same ref."""
    settled: tuple[Ref, ...] = ()
    """Remove the unsettled records of these refs."""
    history: tuple[HistoryEntry, ...] = ()
    engagement: EngagementRead | None = None
    """Put what is known of the engagement in place."""
    clocks: Mapping[str, tuple[Clock, ...]] = field(default_factory=dict)
    """By referral id: the clocks that run on it, in place of those known."""


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


RunKind = Literal["scheduled", "manual", "backfill", "events", "reconcile"]


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
