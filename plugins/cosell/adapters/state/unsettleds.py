"""Unsettled records: what the next pull must fetch, why, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, update

from cosell.adapters.state import tables
from cosell.adapters.state.statements import among, drop, keys_by_side, put
from cosell.core.choice import Choice
from cosell.core.record import Ref, Side
from cosell.core.values import values_from_json, values_to_json
from cosell.sync.ports import Remark, Unsettled

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection, Row

    from cosell.core.record import Value

_TABLE = tables.unsettled
_IS_ASKED_FOR = and_(_TABLE.c.side == bindparam("at_side"), among(_TABLE.c.key, "at_keys"))
_THESE = select(_TABLE).where(_IS_ASKED_FOR)
_DUE = (
    select(_TABLE)
    .where(_TABLE.c.due <= bindparam("now"))
    .order_by(_TABLE.c.due, _TABLE.c.side, _TABLE.c.key)
    .limit(bindparam("most"))
)
_ALL = select(_TABLE).order_by(_TABLE.c.since, _TABLE.c.side, _TABLE.c.key).limit(bindparam("most"))


def read(connection: Connection, refs: Collection[Ref]) -> dict[Ref, Unsettled]:
    """Give those of the records that are unsettled."""
    rows = (row for asked in keys_by_side(refs) for row in connection.execute(_THESE, asked))
    return {record.ref: record for record in map(_unsettled, rows)}


def due(connection: Connection, now: datetime, *, limit: int) -> list[Unsettled]:
    """Give the records whose time has come, the longest overdue first."""
    return [_unsettled(row) for row in connection.execute(_DUE, {"now": now, "most": limit})]


def read_all(connection: Connection, *, limit: int, reason: str | None) -> list[Unsettled]:
    """Give every record that is unsettled, or those with that reason, the longest so first."""
    wanted = _ALL if reason is None else _ALL.where(_TABLE.c.reason == reason)
    return [_unsettled(row) for row in connection.execute(wanted, {"most": limit})]


def make_due(connection: Connection, now: datetime, *, refs: Collection[Ref] | None, reason: str | None) -> int:
    """Let records be looked at now; give how many."""
    soon = update(_TABLE).values(due=now)
    if reason is not None:
        soon = soon.where(_TABLE.c.reason == reason)
    if refs is None:
        return connection.execute(soon).rowcount
    return sum(connection.execute(soon.where(_IS_ASKED_FOR), asked).rowcount for asked in keys_by_side(refs))


def change(connection: Connection, wanted: Mapping[Ref, Unsettled | None]) -> None:
    """Put each record in place, or remove it (None)."""
    drop(connection, _TABLE, [(ref.side.value, ref.key) for ref in sorted(wanted) if wanted[ref] is None])
    put(connection, _TABLE, [_row(record) for ref in sorted(wanted) if (record := wanted[ref]) is not None])


def _row(record: Unsettled) -> dict[str, object]:
    return {
        "side": record.ref.side.value,
        "key": record.ref.key,
        "reason": record.reason,
        "since": record.since,
        "due": record.due,
        "tries": record.tries,
        "choices": [_choice_to_json(choice) for choice in record.choices],
        "remarks": [[note.code, note.sentence, note.since.isoformat(), note.final] for note in record.remarks],
    }


def _unsettled(row: Row[Any]) -> Unsettled:
    return Unsettled(
        ref=Ref(Side(row.side), row.key),
        reason=row.reason,
        since=row.since,
        due=row.due,
        tries=row.tries,
        remarks=tuple(_remark(*parts) for parts in row.remarks),
        choices=tuple(_choice(**parts) for parts in row.choices),
    )


def _remark(code: str, sentence: str, since: str, final: object) -> Remark:
    return Remark(code, sentence, datetime.fromisoformat(since), final=bool(final))


def _choice_to_json(choice: Choice) -> dict[str, object]:
    seen, agreed = (values_to_json({s.value: v for s, v in each.items()}) for each in (choice.seen, choice.agreed))
    return {"field": choice.field, "take": choice.take.value, "seen": seen, "agreed": agreed}


def _choice(field: str, take: str, *, seen: Mapping[str, object], agreed: Mapping[str, object]) -> Choice:
    return Choice(field, Side(take), _by_side(seen), _by_side(agreed))


def _by_side(held: Mapping[str, object]) -> dict[Side, Value]:
    return {Side(side): value for side, value in values_from_json(held).items()}
