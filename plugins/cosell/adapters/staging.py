"""Files of one run between its tasks: JSON lines on a local disk or in object storage, for their owner's eyes only."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from cosell.adapters.json_text import from_json_bytes
from cosell.adapters.storage import place, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.adapters.storage import StoragePath


class FileStaging:
    """The files of one run, in a folder of their own under `base`."""

    def __init__(self, base: StoragePath | str, *, run_key: str) -> None:
        self._folder = place(base) / file_name(run_key)

    def __repr__(self) -> str:
        return f"FileStaging({self._folder})"

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Write JSON lines whole; give the reference. Where `lines` breaks off, the former file stays."""
        path = self._folder / f"{file_name(name)}.jsonl"
        write_whole(path, encode(lines))
        return str(path)

    def read(self, name: str) -> Iterator[dict[str, object]] | None:
        """Give the lines, read as they are asked for; None where the file is gone."""
        try:
            file = (self._folder / f"{file_name(name)}.jsonl").open("rb")
        except FileNotFoundError:
            return None
        return _parsed(file)

    def remove(self) -> None:
        """Remove the run's files; it is no error where there are none."""
        _remove(self._folder)


def sweep(base: StoragePath | str, *, before: datetime) -> int:
    """Remove the folders of runs whose files were all last written before that; give how many went."""
    old = [folder for folder in _inside(place(base)) if _is_older(folder, before)]
    for folder in old:
        _remove(folder)
    return len(old)


def file_name(key: str) -> str:
    """Give a name that any storage takes; a key that had to be changed ends in a hash, so that no two become one."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", key):
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', key).strip('-')[:80]}-{digest}"


# ---------------------------------------------------------------- lines


def encode(lines: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """Give each object as a line of JSON; a Decimal is a number with all its digits."""
    mark = secrets.token_hex(16)  # nobody's text can hold it
    marked = re.compile(f'"{mark}([^"]*)"')

    def as_marked_text(value: object) -> str:
        if isinstance(value, Decimal) and value.is_finite():
            return f"{mark}{value}" if re.search("[.E]", str(value)) else f"{mark}{value}E0"
        raise TypeError(f"{type(value).__name__} cannot be staged")

    encoder = json.JSONEncoder(default=as_marked_text, allow_nan=False, check_circular=False, separators=(",", ":"))
    for line in lines:
        yield marked.sub(r"\1", encoder.encode(line)).encode() + b"\n"


def _parsed(file: IO[bytes]) -> Iterator[dict[str, object]]:
    with file:
        for line in file:
            yield cast("dict[str, object]", from_json_bytes(line))


# ---------------------------------------------------------------- places


def _inside(folder: StoragePath) -> list[StoragePath]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(folder: StoragePath) -> None:
    for path in _inside(folder):
        with suppress(FileNotFoundError):
            path.unlink()
    if isinstance(folder, Path):
        with suppress(OSError):  # gone already, or another task has just written into it
            folder.rmdir()


def _is_older(folder: StoragePath, before: datetime) -> bool:
    """Tell whether the folder's newest file is older; a storage that tells no times keeps everything."""
    times = [_written(path) for path in [*_inside(folder), folder]]
    known = [time for time in times if time is not None]
    return bool(known) and max(known) < before


def _written(path: StoragePath) -> datetime | None:
    """Give when the file was written; each kind of storage has its own word for it."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    told = status if isinstance(status, dict) else {"mtime": status.st_mtime, "created": _born(status)}
    words = ("mtime", "LastModified", "last_modified", "updated", "created")
    return _as_time(next((told[word] for word in words if told.get(word)), None))


def _as_time(told: object) -> datetime | None:
    """Give a storage's seconds, text or time as a time in UTC."""
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC)
    time = datetime.fromisoformat(told) if isinstance(told, str) else cast("datetime | None", told)
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def _born(status: object) -> object:
    return getattr(status, "st_birthtime", None)
