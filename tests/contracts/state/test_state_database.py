"""The database beneath the state: its tables, its file, its failures."""

from __future__ import annotations

import os
import socket
import stat
import traceback
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cosell.adapters.state import migrate, open_state, tables
from cosell.adapters.state.database import Database
from cosell.core.errors import ConfigurationError, CosellError, StateRefusedError, StateUnavailableError
from cosell.core.record import Side
from cosell.sync.ports import Settlement
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import StatementError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Example
    from cosell.adapters.state import SqlState


def test_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
    """The scripts and the table definitions say the same, and the newest script is the one expected."""
    database = Database(url)
    migrate.migrate(database)
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == migrate.HEAD
    assert ScriptDirectory(str(migrate.SCRIPTS)).get_current_head() == migrate.HEAD
    database.close()


def test_state_survives_being_opened_again(shared_url: str, example: Example) -> None:
    """What one opening wrote the next one reads; opening changes nothing."""
    first = open_state(shared_url)
    first.settle([Settlement(bind=example.pair(1))])
    first.close()
    second = open_state(shared_url)
    assert second.some_bindings(5) == [example.pair(1)]
    second.close()


def test_states_in_memory_are_apart() -> None:
    """Two states in memory share nothing, also where the second one is made from the first one's mould."""
    first, second = open_state("sqlite://"), open_state("sqlite://")
    first.remember("name", 1)
    assert second.recall("name") is None
    third = open_state("sqlite:///:memory:")
    assert third.recall("name") is None


def test_database_itself_keeps_bindings_unique(state: SqlState, example: Example) -> None:
    """Uniqueness both ways is a constraint, whatever the code does."""
    state.settle([Settlement(bind=example.pair(1))])
    row = {"row_table": "opportunity", "paused": False}
    for referral_id, row_id in (("referral-2", "row-1"), ("referral-1", "row-2")):
        with pytest.raises(StateRefusedError), state._database.writing() as connection:
            connection.execute(tables.binding.insert(), row | {"referral_id": referral_id, "row_id": row_id})


def test_database_of_a_newer_version_is_left_alone(shared_url: str) -> None:
    """A version that this package does not know stops the run."""
    open_state(shared_url).close()
    engine = create_engine(shared_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE cosell_schema_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigurationError, match="9999"):
        open_state(shared_url)


def test_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """The database and the files beside it have mode 0600 whatever the umask, also one that stood open before."""
    path = tmp_path / "folder" / "state.db"
    former = os.umask(0)
    try:
        state = open_state(f"sqlite:///{path}")
        state.remember("name", 1)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        state.close()
        path.chmod(0o644)
        open_state(f"sqlite:///{path}").close()
    finally:
        os.umask(former)
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not a url",
        "mysql://someone:hush@host/db",
        "postgresql://someone:hush@host:port/db",
        "sqlite:///file:hush.db?uri=true",
    ],
)
def test_wrong_url_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A URL that cannot be used is a matter for a person, and is not quoted."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="cosell_state_default") as raised:
        open_state(url)
    assert "hush" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("driver", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_every_spelling_of_postgresql_uses_the_driver_at_hand(driver: str) -> None:
    """Whatever driver a URL names, the one that this package installs is used."""
    assert Database(f"{driver}://host/db").url.drivername == "postgresql+psycopg2"


def test_nobody_listens() -> None:
    """A server that is down is worth another try, and the error names neither user nor password nor host."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host, user, password, database = "127.0.0.1", uuid4().hex, uuid4().hex, uuid4().hex
    with pytest.raises(StateUnavailableError) as raised:
        open_state(f"postgresql://{user}:{password}@{host}:{port}/{database}")
    told = "".join(traceback.format_exception(raised.value)).partition("StateUnavailableError")[2]
    assert "does not answer" in told
    assert not [word for word in (host, user, password, database) if word in told + repr(raised.value)]


def test_wrong_user_is_not_told(postgres_server: str) -> None:
    """A server that refuses the sign-in is reported without who tried."""
    user = uuid4().hex
    url = make_url(postgres_server).update_query_dict({"user": user}).render_as_string(hide_password=False)
    with pytest.raises(StateUnavailableError) as raised:
        open_state(url)
    assert user not in "".join(traceback.format_exception(raised.value))


def test_connection_that_the_server_ended_is_replaced(postgres_url: str) -> None:
    """A lost connection fails the transaction it was lost in, and only that one."""
    state = open_state(postgres_url)
    with pytest.raises(StateUnavailableError):
        lose_connection(state, postgres_url)
    assert state.recall("nothing") is None
    state.close()


def lose_connection(state: SqlState, server: str) -> None:
    """Go on in a transaction whose connection is gone."""
    with state._database.writing() as connection:
        end_connection(server, connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        connection.execute(text("SELECT 1"))


def end_connection(server: str, pid: int) -> None:
    """End another connection as an administrator would."""
    engine = create_engine(Database(server).url)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    engine.dispose()


def test_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """A path that is no file we can write is worth another try (a volume may come back), in words."""
    with pytest.raises(StateUnavailableError, match="directory"):
        open_state(f"sqlite:///{tmp_path}")


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """Something else at the database's path stops the run and is left as it is."""
    path = tmp_path / "state.db"
    path.write_text("a letter to a friend, long enough to be read as a header" * 20)
    with pytest.raises(ConfigurationError, match="damaged"):
        open_state(f"sqlite:///{path}")
    assert path.read_text().startswith("a letter")


def test_values_stay_out_of_database_errors(state: SqlState) -> None:
    """A statement that fails does not carry what it was to write."""
    customer = uuid4().hex
    with pytest.raises(StateRefusedError) as raised, state._database.writing() as connection:
        connection.execute(tables.memory.insert(), [{"name": None, "content": customer}])
    assert customer not in "".join(traceback.format_exception(raised.value))


def test_failed_transaction_leaves_nothing(state: SqlState, example: Example) -> None:
    """A settlement that fails half-way is applied not at all."""
    bad = example.entry(example.row(1), at=example.now.replace(tzinfo=None))
    with pytest.raises(StatementError):
        state.settle([Settlement(bind=example.pair(1), history=(bad,))])
    assert state.binding_count() == 0
    assert state.watermark(Side.DATAVERSE) is None


def test_repr_names_no_secret() -> None:
    """A state shown in a log tells its kind only."""
    state = open_state("sqlite://")
    assert repr(state) == "SqlState(sqlite)"
    assert issubclass(StateUnavailableError, CosellError)
