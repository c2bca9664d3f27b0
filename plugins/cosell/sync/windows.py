"""Which span of time a run reads on each side, and the run as the memory keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cosell.core.errors import ConfigurationError
from cosell.core.record import Side, Window
from cosell.sync.pausing import release
from cosell.sync.ports import RunKind, RunRecord

if TYPE_CHECKING:
    from cosell.sync.world import World


WHOLE = Window(None, None, by="created")
"""The whole list. By time of creation its order is not moved by edits made while it is read."""
_BEGUN = "begun"
"""Since when a sync that was to begin `now` carries deals."""
_EXPECTED = "a time such as 2026-01-31T00:00:00Z, `now` or `everything`"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the scheduler knows of a run."""

    run_id: str
    dag_id: str
    kind: RunKind
    interval_start: datetime | None = None
    interval_end: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    referral_ids: tuple[str, ...] = ()
    dry_run: bool = False


def open_run(world: World, facts: RunFacts) -> RunRecord:
    """Give the run as first stored; a repeat of any task of it finds the same windows."""
    if not facts.dry_run:
        release(world)
    known = world.state.runs(facts.run_id)
    if known is not None and known.dag_id != facts.dag_id:
        raise ConfigurationError(f"The run id {facts.run_id} belongs to a run of {known.dag_id}. Choose another one.")
    if known is not None:
        return known
    run = RunRecord(
        run_id=facts.run_id,
        dag_id=facts.dag_id,
        kind=facts.kind,
        started=world.clock(),
        windows={side: _window(world, facts, side) for side in Side},
        referral_ids=facts.referral_ids,
        dry_run=facts.dry_run,
    )
    return world.state.begin_run(run)


def _window(world: World, facts: RunFacts, side: Side) -> Window | None:
    if facts.kind == "reconcile":
        if not facts.dry_run:
            _since(world, side, dry_run=True)  # raises where nobody said yet which deals are wanted at all
        return WHOLE
    if facts.kind == "backfill":
        return Window(facts.interval_start, facts.interval_end, by="created")
    if facts.kind == "events" or (facts.referral_ids and facts.since is None and facts.until is None):
        return None
    until = facts.until or facts.interval_end or world.clock()
    if facts.kind == "manual" and (facts.since or facts.until):
        return Window(facts.since, until)
    return Window(_since(world, side, dry_run=facts.dry_run), until)


def begun(world: World) -> datetime | None:
    """Give since when deals of Partner Center are carried that the CRM does not know; None: all of them are."""
    match world.settings.start:
        case None | "" | "everything":
            return None
        case "now":
            known = world.state.recall(_BEGUN)
            return datetime.fromisoformat(known) if isinstance(known, str) else world.clock()
        case text:
            return _time(text)


def _since(world: World, side: Side, *, dry_run: bool) -> datetime | None:
    watermark = world.state.watermark(side)
    if watermark is not None:
        return watermark - world.settings.overlap
    match world.settings.start:
        case None | "":
            raise ConfigurationError(
                "There is no watermark yet, and the Airflow Variable cosell_start is not set. The CRM may already hold "
                f"deals of another connector, so say where to begin: {_EXPECTED}."
            )
        case "everything":
            return None
        case "now":
            since = world.clock() - world.settings.overlap
            if not dry_run:
                world.state.remember(_BEGUN, since.isoformat())
            return since
        case text:
            return _time(text)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"The Airflow Variable cosell_start is {text!r}; expected {_EXPECTED}."
        raise ConfigurationError(message) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
