"""SqlState: the port SyncState on a SQL database; one transaction per method, the statements live beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.state import (
    beneath,
    bindings,
    clocks,
    engagements,
    flights,
    halves,
    histories,
    leases,
    marks,
    runs,
    settling,
    unsettleds,
)
from cosell.adapters.state.database import Database
from cosell.adapters.state.migrate import migrate
from cosell.adapters.state.sealed import SealedSecrets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from cosell.core.record import Binding, Half, InFlight, Ref, Side
    from cosell.sync.ports import HistoryEntry, RunningClock, RunRecord, Settlement, Unsettled


def open_state(url: str) -> SqlState:
    """Give the state at a SQLAlchemy URL, its tables made or brought up to date.

    Raises ConfigurationError for a wrong URL, StateUnavailableError where the database does not answer.
    """
    database = Database(url)
    migrate(database)
    return SqlState(database)


class SqlState(SealedSecrets):
    """The memory of the sync. Safe to share between threads; a process opens its own."""

    def __repr__(self) -> str:
        return f"SqlState({self._database.dialect})"

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def runs(self, run_id: str) -> RunRecord | None:
        """Give a run with its report."""
        with self._database.reading() as connection:
            return runs.read(connection, run_id)

    def begin_run(self, run: RunRecord) -> RunRecord:
        """Store the run unless it is known; give what is stored."""
        with self._database.writing() as connection:
            runs.add(connection, run)
            return runs.read(connection, run.run_id) or run

    def report(self, run_id: str, name: str, content: object, *, finished: datetime | None = None) -> None:
        """Put a part (plain JSON) of the run's report in place."""
        with self._database.writing() as connection:
            runs.report(connection, run_id, name, content)
            if finished is not None:
                runs.finish(connection, run_id, finished)

    # ------------------------------------------------------------ records

    def bindings(self, refs: Collection[Ref]) -> dict[Ref, Binding]:
        """Give the bindings of these records, by the ref asked for."""
        with self._database.reading() as connection:
            return bindings.read(connection, refs)

    def binding_count(self, *, table: str | None = None) -> int:
        """Give the number of bindings, of one table or of all."""
        with self._database.reading() as connection:
            return bindings.count(connection, table)

    def some_bindings(self, limit: int, *, table: str | None = None, after: str = "") -> list[Binding]:
        """Give a few bindings, of one table or of any, by referral id: those that come after that one."""
        with self._database.reading() as connection:
            return bindings.some(connection, limit, table=table, after=after)

    def halves(self, refs: Collection[Ref]) -> dict[Ref, Half]:
        """Give what is remembered of these records."""
        with self._database.reading() as connection:
            return halves.read(connection, refs)

    def revision(self) -> int:
        """Give the count of settled changes so far."""
        with self._database.reading() as connection:
            return halves.count(connection)

    def in_flight(self, refs: Collection[Ref]) -> list[InFlight]:
        """Give the notes whose source or target record is one of these, oldest first."""
        with self._database.reading() as connection:
            return flights.read(connection, refs)

    def all_in_flight(self) -> list[InFlight]:
        """Give every note, oldest first."""
        with self._database.reading() as connection:
            return flights.read_all(connection)

    def unsettled(self, refs: Collection[Ref]) -> dict[Ref, Unsettled]:
        """Give those of the records that are unsettled."""
        with self._database.reading() as connection:
            return unsettleds.read(connection, refs)

    def due(self, now: datetime, *, limit: int) -> list[Unsettled]:
        """Give the unsettled records whose time has come, the longest overdue first."""
        with self._database.reading() as connection:
            return unsettleds.due(connection, now, limit=limit)

    def all_unsettled(self, *, limit: int, reason: str | None = None) -> list[Unsettled]:
        """Give every record that is unsettled, or those with that reason, due or not, the longest so first."""
        with self._database.reading() as connection:
            return unsettleds.read_all(connection, limit=limit, reason=reason)

    def make_due(self, now: datetime, *, refs: Collection[Ref] | None = None, reason: str | None = None) -> int:
        """Let these unsettled records, or all, be looked at now; those with that reason only, if said."""
        with self._database.writing() as connection:
            return unsettleds.make_due(connection, now, refs=refs, reason=reason)

    def engagements_due(self, before: datetime, *, limit: int) -> list[str]:
        """Give the ids of watched engagements that were last read before then or never, the longest unread first."""
        with self._database.reading() as connection:
            return engagements.due(connection, before, limit=limit)

    def put_off_engagements(self, engagement_ids: Collection[str], now: datetime) -> None:
        """Count these as read now, though nothing was found."""
        with self._database.writing() as connection:
            engagements.put_off(connection, engagement_ids, now)

    def expect_engagements(self, before: datetime) -> int:
        """Let all watched engagements that were last read before then be read again; give how many."""
        with self._database.writing() as connection:
            return engagements.expect(connection, before)

    def beside(self, microsoft_ids: Collection[str]) -> dict[str, str]:
        """Give our own referral by Microsoft's in the same engagement."""
        with self._database.reading() as connection:
            return engagements.beside(connection, microsoft_ids)

    def note(self, notes: Iterable[InFlight]) -> None:
        """Write the notes down before their request goes out."""
        with self._database.writing() as connection:
            flights.write(connection, notes)

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Apply all of them in one transaction. Raises AlreadyBoundError, and then nothing is applied."""
        with self._database.writing() as connection:
            settling.settle(connection, list(settlements))

    def forget_fields(self, names: Collection[str], *, table: str | None = None) -> None:
        """Drop these fields' baselines, of one table's pairs or everywhere, and mark those halves stale."""
        with self._database.writing() as connection:
            halves.forget(connection, names, table)

    # ------------------------------------------------------------ leases

    def take_leases(
        self, groups: Sequence[Collection[str]], *, run_id: str, now: datetime, until: datetime
    ) -> list[bool]:
        """Take each group of ids whole or not at all; ids that the run holds already count as free."""
        with self._database.writing() as connection:
            return leases.take(connection, groups, run_id=run_id, now=now, until=until)

    def held_leases(self, ids: Collection[str], *, run_id: str, now: datetime) -> set[str]:
        """Give those of the ids that this run still holds."""
        with self._database.reading() as connection:
            return leases.held(connection, ids, run_id=run_id, now=now)

    def renew_leases(self, run_id: str, *, until: datetime) -> None:
        """Hold on to everything that the run holds until then."""
        with self._database.writing() as connection:
            leases.renew(connection, run_id, until=until)

    def give_back_leases(self, run_id: str, ids: Collection[str] | None = None) -> None:
        """Let go of these ids, or of all that the run holds."""
        with self._database.writing() as connection:
            leases.give_back(connection, run_id, ids)

    # ------------------------------------------------------------ beside the records

    def clocks(self, *, limit: int) -> list[RunningClock]:
        """Give the clocks that run, those that end first first."""
        with self._database.reading() as connection:
            return clocks.read(connection, limit=limit)

    def tell_clocks(self, told: Iterable[RunningClock]) -> None:
        """Keep which mark was told of; a clock that changed meanwhile is left alone."""
        with self._database.writing() as connection:
            clocks.tell(connection, told)

    def watermark(self, side: Side) -> datetime | None:
        """Give how far the side has been read."""
        with self._database.reading() as connection:
            return marks.watermark(connection, side)

    def advance(self, side: Side, until: datetime) -> None:
        """Move the watermark, forwards only."""
        with self._database.writing() as connection:
            marks.advance(connection, side, until)

    def recall(self, name: str) -> object | None:
        """Give a remembered plain-JSON value."""
        with self._database.reading() as connection:
            return marks.recall(connection, name)

    def remember(self, name: str, value: object) -> None:
        """Remember a plain-JSON value."""
        with self._database.writing() as connection:
            marks.remember(connection, name, value)

    def parents(self, table: str, rows: Collection[str] | None = None) -> dict[str, str]:
        """Give the record that each of these rows of the table (or every one known) hung on when it was last seen."""
        with self._database.reading() as connection:
            return beneath.parents(connection, table, rows)

    def track(
        self, table: str, link: tuple[str, object], *, standing: Mapping[str, str], gone: Collection[str]
    ) -> None:
        """Put a table's rows in place, forget those that are gone, and remember (by name) how far it was read."""
        with self._database.writing() as connection:
            beneath.change(connection, table, standing, gone)
            marks.remember(connection, *link)

    def history(self, *, ref: Ref | None = None, run_id: str | None = None, limit: int = 100) -> list[HistoryEntry]:
        """Give the newest entries, newest first."""
        with self._database.reading() as connection:
            return histories.read(connection, ref=ref, run_id=run_id, limit=limit)

    def prune(self, *, before: datetime) -> int:
        """Drop history, finished runs and expired leases older than that; give how many entries went."""
        with self._database.writing() as connection:
            return histories.prune(connection, before)
