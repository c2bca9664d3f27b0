"""All that a step works with, for one table of the CRM: replicas, mapping, memory, staged files, clock, settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from cosell.core.lifecycle import Gestures
from cosell.core.phrases import ENGLISH
from cosell.core.scope import Scope
from cosell.core.terms import Terms
from cosell.sync.retired import retired_solutions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cosell.core.phrases import Phrasebook
    from cosell.core.record import Side
    from cosell.core.rules import Severity
    from cosell.sync.ports import Engagements, Mapper, Replica, Staging, SyncState


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
    paused_sides: frozenset[Side] = frozenset()
    """Sides that are read, but not written to."""
    marks: bool = True
    """Whether the opportunity's name carries a check mark or a cross."""
    phrases: Phrasebook = ENGLISH
    """The language that sellers read in Audit."""
    severities: Mapping[str, Severity] = field(default_factory=dict)
    history_days: int = 400
    staged_days: int = 7
    chunk: int = 2000
    """Records mapped and planned at a time."""
    late_after: timedelta = timedelta(minutes=10)
    """An edit that took longer to arrive is warned of in the run's report (p95)."""
    gestures: Gestures = field(default_factory=Gestures)
    """What a seller does to an opportunity to answer its referral."""
    clock_marks: tuple[int, ...] = (7, 3, 1, 0)
    """Days before an end at which it is told of."""
    scope: Scope = field(default_factory=Scope)
    """What this environment may do in Partner Center, and which referrals are its own."""
    organization_id: str | None = None
    states: frozenset[str] | None = None
    """Referral states that a backfill carries; None: all that can be carried."""
    switch_on: bool = False
    """Whether the seller's switch is set to Yes on rows that are found to be the deal of a referral."""


OPPORTUNITY, LEAD = "opportunity", "lead"


def part_of(name: str, table: str) -> str:
    """Give the name of one table's part: that of opportunities is the plain one."""
    return name if table == OPPORTUNITY else f"{name}_{table}"


@dataclass(frozen=True, slots=True)
class World:
    """What the steps of one run speak to for one table of the CRM. Partner Center, memory and clock are shared."""

    replicas: Mapping[Side, Replica]
    mapper: Mapper
    state: SyncState
    staging: Staging
    clock: Callable[[], datetime]
    settings: Settings = field(default_factory=Settings)
    table: str = OPPORTUNITY
    """The table whose pairs are kept in step here; those of other tables are left alone."""
    tables: frozenset[str] = frozenset({OPPORTUNITY})
    """All tables that the run keeps in step, each in a world of its own."""
    engagements: Engagements | None = None
    """Microsoft's part of our deals; None where it is not looked at."""
    left_out: str = ""
    """What a person should know of a table that the run does without."""
    deals: World | None = None
    """The world of opportunities, for that of leads: a qualified lead goes on there."""

    @property
    def is_main(self) -> bool:
        """Tell whether this is the world of opportunities, to which belongs what no other one takes."""
        return self.table == OPPORTUNITY

    def part(self, name: str) -> str:
        """Give the name under which this table's part of a run is reported and remembered."""
        return part_of(name, self.table)

    def terms(self) -> Terms:
        """Give what decisions stand on besides the records."""
        return Terms(
            fields=self.mapper.fields,
            fit=self.mapper.fit,
            now=self.clock(),
            severities=self.settings.severities,
            states=self.settings.states,
            organization_id=self.settings.organization_id,
            scope=self.settings.scope,
            gestures=self.settings.gestures,
            switch_on=self.settings.switch_on,
            leads=self.table == LEAD,
            retired=retired_solutions(self.state),
        )
