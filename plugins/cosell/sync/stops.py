"""stops: what stopped the sync and stands until a plan passes, and what a person let through once.

Only whole runs of the sync count: a run for chosen records, a backfill or a dry run leaves what stands as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from cosell.sync.world import LEAD, OPPORTUNITY, part_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.brakes import Brake
    from cosell.sync.ports import RunRecord, SyncState
    from cosell.sync.world import World

SYNC_DAG = "cosell_sync"
"""The DAG whose next run uses a permission."""
Kind = Literal["brake", "mapping"]
KINDS: tuple[Kind, ...] = ("brake", "mapping")


@dataclass(frozen=True, slots=True)
class Stop:
    """What stopped the sync: since when, in whose words, and what exactly is let through if a person says so."""

    kind: Kind
    table: str
    since: datetime
    run_id: str
    sentence: str
    exactly: Mapping[str, Any] = field(default_factory=dict)
    """Brake: the number of each limit, by its kind. Mapping: the fingerprint of each field, by its name."""
    allowed: bool = False
    """A person has let it through: the next run goes on."""


def standing_stops(state: SyncState) -> list[Stop]:
    """Give what stops the sync now."""
    found = (_recalled(state, kind, table) for kind in KINDS for table in (OPPORTUNITY, LEAD))
    return [stop for stop in found if stop is not None]


def allow(state: SyncState, kind: Kind) -> list[Stop]:
    """Let what stands of that kind through once, exactly as it stands; give it."""
    stops = [stop for stop in standing_stops(state) if stop.kind == kind]
    for stop in stops:
        state.remember(_permission(kind, stop.table), {"exactly": dict(stop.exactly), "run": None})
    return stops


def braked(world: World, run: RunRecord, brakes: Sequence[Brake], *, allowed: bool) -> bool:
    """Tell whether the run must stop; what stands is remembered, and forgotten by a plan that passes."""
    exactly = {each.kind: each.number for each in brakes}
    if not _is_whole(run):
        return bool(brakes) and not allowed and not run.dry_run
    if allowed or not brakes or _is_allowed_brake(world, run, exactly):
        _passed(world, run, "brake")
        return False
    _stopped(world, run, "brake", sentence=" ".join(each.sentence for each in brakes), exactly=exactly)
    return True


def stopped_by_mapping(world: World, run: RunRecord, fingerprints: Mapping[str, str], *, sentence: str) -> bool:
    """Tell whether a changed mapping stops the run, unless a person let exactly this one through."""
    if not _is_whole(run):
        return True
    permission = _asked(world.state, _permission("mapping", world.table))
    if permission.get("exactly") == dict(fingerprints):
        return False
    _stopped(world, run, "mapping", sentence=sentence, exactly=fingerprints)
    return True


def mapping_passed(world: World, run: RunRecord) -> None:
    """Forget what stood, since the mapping is the one in memory now."""
    if not run.dry_run:
        _passed(world, run, "mapping")


def _is_whole(run: RunRecord) -> bool:
    return run.dag_id == SYNC_DAG and not run.referral_ids and not run.dry_run


def _is_allowed_brake(world: World, run: RunRecord, exactly: Mapping[str, int]) -> bool:
    """Tell whether a person let at least these numbers through, for this run (again) or for the next one."""
    permission = _asked(world.state, _permission("brake", world.table))
    allowed = permission.get("exactly") or {}
    mine = permission.get("run") in {None, run.run_id}
    return mine and all(number <= allowed.get(kind, -1) for kind, number in exactly.items())


def _passed(world: World, run: RunRecord, kind: Kind) -> None:
    """Forget what stood; a permission is this run's from now on, also where its plan is made again."""
    if _asked(world.state, _stand(kind, world.table)):
        world.state.remember(_stand(kind, world.table), None)
    permission = _asked(world.state, _permission(kind, world.table))
    if permission and permission["run"] != run.run_id:
        mine = None if permission["run"] else {**permission, "run": run.run_id}
        world.state.remember(_permission(kind, world.table), mine)


def _stopped(world: World, run: RunRecord, kind: Kind, *, sentence: str, exactly: Mapping[str, Any]) -> None:
    """Remember what stands, with its first time; a permission for less has lost its force."""
    known = _asked(world.state, _stand(kind, world.table))
    since = known["since"] if known else world.clock().isoformat()
    told = {"since": since, "run": run.run_id, "sentence": sentence, "exactly": dict(exactly)}
    world.state.remember(_stand(kind, world.table), told)
    if _asked(world.state, _permission(kind, world.table)):
        world.state.remember(_permission(kind, world.table), None)


def _recalled(state: SyncState, kind: Kind, table: str) -> Stop | None:
    told, permission = _asked(state, _stand(kind, table)), _asked(state, _permission(kind, table))
    if not told:
        return None
    since = datetime.fromisoformat(told["since"])
    allowed = permission.get("exactly") == told["exactly"]
    return Stop(kind, table, since, told["run"], told["sentence"], told["exactly"], allowed=allowed)


def _stand(kind: Kind, table: str) -> str:
    return part_of(f"stopped_by_{kind}", table)


def _permission(kind: Kind, table: str) -> str:
    return part_of(f"allowed_{kind}", table)


def _asked(state: SyncState, name: str) -> dict[str, Any]:
    found = state.recall(name)
    return found if isinstance(found, dict) else {}
