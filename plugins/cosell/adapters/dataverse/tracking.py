"""Rows beneath deals as change tracking tells of them: the one way to learn that one was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.errors import RefusedCallError
from cosell.sync.ports import Tracked

if TYPE_CHECKING:
    from cosell.adapters.dataverse.children import Children
    from cosell.adapters.dataverse.client import DataverseClient, Json

_OFF = "0x80072491"
_FORBIDDEN, _CLIENT_ERRORS = 403, range(400, 500)
_DELETED = "/$deletedEntity"


async def track(client: DataverseClient, children: Children, link: str | None) -> Tracked:
    """Give what became of a table's rows since the link was given; all of them where there is none, or it expired."""
    if link is not None:
        try:
            return _told(children, *await client.tracked(link), whole=False)
        except RefusedCallError as error:
            # Which code an old link is refused with is not documented: whatever it is, all is read again.
            if error.fault.status not in _CLIENT_ERRORS:
                raise
    params = {"$select": children.tracked}
    try:
        return _told(children, *await client.tracked(children.table.set_name, params=params), whole=True)
    except RefusedCallError as error:
        # It takes a right to read the whole organisation, which a narrower role lacks.
        if error.fault.code == _OFF or error.fault.status == _FORBIDDEN:
            return Tracked(link=None)
        raise


def _told(children: Children, rows: list[Json], link: str | None, *, whole: bool) -> Tracked:
    if link is None:
        return Tracked(link=None)
    standing: dict[str, str] = {}
    gone: list[str] = []
    for row in rows:
        if str(row.get("@odata.context", "")).endswith(_DELETED):
            gone.append(str(row["id"]).lower())
        elif children.concerns(row):
            standing[str(row[children.table.key]).lower()] = str(row[children.parent_name]).lower()
        elif not whole:
            gone.append(str(row[children.table.key]).lower())  # it hangs on no deal any more
    return Tracked(link, standing, tuple(gone), whole=whole)
