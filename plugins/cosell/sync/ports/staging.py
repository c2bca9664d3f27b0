"""Staging: the files of one run between its tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Staging(Protocol):
    """Files of one run between its tasks, readable by their owner only."""

    def write(self, name: str, lines: Iterable[Mapping[str, object]]) -> str:
        """Write JSON lines whole under the run's name (never seen half-written); give the reference."""
        ...

    def read(self, name: str) -> Iterable[dict[str, object]] | None:
        """Give the lines; None where the file is gone."""
        ...

    def remove(self) -> None:
        """Remove the run's files."""
        ...
