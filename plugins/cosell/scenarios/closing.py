"""The end of a scenario: what was made is closed on both sides, by the sync where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.lifecycle import is_closed
from cosell.core.record import Side
from cosell.scenarios.steps import StepFailedError

if TYPE_CHECKING:
    from cosell.scenarios.people import People

REASON = "Other"
PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


async def close_both(people: People, *, row: str, referral: str) -> str:
    """Close the opportunity as lost and wait for its referral; close that by hand where it does not follow."""
    held = await people.look(DV, row)
    if not is_closed(held.values):
        await people.edit(DV, row, {"close_reason": REASON}, close_as="lost")
    if not referral:
        return f"opportunity {row}"

    async def is_over() -> bool | None:
        return is_closed((await people.look(PC, referral)).values) or None

    try:
        _, seconds = await people.until("the referral to be closed", is_over)
    except StepFailedError:
        await people.edit(PC, referral, {"close_reason": REASON}, close_as="lost")
        raise
    return f"opportunity {row}; referral {referral} followed after {seconds:.0f} s"
