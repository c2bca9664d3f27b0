"""The inbox as one small file for each notice, named by its content: a duplicate has the same name."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cosell.adapters.storage import place, read_whole, write_whole
from cosell.sync.ports.inbox import EVENTS, Landed, Notice, UnreadableNoticeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cosell.adapters.storage import StoragePath

_NAME = re.compile(r"(?P<event>[a-z-]{1,60})\.(?P<subject>[0-9a-f-]{36})\.[0-9a-f]{64}\.json", re.ASCII)
_LEFTOVER_SECONDS = 3600
"""A file under a dot name that is older was being written when its process died."""


class StoredInbox:
    """Notices in the folder `events` under `base`; what is none is put into `unreadable` beside it."""

    def __init__(self, base: StoragePath | str) -> None:
        self._folder = place(base) / "events"
        self._aside = place(base) / "unreadable"

    def __repr__(self) -> str:
        return f"StoredInbox({self._folder})"

    def land(self, notice: Notice) -> bool:
        """Keep a notice, whole and for good; False where it lies there already."""
        path = self._folder / notice.name
        if _is_there(path):
            return False
        told = asdict(notice) | {"changed": notice.changed.isoformat(), "received": notice.received.isoformat()}
        write_whole(path, [json.dumps(told, separators=(",", ":")).encode()])
        return True

    def landed(self) -> list[Landed]:
        """Give all that wait, by name. What else lies in the folder is left alone, but for our own leftovers."""
        _forget_listing(self._folder)
        names = [_file_name(path) for path in _inside(self._folder)]
        found = [(name, _NAME.fullmatch(name)) for name in sorted(names)]
        return [
            Landed(name=name, event=parts["event"], subject=parts["subject"])
            for name, parts in found
            if parts is not None and parts["event"] in EVENTS
        ]

    def read(self, name: str) -> Notice | None:
        """Give a notice; None where it is gone. Raises UnreadableNoticeError."""
        content = read_whole(self._folder / name)
        if content is None:
            return None
        try:
            told = json.loads(content)
            times = {word: datetime.fromisoformat(told[word]) for word in ("changed", "received")}
            return Notice(event=told["event"], subject=told["subject"], key=told["key"], **times)
        except (KeyError, TypeError, ValueError):
            message = f"{name} in the inbox is not a notice"
            raise UnreadableNoticeError(message) from None

    def remove(self, name: str) -> None:
        """Take a notice away; it is no error where it is gone."""
        with suppress(FileNotFoundError):
            (self._folder / name).unlink()

    def put_aside(self, name: str) -> None:
        """Keep a file that is no notice for a person to look at, where it is not listed any more."""
        content = read_whole(self._folder / name)
        if content is not None:
            write_whole(self._aside / name, [content])
            self.remove(name)


def _is_there(path: StoragePath) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def _inside(folder: StoragePath) -> Iterable[StoragePath]:
    try:
        paths = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):  # object storage has no empty folders
        return []
    for path in paths:
        if isinstance(path, Path) and path.name.startswith("."):
            _sweep(path)
    return paths


def _sweep(path: Path) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_mtime < time.time() - _LEFTOVER_SECONDS:
            path.unlink()


def _file_name(path: StoragePath) -> str:
    return str(path).rstrip("/").rpartition("/")[2]


def _forget_listing(folder: StoragePath) -> None:
    """Let a storage list anew: its client remembers what it listed before, without end."""
    files = getattr(folder, "fs", None)
    if files is not None:
        files.invalidate_cache()
