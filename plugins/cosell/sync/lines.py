"""Plans as staged JSON lines: what push and write back need of them, and the dry run prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cosell.core.actions import Create, FieldNote, Invite, PairPlan, Said, Update
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
        "heir": asdict(plan.heir) if plan.heir else None,
        "snapshots": {side: _snapshot(s, facts.union(_written(plan, side))) for side, s in plan.snapshots.items()},
        "create": _write(plan.create),
        "updates": {side: _write(update) for side, update in plan.updates.items()},
        "invite": _invite(plan.invite),
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
        heir=Binding(**line["heir"]) if line["heir"] else None,
        create=_read_create(line["create"]),
        updates={Side(side): _read_update(each) for side, each in line["updates"].items()},
        invite=_read_invite(line["invite"]),
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
    """Give a write; a value that is sent as its source holds it, as most are, stands once."""
    if write is None:
        return None
    as_held: dict[str, Value] = {}
    values, sent_from = dict(write.values), dict(write.sent_from)
    for name, value in write.values.items():
        source = sent_from.get(name)
        if source.__class__ is value.__class__ and source == value and name in sent_from:
            as_held[name] = value
            del values[name], sent_from[name]
    return {
        "side": write.side,
        "as_held": values_to_json(as_held),
        "values": values_to_json(values),
        "sent_from": values_to_json(sent_from),
        "close_as": write.close_as,
        "baselines": values_to_json(write.baselines) if isinstance(write, Update) else {},
    }


def _invite(invite: Invite | None) -> dict[str, object] | None:
    return {"help": invite.help, "values": values_to_json(invite.values)} if invite else None


def _read_invite(line: Mapping[str, Any] | None) -> Invite | None:
    return Invite(line["help"], values_from_json(line["values"])) if line else None


def _read_create(line: Mapping[str, Any] | None) -> Create | None:
    return Create(*_parts(line)) if line else None


def _read_update(line: Mapping[str, Any]) -> Update:
    return Update(*_parts(line), values_from_json(line["baselines"]))


def _parts(line: Mapping[str, Any]) -> tuple[Side, dict[str, Value], dict[str, Value], str | None]:
    as_held, values, sent_from = (values_from_json(line[name]) for name in ("as_held", "values", "sent_from"))
    return Side(line["side"]), as_held | values, as_held | sent_from, line["close_as"]
