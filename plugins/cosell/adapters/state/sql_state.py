"""SqlState: the port SyncState on a SQL database; one transaction per method, the statements live beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.state import (
    bindings,
    flights,
    halves,
    histories,
    leases,
    marks,
    runs,
    settling,
    shelf,
    unsettleds,
)
from cosell.adapters.state.database import Database
from cosell.adapters.state.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from cosell.adapters.state.shelf import Sealed
    from cosell.core.record import Binding, Half, InFlight, Ref, Side
    from cosell.sync.ports import HistoryEntry, RunRecord, Settlement, Unsettled


def open_state(url: str) -> SqlState:
    """Give the state at a SQLAlchemy URL, its tables made or brought up to date.

    Raises ConfigurationError for a wrong URL, StateUnavailableError where the database does not answer.
    """
    database = Database(url)
    migrate(database)
    return SqlState(database)


class SqlState:
    """The memory of the sync. Safe to share between threads; a process opens its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __repr__(self) -> str:
        return f"SqlState({self._database.dialect})"

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    # ------------------------------------------------------------ runs

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

    def binding_count(self) -> int:
        """Give the number of bindings."""
        with self._database.reading() as connection:
            return bindings.count(connection)

    def some_bindings(self, limit: int) -> list[Binding]:
        """Give a few bindings, by referral id."""
        with self._database.reading() as connection:
            return bindings.some(connection, limit)

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

    def all_unsettled(self, *, limit: int) -> list[Unsettled]:
        """Give every record that is unsettled, due or not, the longest so first."""
        with self._database.reading() as connection:
            return unsettleds.read_all(connection, limit=limit)

    def note(self, notes: Iterable[InFlight]) -> None:
        """Write the notes down before their request goes out."""
        with self._database.writing() as connection:
            flights.write(connection, notes)

    def settle(self, settlements: Iterable[Settlement]) -> None:
        """Apply all of them in one transaction. Raises AlreadyBoundError, and then nothing is applied."""
        with self._database.writing() as connection:
            settling.settle(connection, list(settlements))

    def forget_fields(self, names: Collection[str]) -> None:
        """Drop these fields' baselines everywhere and mark every half stale."""
        with self._database.writing() as connection:
            halves.forget(connection, names)

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

    def history(self, *, ref: Ref | None = None, run_id: str | None = None, limit: int = 100) -> list[HistoryEntry]:
        """Give the newest entries, newest first."""
        with self._database.reading() as connection:
            return histories.read(connection, ref=ref, run_id=run_id, limit=limit)

    def prune(self, *, before: datetime) -> int:
        """Drop history, finished runs and expired leases older than that; give how many entries went."""
        with self._database.writing() as connection:
            return histories.prune(connection, before)

    # ------------------------------------------------------------ sealed secrets, for the vault

    def sealed(self, name: str) -> Sealed | None:
        """Give the sealed secret of that name."""
        with self._database.reading() as connection:
            return shelf.read(connection, name)

    def seal(self, secret: Sealed) -> None:
        """Put the sealed secret in place of the one with its name."""
        with self._database.writing() as connection:
            shelf.write(connection, secret)

    def reseal(self, name: str, *, former: str, ciphertext: str) -> None:
        """Change a ciphertext, unless it is another one by now."""
        with self._database.writing() as connection:
            shelf.replace(connection, name, former=former, ciphertext=ciphertext)

    def sealed_names(self) -> list[str]:
        """Give the names of all sealed secrets."""
        with self._database.reading() as connection:
            return shelf.names(connection)
