"""A column that the CRM does not have: what may be meant, by its logical name or by what people call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.mapping.wording import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping


def no_column(column: str, *, table: str, known: Mapping[str, str], root: str = "") -> str:
    """Say that a table has no such column, and what may be meant.

    `known` are the columns that there are, by dotted path, with their display names; `root` is what stands before the
    column in its own path.
    """
    missing = f"the CRM has no column {column} on table {table}"
    called = sorted(path for path, label in known.items() if _root(path) == root and _alike(label, column))
    if called:
        return f"{missing}; that is the display name of {' and '.join(called)}: write {' or '.join(called)}"
    near = nearest(f"{root}.{column}" if root else column, known) or _nearest_called(column, known)
    return missing + (f"; did you mean {near}?" if near else "")


def _nearest_called(column: str, known: Mapping[str, str]) -> str | None:
    """Give the column whose display name is most like what was written."""
    label = nearest(column, filter(None, known.values()))
    return next((f"{path} ({label})" for path in sorted(known) if known[path] == label), None) if label else None


def _root(path: str) -> str:
    return path.rpartition(".")[0]


def _alike(label: str, column: str) -> bool:
    """Compare as people write display names: with or without blanks, dots and capitals."""
    return bool(label) and _bare(label) == _bare(column)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())
