"""All that a step works with: the two replicas, the mapping, the memory, the staged files, the clock, the settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cosell.core.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cosell.core.record import Side
    from cosell.core.rules import Severity
    from cosell.sync.ports import Mapper, Replica, Staging, SyncState


@dataclass(frozen=True, slots=True)
class Settings:
    """How the sync behaves; every one has a default that suits production."""

    start: str | None = None
    """Where a scheduled run begins without a watermark: a time, `now` or `everything`."""
    overlap: timedelta = timedelta(minutes=10)
    """How far before the watermark a window begins: late commits, clocks of whole seconds."""
    lease: timedelta = timedelta(minutes=15)
    brake_share: float = 0.25
    """Share of the bindings that one run may edit or find orphaned."""
    brake_floor: int = 50
    """Never braked below this many."""
    marks: bool = True
    """Whether the opportunity's name carries a check mark or a cross."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    history_days: int = 400
    staged_days: int = 7
    chunk: int = 2000
    """Records mapped and planned at a time."""
    late_after: timedelta = timedelta(minutes=10)
    """An edit that took longer to arrive is warned of in the run's report (p95)."""
    organization_id: str | None = None
    states: frozenset[str] | None = None
    """Referral states that a backfill carries; None: all that can be carried."""


@dataclass(frozen=True, slots=True)
class World:
    """What the steps of one run speak to."""

    replicas: Mapping[Side, Replica]
    mapper: Mapper
    state: SyncState
    staging: Staging
    clock: Callable[[], datetime]
    settings: Settings = field(default_factory=Settings)

    def terms(self) -> Terms:
        """Give what decisions stand on besides the records."""
        return Terms(
            fields=self.mapper.fields,
            fit=self.mapper.fit,
            today=self.clock().date(),
            severities=self.settings.severities,
            states=self.settings.states,
            organization_id=self.settings.organization_id,
        )
