"""Realistic data for a new sandbox, the same for the same numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.seed.catalogue import SOLUTIONS
from sandbox.seed.crm import plant_master_data, plant_opportunities
from sandbox.seed.referrals import plant_referrals

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World

_MARK = "planted"


def plant(world: World, *, referrals: int = 0, opportunities: int = 0) -> bool:
    """Fill a new world and give True; one that was filled before is left alone. Zero means master data only."""
    marks = world.store.table("seed")
    if _MARK in marks:
        return False
    with world.store.atomic():
        for solution in SOLUTIONS:
            world.store.table("solution_catalogue").put(solution.id, {"name": solution.name})
        plant_master_data(world)
        plant_referrals(world, referrals)
        plant_opportunities(world, opportunities)
        marks.put(_MARK, {"referrals": referrals, "opportunities": opportunities})
    return True


def play(world: World, script: Path) -> None:
    """Play the acts of a JSON file, each an object with `do` and its own members."""
    with world.store.atomic():
        for said in json.loads(script.read_text(encoding="utf-8")):
            world.act(said)
