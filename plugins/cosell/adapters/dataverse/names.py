"""Names of rows, read and written by themselves: one column, whatever else the row holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.batch import Part
from cosell.adapters.dataverse.errors import RefusedCallError, raise_where_denied
from cosell.adapters.dataverse.keys import is_id
from cosell.adapters.dataverse.odata import any_of
from cosell.adapters.dataverse.reader import ETAG
from cosell.adapters.transport import NoAnswerError
from cosell.core.errors import ConfigurationError
from cosell.sync.ports import NoAnswer
from cosell.sync.ports.names import Name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cosell.adapters.dataverse.client import DataverseClient
    from cosell.adapters.dataverse.layout import Layout
    from cosell.adapters.dataverse.schema import Schema
    from cosell.sync.ports import Outcome


class RowNames:
    """The names of one table's rows."""

    def __init__(self, client: DataverseClient, layout: Layout, *, schema: Schema) -> None:
        self._client, self._layout, self._schema = client, layout, schema
        if layout.shape.name_column is None:
            raise ConfigurationError(f"the mapping of {layout.main.name} names no column for deal_name")
        self._column = layout.shape.name_column

    async def names(self, keys: Sequence[str] | None = None) -> AsyncIterator[list[Name]]:
        """Give the names of these rows, or of all that the sync looks after or ever did."""
        main = self._layout.main
        wanted = [self._looked_after] if keys is None else list(any_of(main.key, [key for key in keys if is_id(key)]))
        for condition in wanted:
            params = {"$select": f"{main.key},{self._column}", "$filter": condition}
            async with self._schema.judging():
                async for page in self._client.pages(main.set_name, params=params):
                    yield [
                        Name(str(row[main.key]).lower(), str(row[ETAG]), str(row[self._column]))
                        for row in page
                        if row.get(self._column)
                    ]

    async def rename(self, names: Sequence[Name]) -> list[Outcome | None]:
        """Write these names and nothing else, each under its etag; None: done."""
        table = self._layout.main
        sets = [
            [Part("PATCH", table.address(n.key).removeprefix("/"), {self._column: n.text}, {"If-Match": n.etag})]
            for n in names
        ]
        try:
            answers, _ = await self._client.batch(sets, repeat_safe=True)
        except NoAnswerError as error:
            return [NoAnswer(error.what) for _ in names]
        except RefusedCallError as error:
            raise_where_denied(error.fault, error.what)
            return [error.fault.outcome() for _ in names]
        return [answer.fault.outcome() if answer.fault else None for answer in answers]

    @property
    def _looked_after(self) -> str:
        status = self._layout.shape.status_column
        return f"{self._layout.ours} or {status} ne null" if status else self._layout.ours
