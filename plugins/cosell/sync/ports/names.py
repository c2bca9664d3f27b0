"""Names as they stand in the CRM, marks and all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cosell.sync.ports.replica import Outcome


@dataclass(frozen=True, slots=True)
class Name:
    """The name of one row, as it is stored."""

    key: str
    etag: str
    text: str


class Names(Protocol):
    """The names of one table's rows."""

    def names(self, keys: Sequence[str] | None = None) -> AsyncIterator[list[Name]]:
        """Give, page by page, the names of these rows, or of all that the sync looks after or ever did."""
        ...

    async def rename(self, names: Sequence[Name]) -> list[Outcome | None]:
        """Write these names and nothing else, each under its etag; None: done."""
        ...
