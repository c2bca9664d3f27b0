"""What a side sent beyond its contract is told once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cosell.sync.unknown import MOST, newly_unknown
from sync_examples import DV, PC, a_run, small_world

if TYPE_CHECKING:
    from cosell.sync.world import World


@dataclass
class _Met:
    unknown: set[str]


def met(world: World, *names: str) -> World:
    """Give the world whose Partner Center showed these names."""
    shown: Any = _Met(set(names))
    return replace(world, replicas={**world.replicas, PC: shown})


def test_a_name_is_told_once() -> None:
    """What a run told of, the next one leaves out; something new is told by itself; nothing met, nothing told."""
    world = small_world()
    assert newly_unknown(met(world, "b", "a"), PC, a_run()) == ("a", "b")
    assert newly_unknown(met(world, "a", "b"), PC, a_run()) == ()
    assert newly_unknown(met(world, "a", "c"), PC, a_run()) == ("c",)
    assert newly_unknown(met(world), PC, a_run()) == ()
    assert newly_unknown(replace(world, replicas={DV: met(world, "a").replicas[PC]}), DV, a_run()) == ("a",)


def test_a_dry_run_takes_nothing_away() -> None:
    """What a dry run tells of, the real one tells again."""
    world = met(small_world(), "a")
    assert newly_unknown(world, PC, a_run(dry_run=True)) == ("a",)
    assert newly_unknown(world, PC, a_run()) == ("a",)


def test_telling_has_an_end() -> None:
    """Beyond the bound nothing is told, so that nothing is told twice."""
    world = small_world()
    assert len(newly_unknown(met(world, *map(str, range(MOST + 9))), PC, a_run())) == MOST
    assert newly_unknown(met(world, "another"), PC, a_run()) == ()
