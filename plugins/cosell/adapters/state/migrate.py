"""Brings the state database to the shape of this version; of two tasks that start at once, one waits for the other."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, select, text

from cosell.adapters.state.database import Database
from cosell.adapters.state.url import is_in_memory
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection


HEAD = "0003"
SCRIPTS = Path(__file__).parent / "migrations"
VERSION_TABLE = "cosell_schema_version"

_VERSION = select(Table(VERSION_TABLE, MetaData(), Column("version_num", String)).c.version_num)
_QUEUE_UP = text("SELECT pg_advisory_xact_lock(7210415310641)")


def migrate(database: Database) -> None:
    """Apply what is missing, all in one transaction. Raises ConfigurationError for a database of a newer version."""
    if is_in_memory(database.url):
        _mould().copy_to(database)
        return
    if database.dialect == "sqlite":
        database.write_ahead()
    if not _is_current(database):
        _upgrade(database)


@cache
def _mould() -> Database:
    """Give the empty state in memory that all others of this process are copied from: 50 times faster than Alembic."""
    mould = Database("sqlite://")
    _upgrade(mould)
    return mould


def _is_current(database: Database) -> bool:
    """Tell whether nothing is to do, without importing Alembic: the case of nearly every task."""
    with database.reading() as connection:
        if not connection.dialect.has_table(connection, VERSION_TABLE):
            return False
        return connection.execute(_VERSION).scalar_one_or_none() == HEAD


def _upgrade(database: Database) -> None:
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.execute(_QUEUE_UP)
        _run_scripts(connection)


def _run_scripts(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - Alembic takes 0.1 s to import and is seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(f"the state database has a version that this package does not know: {error}") from None
