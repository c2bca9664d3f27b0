"""What the steps need from the outside: two replicas, a mapper, a state, a staging area."""

from cosell.sync.ports.engagements import PART, Engagements, Invitation
from cosell.sync.ports.mapper import Mapper
from cosell.sync.ports.memory import (
    EngagementRead,
    HalfChange,
    HistoryEntry,
    Reason,
    Remark,
    RunKind,
    RunningClock,
    RunRecord,
    Settlement,
    Unsettled,
)
from cosell.sync.ports.replica import (
    OUTCOME_NAMES,
    Change,
    Draft,
    Gone,
    NoAnswer,
    Outcome,
    Rejected,
    Replica,
    Retired,
    Stale,
    Tracked,
    Written,
)
from cosell.sync.ports.staging import Staging
from cosell.sync.ports.state import SyncState

__all__ = [
    "OUTCOME_NAMES",
    "PART",
    "Change",
    "Draft",
    "EngagementRead",
    "Engagements",
    "Gone",
    "HalfChange",
    "HistoryEntry",
    "Invitation",
    "Mapper",
    "NoAnswer",
    "Outcome",
    "Reason",
    "Rejected",
    "Remark",
    "Replica",
    "Retired",
    "RunKind",
    "RunRecord",
    "RunningClock",
    "Settlement",
    "Staging",
    "Stale",
    "SyncState",
    "Tracked",
    "Unsettled",
    "Written",
]
