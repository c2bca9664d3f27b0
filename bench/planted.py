"""States of the sandbox with a chosen number of deals that a first run carries; the same for the same number."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import create_app as dataverse_app
from sandbox.partner_center import create_app as partner_center_app
from sandbox.partner_center import records
from sandbox.seed import plant
from sandbox.seed.referrals import plant_microsofts, plant_referrals
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

_CARRIED = {("Active", "Accepted"), ("Closed", "Won"), ("Closed", "Lost")}


def referrals(number: int, *, leads: bool = True) -> list[dict[str, Any]]:
    """Give that many referrals of three years as the seed has them: co-sell deals, open, won and lost, and leads."""
    world = _world(":memory:")
    plant_referrals(world, int(number * 2.2) + 50)
    found = [deal for deal in _carried(world) if leads or not _is_lead(deal)][:number]
    if len(found) < number:
        message = f"the seed gave {len(found)} deals, not {number}"
        raise RuntimeError(message)
    return found


def plant_state(folder: Path, deals: list[dict[str, Any]]) -> Path:
    """Write a sandbox's state: these deals in Partner Center, Microsoft's beside the open shared ones; an empty CRM."""
    folder.mkdir(parents=True)
    world = _world(folder / "sandbox.db")
    with world.store.atomic():
        for deal in deals:
            records.table(world).put(deal["id"], deal)
            if (deal["type"], deal["status"]) == ("Shared", "Active"):
                plant_microsofts(world, random.Random(deal["id"]), deal)
    world.store.close()
    return folder


def copy_state(folder: Path, name: str) -> Path:
    """Give an equally fresh copy: same ids, same eTags."""
    return Path(shutil.copytree(folder, folder.with_name(name)))


def _world(path: str | Path) -> World:
    world = World.open(path)
    partner_center_app(world)
    dataverse_app(world)
    plant(world)
    return world


def _carried(world: World) -> Iterator[dict[str, Any]]:
    for deal in records.table(world).values():
        ours = deal["organizationId"] == world.settings["organization_id"]
        # without a postal code two accounts of a name are for a person to choose from: such a deal stays unsettled
        has_code = bool(deal["customerProfile"]["address"]["postalCode"])
        if ours and has_code and (deal["status"], deal["substatus"]) in _CARRIED:
            yield deal


def _is_lead(deal: dict[str, Any]) -> bool:
    return deal["qualification"] != "SalesQualified" and deal["type"] != "Shared"
