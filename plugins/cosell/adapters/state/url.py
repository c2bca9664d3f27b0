"""What the state's URL says: which database, which driver, and for SQLite a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from cosell.core.errors import ConfigurationError, StateUnavailableError

_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg2",
    "postgresql": "postgresql+psycopg2",
}


def read_url(url: str) -> URL:
    """Give the URL with the driver that this package brings; raises ConfigurationError without quoting it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("connection cosell_state_default: its url cannot be read") from None
    driver = _DRIVERS.get(parsed.drivername.partition("+")[0])
    if driver is None:
        raise ConfigurationError("connection cosell_state_default: its url must begin with sqlite: or postgresql:")
    return parsed.set(drivername=driver)


def is_in_memory(url: URL) -> bool:
    """Tell whether an SQLite URL names no file."""
    return not url.database or url.database == ":memory:"


def own_file(url: URL) -> None:
    """Make the SQLite file, or take over the standing one, with its owner as the only reader.

    SQLite gives the -wal and -shm files the mode of the database, so it must be right before the first connection.
    """
    name = str(url.database)
    if name.startswith("file:"):
        raise ConfigurationError("connection cosell_state_default: name the SQLite file by its path, not as file:")
    path = Path(name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        for standing in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            _close_to_others(standing)
    except OSError as error:
        raise StateUnavailableError(f"the state database (sqlite) cannot be opened: {error.strerror}") from None


def _close_to_others(path: Path) -> None:
    """Take the file's rights from everybody but its owner."""
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
