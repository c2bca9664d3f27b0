"""Rows and plans as staged JSON lines, and back."""

from __future__ import annotations

import pickle
import tempfile
from datetime import datetime
from typing import TYPE_CHECKING, Self, cast

from cosell.core.record import Row, Side
from cosell.sync.pages import Pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.sync.ports import Gone, Staging


def row_to_line(row: Row) -> dict[str, object]:
    """Give a row as a JSON line."""
    return {
        "key": row.key,
        "etag": row.etag,
        "changed": row.changed.isoformat() if row.changed else None,
        "created": row.created.isoformat() if row.created else None,
        "payload": row.payload,
    }


def gone_to_line(key: str, gone: Gone) -> dict[str, object]:
    """Give the absence of a record as a JSON line."""
    return {"key": key, "gone": True, "out_of_scope": gone.out_of_scope}


def line_to_row(side: Side, line: Mapping[str, object]) -> Row | None:
    """Give the row of a line; None for an absence."""
    if line.get("gone"):
        return None
    return Row(
        side=side,
        key=cast("str", line["key"]),
        etag=cast("str", line["etag"]),
        payload=cast("Mapping[str, object]", line["payload"]),
        changed=_time(line.get("changed")),
        created=_time(line.get("created")),
    )


def _time(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


class PullFile:
    """What one side's pull left, and what is to be known of it."""

    def __init__(self, staging: Staging, side: Side) -> None:
        self._pages = Pages(staging, f"pull-{side}")

    def page(self, number: int, lines: Iterable[Mapping[str, object]]) -> None:
        """Write one page."""
        self._pages.page(number, lines)

    def close(self, *, pages: int, rows: int, revision: int, foreign: int) -> None:
        """Say that the pull is whole; `foreign` records of others were left alone."""
        self._pages.close(pages=pages, rows=rows, revision=revision, foreign=foreign)

    def revision(self) -> int | None:
        """Give the state's revision at which the pull began; None when there is no whole pull."""
        return self._told("revision")

    def foreign(self) -> int:
        """Give how many records of others were left alone."""
        return self._told("foreign") or 0

    def lines(self) -> Iterator[dict[str, object]]:
        """Give every line, page by page."""
        for page in self._pages.each():
            yield from page

    def _told(self, name: str) -> int | None:
        told = self._pages.closing()
        return None if told is None else cast("int | None", told.get(name))


class Spool:
    """Rows kept on disk and taken by key, so that memory does not grow with their number."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the spool
        self._offsets: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, key: str, row: Row | None) -> None:
        """Keep a row; a later one of the same key replaces it. None: the record is gone."""
        self._offsets[key] = self._file.seek(0, 2)
        pickle.dump(row, self._file, protocol=pickle.HIGHEST_PROTOCOL)

    def __contains__(self, key: str) -> bool:
        return key in self._offsets

    def take(self, key: str) -> Row | None:
        """Give a row and forget it."""
        self._file.seek(self._offsets.pop(key))
        return cast("Row | None", pickle.load(self._file))  # noqa: S301 - our own file, never leaves the process

    def keys(self) -> list[str]:
        """Give the keys of what is left, in the order put."""
        return list(self._offsets)
