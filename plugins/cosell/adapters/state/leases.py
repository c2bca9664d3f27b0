"""Leases: one run's hold on one record, taken in whole groups, taken over once expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, text, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, put

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

_TABLE = tables.lease
_THESE = select(_TABLE.c.id).where(among(_TABLE.c.id, "ids"))
_OTHERS = _THESE.where(_TABLE.c.run_id != bindparam("run"), _TABLE.c.until > bindparam("now"))
_OURS = _THESE.where(_TABLE.c.run_id == bindparam("run"), _TABLE.c.until > bindparam("now"))
_RENEW = update(_TABLE).where(_TABLE.c.run_id == bindparam("run"))
_DROP_RUN = delete(_TABLE).where(_TABLE.c.run_id == bindparam("run"))
_DROP = _DROP_RUN.where(among(_TABLE.c.id, "ids"))
# SQLite has one writer anyway. PostgreSQL cannot lock rows that are not there yet: hence one short lock for all.
_QUEUE_UP = text("SELECT pg_advisory_xact_lock(7210415310642)")


def take(
    connection: Connection, groups: Sequence[Collection[str]], *, run_id: str, now: datetime, until: datetime
) -> list[bool]:
    """Take each group of ids whole or not at all; tell which were taken."""
    _queue_up(connection)
    wanted = {lease_id for group in groups for lease_id in group}
    held = _ids(connection, wanted, statement=_OTHERS, run_id=run_id, now=now)
    taken = [held.isdisjoint(group) for group in groups]
    ids = sorted({lease_id for group, ours in zip(groups, taken, strict=True) if ours for lease_id in group})
    put(connection, _TABLE, [{"id": lease_id, "run_id": run_id, "until": until} for lease_id in ids])
    return taken


def held(connection: Connection, ids: Collection[str], *, run_id: str, now: datetime) -> set[str]:
    """Give those of the ids that the run still holds."""
    return _ids(connection, set(ids), statement=_OURS, run_id=run_id, now=now)


def renew(connection: Connection, run_id: str, *, until: datetime) -> None:
    """Hold on to everything that the run holds until then."""
    _queue_up(connection)
    connection.execute(_RENEW, {"run": run_id, "until": until})


def give_back(connection: Connection, run_id: str, ids: Collection[str] | None) -> None:
    """Let go of these ids, or of all (None), where the run still holds them."""
    _queue_up(connection)
    if ids is None:
        connection.execute(_DROP_RUN, {"run": run_id})
        return
    connection.execute(_DROP, {"run": run_id, "ids": sorted(set(ids))})


def _ids(connection: Connection, ids: Iterable[str], *, statement: Select[Any], run_id: str, now: datetime) -> set[str]:
    return set(connection.execute(statement, {"ids": sorted(ids), "run": run_id, "now": now}).scalars())


def _queue_up(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_QUEUE_UP)
