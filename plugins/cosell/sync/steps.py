"""The steps of a run, in their order: pull, plan, push, write back, advance."""

from cosell.sync.advance import AdvanceReport, advance
from cosell.sync.chunk import PlanReport
from cosell.sync.plan import PlanOptions, plan
from cosell.sync.pull import PullReport, pull
from cosell.sync.push import PushReport, push
from cosell.sync.windows import RunFacts, open_run
from cosell.sync.world import Settings, World
from cosell.sync.write_back import WriteBackReport, write_back

__all__ = [
    "AdvanceReport",
    "PlanOptions",
    "PlanReport",
    "PullReport",
    "PushReport",
    "RunFacts",
    "Settings",
    "World",
    "WriteBackReport",
    "advance",
    "open_run",
    "plan",
    "pull",
    "push",
    "write_back",
]
