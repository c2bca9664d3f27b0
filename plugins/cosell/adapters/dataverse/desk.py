"""What creating and updating share: one organisation, one layout, and who we are in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.adapters.dataverse.closing import MOVED_BY_CLOSING, closing
from cosell.adapters.dataverse.connect import Connector
from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.adapters.dataverse.lines import LineWriter
from cosell.adapters.dataverse.odata import pieces
from cosell.adapters.dataverse.together import together
from cosell.adapters.transport import NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.adapters.dataverse.batch import Part
    from cosell.adapters.dataverse.client import DataverseClient
    from cosell.adapters.dataverse.customers import Customers
    from cosell.adapters.dataverse.layout import Layout
    from cosell.adapters.dataverse.lookups import Lookups
    from cosell.adapters.dataverse.reader import Reader
    from cosell.adapters.dataverse.references import References
    from cosell.adapters.dataverse.settings import Settings
    from cosell.core.record import Row

_PER_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """All that a write needs at hand."""

    client: DataverseClient
    layout: Layout
    settings: Settings
    reader: Reader
    lookups: Lookups
    references: References
    customers: Customers
    me: str
    """Our application user."""

    @property
    def line_writer(self) -> LineWriter | None:
        """Give what says solution rows as requests, where the mapping has them."""
        lines, catalogue = self.layout.lines, self.settings.catalogue
        if lines is None:
            return None
        name_column = catalogue.name_column if catalogue else ""
        return LineWriter(self.layout, lines, lookups=self.lookups, name_column=name_column)

    @property
    def connector(self) -> Connector | None:
        """Give what says who joins and leaves as connections, where the CRM shows them."""
        return Connector(self, self.layout.connections) if self.layout.connections else None

    async def close(self, wanted: Mapping[str, str]) -> None:
        """Close these deals; one that cannot be closed stays open, and its row will show it."""
        table, status = self.layout.main, self.settings.close_status
        parts = [closing(table, key, close_as=how, status=status) for key, how in wanted.items()]

        async def some(batch: Sequence[Part]) -> None:
            # Closing twice changes nothing: the second is refused. Whatever the answer, the rows are read again.
            with suppress(NoAnswerError, RefusedCallError):
                await self.client.batch([[part] for part in batch], repeat_safe=True)

        await together(pieces(parts, _PER_BATCH), some)

    def touched_by_us_alone(self, row: Row) -> bool:
        """Tell whether nobody but us made or last changed a row or one beneath it."""
        return all(self._is_ours(one) for one in (row.payload, *self._beneath(row)))

    def closed_by_us_alone(self, row: Row, *, before: Row) -> bool:
        """Tell whether closing is all that happened to a row."""
        names = (row.payload.keys() | before.payload.keys()) - MOVED_BY_CLOSING
        same = all(row.payload.get(name) == before.payload.get(name) for name in names)
        return same and self._did(row.payload, "_modifiedby_value")

    def _is_ours(self, columns: Mapping[str, object]) -> bool:
        return self._did(columns, "_createdby_value") and self._did(columns, "_modifiedby_value")

    def _did(self, columns: Mapping[str, object], what: str) -> bool:
        return str(columns.get(what)).lower() == self.me.lower()

    def _beneath(self, row: Row) -> list[Mapping[str, object]]:
        many = (name for name, related in self.layout.shape.related.items() if related.many)
        listed = (row.payload.get(name) for name in many)
        return [one for rows in listed if isinstance(rows, list) for one in rows]
