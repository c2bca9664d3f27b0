"""The catalogue of solutions in the CRM, as the steps see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.offers import Entry, OfferChange


class Offers(Protocol):
    """What sellers pick solutions from."""

    async def entries(self) -> list[Entry]:
        """Give every entry, retired ones too."""
        ...

    async def limits(self) -> Mapping[str, int | None]:
        """Give the longest text of each column, by the names of Offer."""
        ...

    async def write(self, changes: Sequence[OfferChange]) -> bool:
        """Make these changes, all or none; False: an entry changed since it was read, and nothing was written.

        Raises FileRefusedError where the CRM refuses one of them, naming its row.
        """
        ...
