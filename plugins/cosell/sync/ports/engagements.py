"""Engagements: the deal across organisations; Microsoft's part of it is read, never written, and asked for once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cosell.core.record import Row
    from cosell.sync.ports.replica import Outcome

PART: Final = "microsoft"
"""The member of our referral's payload under which Microsoft's own referral is nested.

Null: Microsoft has no part in the engagement; missing: nobody looked.
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A request for Microsoft's help with a deal that stands in Partner Center already."""

    referral_id: str
    engagement_id: str
    help: str
    """The kind of help, as Partner Center says it."""
    notes: str | None = None
    """What Microsoft's seller should read."""
    columns: Mapping[str, object] = field(default_factory=dict)
    """Wire path → JSON value: what Microsoft is told besides what our own referral says."""


class Engagements(Protocol):
    """Microsoft's part of our deals. Whose a referral is, is told by organisation ids alone.

    Raises RetryLaterError or StopRunError for what concerns the whole call, never for one engagement.
    """

    def shared(self, row: Row) -> str | None:
        """Give the engagement of our referral where somebody else may have a part in it; None for ours alone."""
        ...

    async def read(self, engagement_ids: Sequence[str]) -> dict[str, Row]:
        """Give our referral in each of these engagements, with Microsoft's nested under `PART`.

        One request each. An engagement that cannot be read now, or shows no referral of ours, is left out.
        """
        ...

    async def ours_beside(self, referral_ids: Sequence[str]) -> dict[str, str]:
        """Give the id of our referral in the engagement of each of these, whoever's they are.

        One that we may not see, or in whose engagement none is ours, is left out.
        """
        ...

    async def invite(self, invitations: Sequence[Invitation]) -> Sequence[Outcome]:
        """Ask Microsoft into these engagements; one where it has a part already is left as it is.

        `Written` holds our referral with Microsoft's nested.
        """
        ...
