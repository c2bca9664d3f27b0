"""pausing: nothing is written to a side that is paused; what would have been is looked at again when the pause ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.actions import Said
from cosell.core.record import Side
from cosell.core.sentences import say
from cosell.sync.ports import Settlement
from cosell.sync.standing import AT_ONCE, SIDE_PAUSED, mark_of, standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Ref
    from cosell.sync.lines import PlanLine
    from cosell.sync.ports import Unsettled
    from cosell.sync.world import World

CODE = "SIDE-1"
_SCOPE = "scope"
"""Under this name the memory keeps what the environment might do so far."""


def is_paused(world: World, side: Side) -> bool:
    """Tell whether nothing may be written to the side."""
    return side in world.settings.paused_sides


def hold_back_lines(world: World, side: Side, lines: Sequence[PlanLine]) -> int:
    """Leave what a plan would write to the side to the end of the pause; give of how many records."""
    now = world.state.unsettled([line.plan.ref for line in lines])
    others = {each for each in _sentences(world) if each != say(CODE, side=side)}
    told = {}
    for line in lines:
        prior = now.get(line.plan.ref)
        if prior is not None and prior.reason in AT_ONCE and mark_of(prior) != line.clears:
            continue  # something befell it in this run: it comes back by itself
        kept = (Said(r.code, r.sentence) for r in prior.remarks if r.sentence in others) if prior else ()
        told[line.plan.ref] = (*line.plan.said, *kept)
    return len(_hold_back(world, side, told, prior=now))


def hold_back(world: World, side: Side, refs: Sequence[Ref]) -> dict[Ref, Unsettled]:
    """Leave what our own columns need on the side to the end of the pause; give the entries of what was settled."""
    known = world.state.unsettled(refs)
    if known:
        world.state.remember(_name(side), True)
    return _hold_back(world, side, {ref: () for ref in refs if ref not in known}, prior={})


def release(world: World) -> None:
    """Let all that is unsettled be looked at now, once a side is paused no more, or this environment may do more."""
    told = world.settings.scope.told
    if (known := world.state.recall(_SCOPE)) != told:
        if known is not None:
            world.state.make_due(world.clock())
        world.state.remember(_SCOPE, told)
    ended = [side for side in Side if not is_paused(world, side) and world.state.recall(_name(side))]
    if ended:
        world.state.make_due(world.clock())
    for side in ended:
        world.state.remember(_name(side), None)


def _hold_back(
    world: World, side: Side, told: Mapping[Ref, tuple[Said, ...]], *, prior: Mapping[Ref, Unsettled]
) -> dict[Ref, Unsettled]:
    """Put the entries in place; the pause is remembered first, so that its end is never missed."""
    if not told:
        return {}
    world.state.remember(_name(side), True)
    now, own = world.clock(), Said(CODE, say(CODE, side=side))
    entries = {
        ref: standing(ref, SIDE_PAUSED, (*(each for each in said if each != own), own), prior=prior.get(ref), now=now)
        for ref, said in told.items()
    }
    world.state.settle(Settlement(unsettled=entry) for entry in entries.values())
    return entries


def _sentences(world: World) -> set[str]:
    return {say(CODE, side=side) for side in world.settings.paused_sides}


def _name(side: Side) -> str:
    return f"paused_{side}"
