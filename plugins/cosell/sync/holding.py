"""holding: what a person does about held records: choose a side's value for a field, or let a record be tried again.

Nothing is written to either system here. A choice is kept with the unsettled record, which the next run looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from cosell.core.choice import STATUS, Choice, chosen_step, may_choose
from cosell.core.decide import view_of
from cosell.core.errors import CannotResolveError
from cosell.core.life import Stand
from cosell.core.lifecycle import Gate, gate
from cosell.core.pair import STOPPED
from cosell.core.reconcile import would_change
from cosell.core.record import Ref, Side
from cosell.core.scope import option_of
from cosell.core.sentences import SIDE_NAMES, label, say
from cosell.sync.chunk import PlanReport, make_gatherer
from cosell.sync.gathered import Batch
from cosell.sync.ports import HistoryEntry, RunRecord, Settlement
from cosell.sync.tables import main_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cosell.core.pair import Pair
    from cosell.core.reconcile import FieldView
    from cosell.core.record import Binding, Value
    from cosell.sync.ports import SyncState, Unsettled
    from cosell.sync.world import World

DAG = "cosell_resolve"
"""Whose name the leases of a choice are taken in."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A choice that was kept: what the next run writes where."""

    ref: Ref
    field: str
    side: Side
    """Where the value goes."""
    before: Value
    after: Value
    """As that side would store it."""
    waits: bool
    """The side takes no edit yet: it is written once the referral is answered."""


async def resolve(worlds: Sequence[World], record: str, *, field: str, take: Side) -> Resolved:
    """Keep a person's choice between the values that both sides hold now. Raises CannotResolveError."""
    state = main_of(worlds).state
    binding = next(iter(state.bindings(_refs(record)).values()), None)
    entry = state.unsettled(binding.refs).get(binding.refs[0]) if binding else None
    if binding is None or entry is None:
        command = f"airflow cosell unsettled{option_of(main_of(worlds).settings.scope.environment)}"
        raise CannotResolveError(f"{record} is no pair that is held; `{command}` lists those that are.")
    world = next((each for each in worlds if each.table == binding.table), None)
    if world is None:
        raise CannotResolveError(f"{record} is a {binding.table}, which this deployment does not keep in step.")
    run = _hold_of(world, binding)
    try:
        return _keep(world, run, await _read(world, run, binding), field=field, take=take)
    finally:
        state.give_back_leases(run.run_id)


def retry(state: SyncState, record: str | None, *, reason: str | None, now: datetime) -> int:
    """Let a record, or all (None), of that reason if said, be looked at by the next run; give how many."""
    if record is None:
        return state.make_due(now, reason=reason)
    own = _refs(record)
    bound = {ref for binding in state.bindings(own).values() for ref in binding.refs}
    found = state.make_due(now, refs=bound.union(own), reason=reason)
    if not found:
        raise CannotResolveError(f"{record} is not held{f' as {reason}' if reason else ''}: there is nothing to retry.")
    return found


def _refs(record: str) -> list[Ref]:
    """Give what an id may name, which people paste in either case."""
    ids = dict.fromkeys((record.strip(), record.strip().lower()))
    return [Ref(side, each) for side in Side for each in ids]


def _hold_of(world: World, binding: Binding) -> RunRecord:
    """Give what takes the lease: two persons at one record must not share it."""
    return RunRecord(
        run_id=f"resolve-{uuid4().hex}",
        dag_id=DAG,
        kind="manual",
        started=world.clock(),
        windows=dict.fromkeys(Side),
        referral_ids=(binding.referral_id,),
    )


async def _read(world: World, run: RunRecord, binding: Binding) -> tuple[Pair, Unsettled]:
    """Read both halves under lease, with what is remembered of them and why they are held."""
    batch = Batch({}, read_at=world.state.revision())
    for side in Side:
        batch.take(side, await world.replicas[side].fetch([binding.key(side)]))
    gathered = await make_gatherer(world, run, PlanReport()).gather(batch)
    if gathered.held:
        raise CannotResolveError("A run is at work on this record. Try again in a few minutes.")
    pair = next((each for each in gathered.pairs if each.binding.refs == binding.refs), None)
    entry = gathered.unsettled.get(binding.refs[0])
    if pair is None or entry is None:
        raise CannotResolveError("One half of this pair is gone or cannot be read, so there is nothing to choose from.")
    return pair, entry


def _keep(world: World, run: RunRecord, read: tuple[Pair, Unsettled], *, field: str, take: Side) -> Resolved:
    pair, entry = read
    view, now = _view(world, pair, field), world.clock()
    resolved = _resolved(world, pair, view, take=take)
    choice = Choice(field, take, dict(view.held), dict(view.baseline))
    others = tuple(each for each in entry.choices if each.field != field)
    line = HistoryEntry(
        now,
        run.run_id,
        entry.ref,
        "chosen",
        pair.binding.row_id,
        field,
        resolved.before,
        resolved.after,
        f"taken from {SIDE_NAMES[take]}",
    )
    held = replace(entry, due=now, choices=(*others, choice))
    world.state.settle([Settlement(unsettled=held, history=(line,))])
    return resolved


def _view(world: World, pair: Pair, field: str) -> FieldView:
    """Give the field as both sides hold it; raises where there is nothing to choose."""
    fields, baseline = world.mapper.fields, pair.baseline(world.mapper.fields)
    views = {each.name: view_of(each, pair, baseline) for each in fields.values() if may_choose(each)}
    differing = [name for name, view in views.items() if _differs(world, view)]
    if field in differing:
        return views[field]
    why = f"both sides hold the same in {field}" if field in views else f"there is no choice to be made of {field}"
    names = ", ".join(differing) or "none"
    raise CannotResolveError(f"Nothing was kept: {why}. Fields that differ on this record: {names}.")


def _differs(world: World, view: FieldView) -> bool:
    """Tell whether carrying either value would change something: a cut copy is no other value."""
    name, held = view.field.name, view.held
    return all(
        would_change(name, held[side], held=held[side.other], side=side.other, fit=world.mapper.fit) for side in Side
    )


def _resolved(world: World, pair: Pair, view: FieldView, *, take: Side) -> Resolved:
    """Give what would be written; raises where the other side never takes it."""
    field, target = view.field, take.other
    value = world.mapper.fit(target, field.name, view.held[take])
    passed = gate(field, target, values=pair.snapshots[target].values)
    if field.name == STATUS:
        step = chosen_step(Stand(view.held, view.baseline), take, fit=world.mapper.fit)
        if step is None:
            raise CannotResolveError(
                f"Nothing was kept: {SIDE_NAMES[target]} has no step from {view.held[target]} to {view.held[take]}. "
                "Take the other side, or change the deal by hand."
            )
        value, passed = step.word, Gate.OPEN
    if field.authority is target:
        raise CannotResolveError(
            f"Nothing was kept: {label(field.name)} follows {SIDE_NAMES[target]}. Change it there, or take its value."
        )
    if passed in {Gate.NEVER, Gate.CLOSED}:
        _, code = STOPPED[passed]
        raise CannotResolveError(f"Nothing was kept. {say(code, field=field.name, side=target)}")
    return Resolved(pair.binding.refs[0], field.name, target, view.held[target], value, passed is Gate.NOT_YET)
