"""What tests of a deal's life share: the choices of its columns, deals in step, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.dataverse import crm
from sandbox.partner_center import portal

if TYPE_CHECKING:
    from tests.integration.joined import Joined


WAITING, SYNCED, REFUSED, CONFLICT, PAUSED = range(727000000, 727000005)
ON_HOLD, IN_PROGRESS = 2, 1
WON, LOST = 1, 2
NOT_VISIBLE, VISIBLE = 727000000, 727000001
BUDGET = 727000000


def plan_of(joined: Joined) -> dict[str, Any]:
    """Run once and give the plan's part of the report."""
    part: dict[str, Any] = joined.report(joined.run())["plan"]
    return part


def bound(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Give a referral and its row, in step."""
    referral = joined.referral(**members)
    joined.run()
    joined.later(60)
    return referral, joined.row_of(referral)["opportunityid"]


def invited(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Give an unanswered referral and its row."""
    invitation = portal.invite(joined.sandbox, **members)["id"]
    joined.run()
    joined.later(60)
    joined.writes()
    return invitation, joined.row_of(invitation)["opportunityid"]


def seller(joined: Joined, row: str, **columns: Any) -> None:  # noqa: ANN401 - columns of a row
    """Let a seller change an opportunity, and the sync run."""
    crm.update(joined.sandbox, "opportunity", row, **columns)
    joined.run()


def loses(joined: Joined, row: str, reason: int | None = BUDGET) -> None:
    """Let a seller lose an opportunity, with a close reason or without."""
    if reason is not None:
        crm.update(joined.sandbox, "opportunity", row, cosell_closereason=reason)
    crm.lose(joined.sandbox, row)


def patches(joined: Joined) -> list[dict[str, Any]]:
    """Give the patches sent to Partner Center since the last asking."""
    return [one for one in joined.writes() if one["app"] == "partner_center" and one["method"] == "PATCH"]


def quiet(joined: Joined) -> bool:
    """Tell whether two later runs write nothing at all."""
    joined.later(700)
    joined.run()
    joined.later(90_000)
    joined.writes()
    joined.run()
    return joined.writes() == []


def state_of(joined: Joined, referral: str) -> str:
    """Give a referral's state as the portal shows it."""
    shown = joined.shown(referral)
    return f"{shown['status']}/{shown['substatus']}"
