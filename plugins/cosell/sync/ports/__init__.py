"""What the steps need from the outside: two replicas, a mapper, a state, a staging area."""

from cosell.sync.ports.mapper import Mapper
from cosell.sync.ports.memory import (
    HalfChange,
    HistoryEntry,
    Reason,
    Remark,
    RunKind,
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
    Stale,
    Written,
)
from cosell.sync.ports.staging import Staging
from cosell.sync.ports.state import SyncState

__all__ = [
    "OUTCOME_NAMES",
    "Change",
    "Draft",
    "Gone",
    "HalfChange",
    "HistoryEntry",
    "Mapper",
    "NoAnswer",
    "Outcome",
    "Reason",
    "Rejected",
    "Remark",
    "Replica",
    "RunKind",
    "RunRecord",
    "Settlement",
    "Staging",
    "Stale",
    "SyncState",
    "Unsettled",
    "Written",
]
