"""One state database: its engine, its transactions, and its failures in our words."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, cast

import stamina
from sqlalchemy import create_engine, event
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError
from sqlalchemy.pool import QueuePool

from cosell.adapters.json_text import from_json_text, to_json_text
from cosell.adapters.state.url import is_in_memory, own_file, read_url
from cosell.core.errors import ConfigurationError, StateRefusedError, StateUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection as SqliteConnection

    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

    from cosell.core.errors import CosellError

BUSY_SECONDS = 30
CACHE_KIB = 32_768
"""SQLite's own 2 MB hold the keys of some ten thousand records only."""


class Database:
    """Opens transactions; whatever goes wrong below comes out as an error of ours, without URL, SQL or values."""

    def __init__(self, url: str) -> None:
        self.url = read_url(url)
        self._writer = _engine(self.url)
        self._reader = self._writer
        if self.dialect == "sqlite":
            # A transaction that starts reading and then writes would fail at once where another one wrote between.
            self._writer = self._writer.execution_options(cosell_begin="BEGIN IMMEDIATE")

    @property
    def dialect(self) -> str:
        """Give `sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with failures_in_our_words(self.dialect), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes: whole or not at all."""
        with failures_in_our_words(self.dialect), self._writer.begin() as connection:
            yield connection

    def write_ahead(self) -> None:
        """Switch an SQLite file to WAL for good; SQLite says "locked" at once while another task does the same."""
        with failures_in_our_words(self.dialect):
            for attempt in stamina.retry_context(on=_is_locked, attempts=None, timeout=BUSY_SECONDS, wait_initial=0.05):
                with attempt, self._writer.connect().execution_options(cosell_begin="") as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def copy_to(self, other: Database) -> None:
        """Make another SQLite database equal to this one."""
        with self._bare() as source, other._bare() as target:
            source.backup(target)

    @contextmanager
    def _bare(self) -> Iterator[SqliteConnection]:
        """Give SQLite's own connection, outside any transaction."""
        with self._writer.connect() as connection:
            yield cast("SqliteConnection", connection.connection.driver_connection)

    def close(self) -> None:
        """Close every connection."""
        self._writer.dispose()


@contextmanager
def failures_in_our_words(dialect: str) -> Iterator[None]:
    """Turn what the driver raises into our errors; `from None`, since its messages name users, hosts and values."""
    try:
        yield
    except NoConnectionFreeError:
        raise StateUnavailableError(f"the state database ({dialect}) has no connection free") from None
    except DBAPIError as error:
        raise _told(error, dialect) from None


def _told(error: DBAPIError, dialect: str) -> CosellError:
    """Give our error: the kind of the driver's, and its words only where they can hold no value."""
    kind = f"{type(error.orig).__name__} {getattr(error.orig, 'pgcode', None) or ''}".strip()
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        words = f"{error.orig}" if dialect == "sqlite" else kind
        return StateUnavailableError(f"the state database ({dialect}) does not answer: {words}")
    if type(error) is DatabaseError:
        return ConfigurationError(f"the state database ({dialect}) is damaged or not a database")
    return StateRefusedError(f"the state database ({dialect}) refuses a statement: {kind}")


def _engine(url: URL) -> Engine:
    """Give the engine for a URL, or say what is wrong with it without quoting it."""
    make = partial(
        create_engine,
        url,
        hide_parameters=True,  # parameters are customers' data
        json_serializer=to_json_text,
        json_deserializer=from_json_text,
    )
    try:
        return _sqlite(make, url) if url.get_backend_name() == "sqlite" else _postgresql(make, url)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(
            f"connection cosell_state_default: no driver for its url ({type(error).__name__})"
        ) from None
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"connection cosell_state_default: its url is wrong ({type(error).__name__})"
        ) from None


def _postgresql(make: partial[Engine], url: URL) -> Engine:
    """Give an engine whose connections are tried before use and whose bulk writes travel in few round trips."""
    wait = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    return make(pool_pre_ping=True, executemany_mode="values_plus_batch", connect_args=wait)


def _sqlite(make: partial[Engine], url: URL) -> Engine:
    """Give an engine that begins its transactions itself; a database in memory has one connection, used in turn."""
    once = {"pool_size": 1, "max_overflow": 0} if is_in_memory(url) else {}
    if not is_in_memory(url):
        own_file(url)
    engine = make(
        poolclass=QueuePool,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
        **once,
    )
    event.listen(engine, "begin", _begin)
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: SqliteConnection, entry: ConnectionPoolEntry) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    """Keep the driver from beginning transactions by itself, and the tables' upper pages in memory."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")


def _begin(connection: Connection) -> None:
    """Begin as the engine's option says."""
    if begin := connection.get_execution_options().get("cosell_begin", "BEGIN"):
        connection.exec_driver_sql(begin)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, OperationalError) and "locked" in str(error.orig)
