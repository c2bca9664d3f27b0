"""The state: the memory of the sync, one transaction per method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from cosell.core.record import Binding, Half, InFlight, Ref, Side
    from cosell.sync.ports.memory import HistoryEntry, RunningClock, RunRecord, Settlement, Unsettled


class SyncState(Protocol):
    """The memory. Synchronous; every method is one transaction.

    Raises StateUnavailableError when the database is down.
    """

    def runs(self, run_id: str) -> RunRecord | None:
        """Give a run with its report."""
        ...

    def begin_run(self, run: RunRecord) -> RunRecord:
        """Store the run unless it is known; give what is stored."""
        ...

    def report(self, run_id: str, name: str, content: object, *, finished: datetime | None = None) -> None:
        """Put a part (plain JSON) of the run's report in place."""
        ...

    def bindings(self, refs: Collection[Ref]) -> dict[Ref, Binding]:
        """Give the bindings of these records, by the ref asked for."""
        ...

    def binding_count(self, *, table: str | None = None) -> int:
        """Give the number of bindings, of one table or of all."""
        ...

    def some_bindings(self, limit: int, *, table: str | None = None, after: str = "") -> list[Binding]:
        """Give a few bindings, of one table or of any, by referral id: those that come after that one."""
        ...

    def halves(self, refs: Collection[Ref]) -> dict[Ref, Half]:
        """Give what is remembered of these records."""
        ...

    def in_flight(self, refs: Collection[Ref]) -> list[InFlight]:
        """Give the notes whose source or target record is one of these."""
        ...

    def all_in_flight(self) -> list[InFlight]:
        """Give every note."""
        ...

    def unsettled(self, refs: Collection[Ref]) -> dict[Ref, Unsettled]:
        """Give those of the records that are unsettled."""
        ...

    def due(self, now: datetime, *, limit: int) -> list[Unsettled]:
        """Give the unsettled records whose time has come, oldest first."""
        ...

    def all_unsettled(self, *, limit: int, reason: str | None = None) -> list[Unsettled]:
        """Give every record that is unsettled, or those with that reason, the longest so first."""
        ...

    def make_due(self, now: datetime, *, refs: Collection[Ref] | None = None, reason: str | None = None) -> int:
        """Let these unsettled records, or all, be looked at now; of one reason only, if said. Give how many."""
        ...

    def engagements_due(self, before: datetime, *, limit: int) -> list[str]:
        """Give the ids of watched engagements that were last read before then or never, the longest unread first."""
        ...

    def put_off_engagements(self, engagement_ids: Collection[str], now: datetime) -> None:
        """Count these as read now, though nothing was found: they are due again like those that were."""
        ...

    def expect_engagements(self, before: datetime) -> int:
        """Let all watched engagements that were last read before then be read again; give how many."""
        ...

    def beside(self, microsoft_ids: Collection[str]) -> dict[str, str]:
        """Give our own referral by Microsoft's in the same engagement, where that was read before."""
        ...

    def take_leases(
        self, groups: Sequence[Collection[str]], *, run_id: str, now: datetime, until: datetime
    ) -> list[bool]:
        """Take each group of ids whole or not at all (also over ids of the same run); tell which were taken."""
        ...

    def held_leases(self, ids: Collection[str], *, run_id: str, now: datetime) -> set[str]:
        """Give those of the ids that this run still holds."""
        ...

    def renew_leases(self, run_id: str, *, until: datetime) -> None:
        """Hold on to everything that the run holds until then."""
        ...

    def give_back_leases(self, run_id: str, ids: Collection[str] | None = None) -> None:
        """Give back these leases of the run, or all of them."""
        ...

    def note(self, notes: Iterable[InFlight]) -> None:
        """Write the notes down before their request goes out; each replaces one of the same target and source."""
        ...

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Apply all of them in one transaction."""
        ...

    def forget_fields(self, names: Collection[str], *, table: str | None = None) -> None:
        """Drop these fields' baselines, of one table's pairs or everywhere, and mark those halves stale."""
        ...

    def revision(self) -> int:
        """Give the count of settled changes so far; every half changed by a settle carries the count at that moment."""
        ...

    def clocks(self, *, limit: int) -> list[RunningClock]:
        """Give the clocks that run, those that end first first."""
        ...

    def tell_clocks(self, told: Iterable[RunningClock]) -> None:
        """Keep which mark was told of; a clock that changed meanwhile is left alone."""
        ...

    def watermark(self, side: Side) -> datetime | None:
        """Give how far the side has been read."""
        ...

    def advance(self, side: Side, until: datetime) -> None:
        """Move the watermark, forwards only."""
        ...

    def recall(self, name: str) -> object | None:
        """Give a remembered plain-JSON value (mapping fingerprints, a refused filter, learned ids)."""
        ...

    def remember(self, name: str, value: object) -> None:
        """Put a remembered value in place."""
        ...

    def parents(self, table: str, rows: Collection[str] | None = None) -> dict[str, str]:
        """Give the record that each of these rows of the table (or every one known) hung on when it was last seen."""
        ...

    def track(
        self, table: str, link: tuple[str, object], *, standing: Mapping[str, str], gone: Collection[str]
    ) -> None:
        """Put a table's rows in place, forget those that are gone, and remember (by name) how far it was read."""
        ...

    def history(self, *, ref: Ref | None = None, run_id: str | None = None, limit: int = 100) -> list[HistoryEntry]:
        """Give the history, newest first."""
        ...

    def prune(self, *, before: datetime) -> int:
        """Drop history, finished runs and expired leases older than that; give how many entries went."""
        ...
