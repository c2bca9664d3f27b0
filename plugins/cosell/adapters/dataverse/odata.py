"""Query text: literals, or-lists of keys in bounded pieces, windows of whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

T = TypeVar("T")

LONGEST_FILTER = 20_000
"""Characters as sent; a URL may have 32,768, and $select and $expand need room too."""
MOST_TERMS = 100
"""Conditions in one or-list; the service refuses queries of more than some hundreds."""


def text(value: str) -> str:
    """Give a string literal."""
    return "'" + value.replace("'", "''") + "'"


def moment(value: datetime) -> str:
    """Give a time literal in UTC, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def within(column: str, since: datetime | None, until: datetime | None) -> str | None:
    """Give the condition for a window; wider by less than a second, as the service keeps whole seconds only."""
    terms = []
    if since is not None:
        terms.append(f"{column} ge {moment(since)}")
    if until is not None:
        whole = until if not until.microsecond else until + timedelta(seconds=1)
        terms.append(f"{column} lt {moment(whole)}")
    return " and ".join(terms) or None


def both(*conditions: str | None) -> str:
    """Join the conditions that there are."""
    return " and ".join(f"({condition})" for condition in conditions if condition)


def any_of(column: str, literals: Collection[str]) -> Iterator[str]:
    """Give or-lists that together ask for every literal, each short enough for one URL."""
    yield from any_term(f"{column} eq {literal}" for literal in dict.fromkeys(literals))


def any_term(conditions: Iterable[str]) -> Iterator[str]:
    """Give or-lists that together hold every condition, each short enough for one URL."""
    terms: list[str] = []
    length = 0
    for term in conditions:
        sent = len(quote(term)) + len("%20or%20")
        if terms and (len(terms) == MOST_TERMS or length + sent > LONGEST_FILTER):
            yield " or ".join(terms)
            terms, length = [], 0
        terms.append(term)
        length += sent
    if terms:
        yield " or ".join(terms)


def pieces(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Cut into runs of at most that many."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
