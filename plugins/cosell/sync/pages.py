"""Pages of staged lines under one name, whole once they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cosell.core.errors import RetryLaterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cosell.sync.ports import Staging


class PagesGoneError(RetryLaterError):
    """A page was removed while the others were read; another try makes them anew."""


class Pages:
    """Lines in pages, and a closing line that says how many there are, and what else is to be known."""

    def __init__(self, staging: Staging, name: str) -> None:
        self._staging, self._name = staging, name

    def page(self, number: int, lines: Iterable[Mapping[str, object]]) -> None:
        """Write one page."""
        self._staging.write(f"{self._name}-{number:05}", lines)

    def close(self, *, pages: int, **facts: object) -> None:
        """Say that all is written."""
        self._staging.write(self._name, [{"pages": pages, **facts}])

    def closing(self) -> Mapping[str, Any] | None:
        """Give the closing line; None where it or any of its pages is gone."""
        lines = self._staging.read(self._name)
        told: Mapping[str, Any] | None = None if lines is None else next(iter(lines))
        if told is None or any(self._read(number) is None for number in range(told["pages"])):
            return None
        return told

    def each(self) -> Iterator[Iterable[dict[str, object]]]:
        """Give page by page; raises PagesGoneError where one has gone meanwhile."""
        told = self.closing()
        for number in range(told["pages"] if told else 0):
            page = self._read(number)
            if page is None:
                raise PagesGoneError(f"the staged {self._name} is not whole any more")
            yield page

    def _read(self, number: int) -> Iterable[dict[str, object]] | None:
        return self._staging.read(f"{self._name}-{number:05}")
