"""Plans as staged JSON lines: what push and write back need of them, and the dry run prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cosell.core.actions import Create, FieldNote, PairPlan, Said, Update
from cosell.core.record import Binding, Side, Snapshot
from cosell.core.values import from_json, to_json, values_from_json, values_to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cosell.core.record import Field, Value


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One plan, and the state's revision under which it was made: a half changed since makes it out of date."""

    plan: PairPlan
    revision: int
    clears: str | None = None
    """The unsettled entry (its mark) that falls away when this plan is done, unless another has taken its place."""


def plan_to_line(line: PlanLine, *, facts: frozenset[str]) -> dict[str, object]:
    """Give a plan as a JSON line, its snapshots cut down to what later steps read (see `facts_of`)."""
    plan = line.plan
    return {
        "revision": line.revision,
        "clears": line.clears,
        "binding": asdict(plan.binding) if plan.binding else None,
        "adopted": plan.adopted,
        "snapshots": {side: _snapshot(s, facts.union(_written(plan, side))) for side, s in plan.snapshots.items()},
        "create": _write(plan.create),
        "updates": {side: _write(update) for side, update in plan.updates.items()},
        "stale": dict(plan.stale),
        "reason": plan.reason,
        "said": [asdict(each) for each in plan.said],
        "notes": [asdict(each) | {"old": to_json(each.old), "new": to_json(each.new)} for each in plan.notes],
        "rules": dict(plan.rules),
        "kept": plan.kept,
    }


def line_to_plan(line: Mapping[str, Any]) -> PlanLine:
    """Give the plan of a JSON line."""
    plan = PairPlan(
        snapshots={Side(side): _read_snapshot(Side(side), s) for side, s in line["snapshots"].items()},
        binding=Binding(**line["binding"]) if line["binding"] else None,
        adopted=line["adopted"],
        create=_read_create(line["create"]),
        updates={Side(side): _read_update(each) for side, each in line["updates"].items()},
        stale={Side(side): stale for side, stale in line["stale"].items()},
        reason=line["reason"],
        said=tuple(Said(**each) for each in line["said"]),
        notes=tuple(FieldNote(**{**n, "old": from_json(n["old"]), "new": from_json(n["new"])}) for n in line["notes"]),
        rules=line["rules"],
        kept=line["kept"],
    )
    return PlanLine(plan, line["revision"], line["clears"])


def facts_of(fields: Mapping[str, Field]) -> frozenset[str]:
    """Name the values of any record that later steps read: facts, bookkeeping, state, the name that the mark shares."""
    facts = {name for name, each in fields.items() if each.bookkeeping or not each.is_shared_by_both}
    return frozenset(facts | {"deal_name", "status"})


def _written(plan: PairPlan, side: Side) -> Collection[str]:
    """Name the values that are about to be overwritten."""
    return plan.updates[side].values if side in plan.updates else ()


def _snapshot(snapshot: Snapshot, names: frozenset[str]) -> dict[str, object]:
    return {
        "key": snapshot.key,
        "etag": snapshot.etag,
        "changed": snapshot.changed.isoformat() if snapshot.changed else None,
        "remembered": snapshot.remembered,
        "values": values_to_json({name: value for name, value in snapshot.values.items() if name in names}),
    }


def _read_snapshot(side: Side, line: Mapping[str, Any]) -> Snapshot:
    changed = datetime.fromisoformat(line["changed"]) if line["changed"] else None
    return Snapshot(side, line["key"], line["etag"], values_from_json(line["values"]), changed, line["remembered"])


def _write(write: Create | Update | None) -> dict[str, object] | None:
    if write is None:
        return None
    return {
        "side": write.side,
        "values": values_to_json(write.values),
        "sent_from": values_to_json(write.sent_from),
        "close_as": write.close_as,
    }


def _read_create(line: Mapping[str, Any] | None) -> Create | None:
    return Create(*_parts(line)) if line else None


def _read_update(line: Mapping[str, Any]) -> Update:
    return Update(*_parts(line))


def _parts(line: Mapping[str, Any]) -> tuple[Side, dict[str, Value], dict[str, Value], str | None]:
    return Side(line["side"]), values_from_json(line["values"]), values_from_json(line["sent_from"]), line["close_as"]
