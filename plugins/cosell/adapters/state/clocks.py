"""Clocks: what is about to end on which referral, and the mark that was last told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, put
from cosell.sync.ports import RunningClock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Row

    from cosell.core.clocks import Clock

_TABLE = tables.clock
_ALL = select(_TABLE).order_by(_TABLE.c.ends, _TABLE.c.referral_id, _TABLE.c.kind).limit(bindparam("most"))
_THESE = select(_TABLE).where(among(_TABLE.c.referral_id, "ids"))
_STOP = delete(_TABLE).where(among(_TABLE.c.referral_id, "ids"))
_TELL = (
    update(_TABLE)
    .where(
        _TABLE.c.referral_id == bindparam("at_referral"),
        _TABLE.c.kind == bindparam("at_kind"),
        _TABLE.c.ends == bindparam("at_ends"),
    )
    .values(told=bindparam("mark"))
)


def read(connection: Connection, *, limit: int) -> list[RunningClock]:
    """Give the clocks that run, those that end first first."""
    return [_clock(row) for row in connection.execute(_ALL, {"most": limit})]


def change(connection: Connection, wanted: Mapping[str, tuple[Clock, ...]]) -> None:
    """Put the clocks of each referral in place; one that runs on as it did keeps its mark."""
    ids = sorted(wanted)
    known = {(row.referral_id, row.kind, row.ends): row.told for row in connection.execute(_THESE, {"ids": ids})}
    if known:
        connection.execute(_STOP, {"ids": ids})
    running = [(referral, clock) for referral in ids for clock in wanted[referral]]
    rows = [
        {
            "referral_id": referral,
            "kind": clock.kind,
            "ends": clock.ends,
            "told": known.get((referral, clock.kind, clock.ends)),
        }
        for referral, clock in running
    ]
    put(connection, _TABLE, rows)


def tell(connection: Connection, told: Iterable[RunningClock]) -> None:
    """Keep which mark was told of."""
    marks = [
        {"at_referral": each.referral_id, "at_kind": each.kind, "at_ends": each.ends, "mark": each.told}
        for each in told
    ]
    if marks:
        connection.execute(_TELL, marks)


def _clock(row: Row[Any]) -> RunningClock:
    return RunningClock(row.referral_id, row.kind, row.ends, row.told)
