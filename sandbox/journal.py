"""What was asked of the sandbox: counters by app, method and route, and the last thousand requests, no bodies."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_KEY = re.compile(r"\((?!\))[^()]*=[^()]*\)")
_LAST = 1000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One request that was answered (or cut off)."""

    at: str
    app: str
    method: str
    path: str
    route: str
    status: int
    write: bool
    rows: int
    rows_written: int
    ms: float
    fault: str | None
    request_id: str


class Journal:
    """The running record of requests."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start anew."""
        self._last: deque[Entry] = deque(maxlen=_LAST)
        self._routes: dict[str, Counter[str]] = {}
        self._apps: dict[str, Counter[str]] = {}

    def add(self, entry: Entry) -> None:
        """Count one request and remember it."""
        self._last.append(entry)
        kind = "writes" if entry.write else "reads"
        for counter in (
            self._routes.setdefault(f"{entry.app} {entry.method} {entry.route}", Counter()),
            self._apps.setdefault(entry.app, Counter()),
        ):
            counter.update(
                {"requests": 1, kind: 1, str(entry.status): 1, "rows": entry.rows, "rows_written": entry.rows_written}
            )

    def last(self) -> list[Entry]:
        """Give the last requests, oldest first."""
        return list(self._last)

    def as_dict(self) -> dict[str, Any]:
        """Give `apps` and `routes` (each: requests, reads, writes, rows, rows_written, one per status) and `last`."""
        return {
            "apps": {name: dict(counter) for name, counter in self._apps.items()},
            "routes": {name: dict(counter) for name, counter in self._routes.items()},
            "last": [asdict(entry) for entry in self._last],
        }


def route_of(path: str) -> str:
    """Give the path with ids and alternate keys taken out."""
    return _KEY.sub("(key)", _GUID.sub("{id}", path))
