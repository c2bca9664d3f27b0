"""What this side remembers between runs: filters that the service refuses, spellings it takes, ids it taught us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NO_FILTER = "partner_center.no_filter."
"""Followed by a member's name: the service answered a filter on it with 400."""
CREATED_LISTING = "partner_center.created_listing"
DEAL_VALUE_AS = "partner_center.deal_value_as"
ORGANIZATION = "partner_center.organization"


@dataclass(frozen=True, slots=True)
class Memory:
    """Two ways into the state's plain-JSON store."""

    recall: Callable[[str], object | None]
    remember: Callable[[str, object], None]

    def refuses_filter(self, member: str) -> bool:
        """Tell whether the service is known to refuse a filter on this member."""
        return self.recall(NO_FILTER + member) is True

    def note_refused_filter(self, member: str) -> None:
        """Remember that the service refuses a filter on this member."""
        self.remember(NO_FILTER + member, True)
