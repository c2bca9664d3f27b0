"""Places for files, on a disk or in object storage, and files that are seen whole or not at all.

On a disk a file is written under a dot name and renamed; object storage, which shows an object when it is complete and
cannot rename, gets the finished file in one piece.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, cast
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterable


class StoragePath(Protocol):
    """What is used of pathlib.Path and of its cousins for object storage."""

    def __truediv__(self, name: str, /) -> StoragePath:
        """Name what lies inside."""

    def open(self, mode: str = "r", /) -> IO[Any]:
        """Open the file."""

    def iterdir(self) -> Iterable[StoragePath]:
        """Give what lies inside."""

    def unlink(self) -> None:
        """Remove the file."""

    def stat(self) -> Any:  # noqa: ANN401 - each storage has its own kind
        """Give what the storage says of it."""


def place(base: StoragePath | str) -> StoragePath:
    """Give the base; on this machine's disk as pathlib.Path, since only there rights can be set and files renamed."""
    if isinstance(base, str | Path):
        return cast("StoragePath", Path(base))
    if getattr(base, "protocol", None) in {"", "file", "local"}:
        return cast("StoragePath", Path(cast("Any", base).path))
    return base


def write_whole(path: StoragePath, pieces: Iterable[bytes]) -> None:
    """Put a file in place of the one with its name, or where there is none; where `pieces` breaks off, nothing."""
    if isinstance(path, Path):
        _write_local(path, pieces)
    else:
        _write_object(path, pieces)


def read_whole(path: StoragePath) -> bytes | None:
    """Give a file's content; None where there is none."""
    try:
        with path.open("rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None


def try_out(base: StoragePath | str) -> str | None:
    """Write, read and remove a small file; give what went wrong, None where nothing did."""
    path, content = place(base) / f"trial-{uuid4().hex}", b"cosell"
    try:
        write_whole(path, [content])
        if read_whole(path) != content:
            return "what was written cannot be read again"
        path.unlink()
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror or error}"
    return None


def _write_local(path: Path, pieces: Iterable[bytes]) -> None:
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave an empty file, which reads as "nothing changed"
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name last: a file's own fsync keeps its content, not that the folder knows it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _write_object(path: StoragePath, pieces: Iterable[bytes]) -> None:
    with tempfile.TemporaryFile() as whole:
        whole.writelines(pieces)
        whole.seek(0)
        with path.open("wb") as file:
            shutil.copyfileobj(whole, file)
