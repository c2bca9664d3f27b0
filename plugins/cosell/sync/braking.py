"""braking: what a plan is held against before anything is written: the limits, an empty side, the mapping in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.brakes import Totals, check_brakes, empty_side
from cosell.core.errors import MappingChangedError
from cosell.core.record import Side
from cosell.core.scope import option_of
from cosell.sync.ports import Gone
from cosell.sync.staged import PullFile
from cosell.sync.stops import mapping_passed, stopped_by_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.core.brakes import Brake
    from cosell.sync.ports import RunRecord
    from cosell.sync.world import World

PROBED = 20
"""How many bound records are asked for by id before a side is called empty."""


async def brakes_of(world: World, counts: Mapping[str, int]) -> tuple[Brake, ...]:
    """Give the limits that a plan is over; `counts` are the plan's."""
    bound = world.state.binding_count(table=world.table)
    if not bound:
        return ()
    # A CRM may have no open lead at any time; the two sides as such are seen to by the world of opportunities.
    for side in Side if world.is_main else ():
        if _shows_nothing(world, side) and await _is_really_empty(world, side):
            return (empty_side(side, bound=bound),)
    totals = Totals(bound, counts["changed_pairs"], counts["orphan"])
    return check_brakes(totals, share=world.settings.brake_share, floor=world.settings.brake_floor)


def changed_mapping(world: World, run: RunRecord, *, accepted: bool) -> tuple[str, ...]:
    """Name the fields whose line is not the one in memory; raises MappingChangedError unless a person accepts them."""
    now, before = dict(world.mapper.fingerprints), world.state.recall(world.part("mapping"))
    changed = _differing(now, before)
    if run.dry_run:
        return changed
    option = option_of(world.settings.scope.environment)
    sentence = (
        f"The mapping of {', '.join(changed)} is not the one in memory. "
        f"A dry run of cosell_reconcile, then airflow cosell plan RUN_ID{option}, show what the new one would do; if "
        f"that is right, airflow cosell allow mapping{option} lets the next run take it over, as does a run with "
        "accept_mapping."
    )
    if changed and not accepted and stopped_by_mapping(world, run, now, sentence=sentence):
        raise MappingChangedError(sentence)
    if changed:
        world.state.forget_fields(changed, table=world.table)
    if now != before:
        world.state.remember(world.part("mapping"), now)
    mapping_passed(world, run)
    return changed


def _differing(now: Mapping[str, str], before: object) -> tuple[str, ...]:
    if not isinstance(before, dict):
        return ()
    return tuple(sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name)))


def _shows_nothing(world: World, side: Side) -> bool:
    return all(line.get("gone") for line in PullFile(world.staging, side).lines())


async def _is_really_empty(world: World, side: Side) -> bool:
    """Tell whether the side shows nothing, neither of what it lists nor of what is bound."""
    replica = world.replicas[side]
    if not await replica.is_empty():
        return False
    found = await replica.fetch([binding.key(side) for binding in world.state.some_bindings(PROBED, table=world.table)])
    return all(isinstance(row, Gone) for row in found.values())
