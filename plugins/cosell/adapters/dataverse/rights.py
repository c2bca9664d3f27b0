"""The rights that the sync uses, table by table: the narrowest role that it works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.adapters.dataverse.children import CONNECTION, ROLE
from cosell.adapters.dataverse.layout import ACCOUNT, CONTACT, CURRENCY, LEAD, USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cosell.adapters.dataverse.settings import Settings
    from cosell.mapping.shape import Related, TableShape

Rights = tuple[str, ...]
_DEALS: Rights = ("Create", "Read", "Write", "Append", "AppendTo", "Assign")
_LINES: Rights = ("Create", "Read", "Write", "Delete", "Append", "AppendTo")
_CUSTOMERS: Rights = ("Create", "Read", "Append", "AppendTo")
_CONNECTIONS: Rights = ("Create", "Read", "Delete", "Append", "AppendTo")
_POINTED_TO: Rights = ("Read", "AppendTo")
_BY_TABLE = {
    ACCOUNT: _CUSTOMERS,
    CONTACT: _CUSTOMERS,
    CONNECTION: _CONNECTIONS,
    ROLE: _POINTED_TO,
    CURRENCY: _POINTED_TO,
    USER: _POINTED_TO,
}


def used_rights(shapes: Sequence[TableShape], *, settings: Settings, named: Iterable[str] = ()) -> dict[str, Rights]:
    """Give what is done in each table that the mappings reach; a table of deals more than one that is only read.

    `named` are the tables whose rows defaults name by a value.
    """
    used: dict[str, Rights] = {
        CURRENCY: _POINTED_TO,
        USER: _POINTED_TO,
        "opportunityclose": ("Create", "Append"),
        "sdkmessage": ("Read",),
        "sdkmessagefilter": ("Read",),
    }
    looked_up = [one.table for shape in shapes for one in shape.named.values()]
    used |= dict.fromkeys([*named, *looked_up], _POINTED_TO)
    deals = {shape.table: _DEALS for shape in shapes}
    for shape in shapes:
        for related in shape.related.values():
            used |= dict(_of(related, settings=settings))
    return used | deals


def _of(related: Related, *, settings: Settings) -> Iterator[tuple[str, Rights]]:
    if related.to:
        yield from ((name, _BY_TABLE[name]) for name in (CONNECTION, ROLE))
        yield related.to.table, _BY_TABLE.get(related.to.table, _POINTED_TO)
    elif related.many:
        yield related.table, _LINES
        if settings.catalogue:
            yield settings.catalogue.table, _POINTED_TO
    else:
        yield related.table, ("Read",) if related.table == LEAD else _BY_TABLE.get(related.table, _POINTED_TO)
