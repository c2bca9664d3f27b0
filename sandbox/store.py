"""Documents by table and key: dicts in memory, written through to SQLite; reads are free, a restart loses nothing.

A document handed out is the stored one: never change it in place, put a new dict. Groups (`atomic`) must not await.
"""

from __future__ import annotations

import bisect
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from pathlib import Path


_SCHEMA = "CREATE TABLE IF NOT EXISTS documents (bucket TEXT, key TEXT, body BLOB NOT NULL, PRIMARY KEY (bucket, key))"
_UPSERT = "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET body = excluded.body"
_DELETE = "DELETE FROM documents WHERE bucket = ? AND key = ?"
_LOAD = "SELECT key, body FROM documents WHERE bucket = ? ORDER BY rowid"

Document = dict[str, Any]


class Index:
    """Keys by a value of their documents; a value of None is left out."""

    def __init__(self, key_function: Callable[[Document], Hashable | None]) -> None:
        self._value_of = key_function
        self._keys: dict[Hashable, dict[str, None]] = {}

    def get(self, value: Hashable) -> tuple[str, ...]:
        """Give the keys of the documents that hold the value, oldest first."""
        return tuple(self._keys.get(value, ()))

    def replace(self, key: str, old: Document | None, new: Document | None) -> None:
        """Follow one document from its old to its new content."""
        before = None if old is None else self._value_of(old)
        after = None if new is None else self._value_of(new)
        if before == after:
            return
        if before is not None:
            self._keys[before].pop(key, None)
        if after is not None:
            self._keys.setdefault(after, {})[key] = None


class Order:
    """Keys kept sorted by a value of their documents (and by key where values are equal)."""

    def __init__(self, key_function: Callable[[Document], Any]) -> None:
        self._value_of = key_function
        self._sorted: list[tuple[Any, str]] = []

    def keys(self, *, descending: bool = False) -> Iterator[str]:
        """Walk the keys in order."""
        return self.between(descending=descending)

    def between(
        self, *, lower: str | None = None, after: tuple[Any, str] | None = None, descending: bool = False
    ) -> Iterator[str]:
        """Walk the keys of values from `lower` on, beginning behind the (value, key) that was last."""
        low = 0 if lower is None else bisect.bisect_left(self._sorted, (lower, ""))
        high = len(self._sorted)
        if after is not None and descending:
            high = bisect.bisect_left(self._sorted, after)
        elif after is not None:
            low = max(low, bisect.bisect_right(self._sorted, after))
        places = range(high - 1, low - 1, -1) if descending else range(low, high)
        return (self._sorted[place][1] for place in places)

    def replace(self, key: str, old: Document | None, new: Document | None) -> None:
        """Follow one document from its old to its new content."""
        before = None if old is None else self._value_of(old)
        after = None if new is None else self._value_of(new)
        if old is not None and new is not None and before == after:
            return
        if old is not None:
            self._sorted.pop(bisect.bisect_left(self._sorted, (before, key)))
        if new is not None:
            bisect.insort(self._sorted, (after, key))


Follower = TypeVar("Follower", Index, Order)


class Table:
    """One named collection of documents."""

    def __init__(self, store: Store, name: str, documents: dict[str, Document]) -> None:
        self._store = store
        self._documents = documents
        self._followers: dict[tuple[type, str], Index | Order] = {}
        self.name = name

    def __len__(self) -> int:
        """Count the documents."""
        return len(self._documents)

    def __contains__(self, key: object) -> bool:
        """Tell whether a document has this key."""
        return key in self._documents

    def get(self, key: str) -> Document | None:
        """Give the document of a key, or None."""
        return self._documents.get(key)

    def keys(self) -> Iterator[str]:
        """Walk the keys, oldest first, safe against changes on the way."""
        return iter(tuple(self._documents))

    def values(self) -> Iterator[Document]:
        """Walk the documents, oldest first, safe against changes on the way."""
        return iter(tuple(self._documents.values()))

    def put(self, key: str, document: Document) -> None:
        """Store a document whole, new or in place of the former one."""
        self.replace(key, document)

    def delete(self, key: str) -> None:
        """Remove a document; a key that is not there is no error."""
        self.replace(key, None)

    def index(self, name: str, key_function: Callable[[Document], Hashable | None]) -> Index:
        """Give the named index, built on first use and kept current from then on."""
        return self._follow(name, Index(key_function))

    def order(self, name: str, key_function: Callable[[Document], Any]) -> Order:
        """Give the named order, built on first use and kept current from then on."""
        return self._follow(name, Order(key_function))

    def replace(self, key: str, document: Document | None) -> None:
        """Set or (None) remove a document, and let indexes, the open group and the file know."""
        former = self._documents.get(key)
        if document is None:
            self._documents.pop(key, None)
        else:
            self._documents[key] = document
        for follower in self._followers.values():
            follower.replace(key, former, document)
        self._store.note(self, key, former)

    def _follow(self, name: str, follower: Follower) -> Follower:
        kind_and_name = (type(follower), name)
        known = self._followers.get(kind_and_name)
        if known is not None:
            return cast("Follower", known)
        for key, document in self._documents.items():
            follower.replace(key, None, document)
        self._followers[kind_and_name] = follower
        return follower


class Store:
    """All tables, and their file."""

    def __init__(self, path: str | Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(_SCHEMA)
        self._tables: dict[str, Table] = {}
        self._undo: list[tuple[Table, str, Document | None]] | None = None

    def table(self, name: str) -> Table:
        """Give the table of that name, loaded on first use."""
        if name not in self._tables:
            rows = self._connection.execute(_LOAD, (name,))
            self._tables[name] = Table(self, name, {key: from_json(body) for key, body in rows})
        return self._tables[name]

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Make everything inside happen or, on any exception, nothing of it; groups may be nested."""
        outermost = self._undo is None
        undo = self._undo = [] if self._undo is None else self._undo
        mark = len(undo)
        try:
            yield
        except BaseException:
            self._rewind(undo, mark)
            raise
        finally:
            if outermost:
                self._undo = None
                self._write(dict.fromkeys((table, key) for table, key, _ in undo))

    def note(self, table: Table, key: str, former: Document | None) -> None:
        """Take note of a change: written at once, or with the open group."""
        if self._undo is None:
            self._write({(table, key): None})
        else:
            self._undo.append((table, key, former))

    def close(self) -> None:
        """Close the file; the store is not used afterwards."""
        self._connection.close()

    def _rewind(self, undo: list[tuple[Table, str, Document | None]], mark: int) -> None:
        tail = undo[mark:]
        self._undo = []
        for table, key, former in reversed(tail):
            table.replace(key, former)
        del undo[mark:]
        self._undo = undo

    def _write(self, changed: dict[tuple[Table, str], None]) -> None:
        if not changed:
            return
        present = [(table.name, key, table.get(key)) for table, key in changed]
        self._connection.execute("BEGIN")
        self._connection.executemany(_DELETE, [(name, key) for name, key, document in present if document is None])
        rows = [(name, key, to_json(document)) for name, key, document in present if document is not None]
        self._connection.executemany(_UPSERT, rows)
        self._connection.execute("COMMIT")
