"""Brings the state database to the shape of this version; of two tasks that start at once, one waits for the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, select, text

from cosell.adapters.state.url import is_in_memory
from cosell.core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cosell.adapters.state.database import Database

HEAD = "0001"
SCRIPTS = Path(__file__).parent / "migrations"
VERSION_TABLE = "cosell_schema_version"

_VERSION = select(Table(VERSION_TABLE, MetaData(), Column("version_num", String)).c.version_num)
_QUEUE_UP = text("SELECT pg_advisory_xact_lock(7210415310641)")


def migrate(database: Database) -> None:
    """Apply what is missing, all in one transaction. Raises ConfigurationError for a database of a newer version."""
    if database.dialect == "sqlite" and not is_in_memory(database.url):
        database.write_ahead()
    if _is_current(database):
        return
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.execute(_QUEUE_UP)
        _upgrade(connection)


def _is_current(database: Database) -> bool:
    """Tell whether nothing is to do, without importing Alembic: the case of nearly every task."""
    with database.reading() as connection:
        if not connection.dialect.has_table(connection, VERSION_TABLE):
            return False
        return connection.execute(_VERSION).scalar_one_or_none() == HEAD


def _upgrade(connection: Connection) -> None:
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
