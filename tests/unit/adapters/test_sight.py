"""What the doctor counts on the newest page of referrals."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from cosell.adapters.partner_center.sight import look
from cosell.adapters.transport import Answer, Transport

if TYPE_CHECKING:
    from cosell.adapters.transport import Request
    from cosell.core.checkup.sight import Sight


class Page:
    """A Partner Center of one page."""

    def __init__(self, *referrals: dict[str, Any]) -> None:
        self.referrals = [{"id": f"r{number}", **one} for number, one in enumerate(referrals)]
        self.asked: list[Request] = []

    place = "the connection: service.example"

    async def send(self, request: Request) -> Answer:
        """Give the page."""
        self.asked.append(request)
        return Answer(200, {}, json.dumps({"value": self.referrals}).encode())


def referral(
    organization: str, *, mpn: str = "1", solution: str = "SOL-1", email: str = "a@b.example"
) -> dict[str, Any]:
    """Give a referral."""
    return {
        "organizationId": organization,
        "mpnId": mpn,
        "createdDateTime": "2026-11-20T10:00:00Z",
        "team": [{"email": email}],
        "details": {"currency": "EUR", "requirements": {"solutions": [{"id": solution}]}},
    }


def seen(page: Page, **said: str | None) -> Sight:
    """Look."""
    given = {"organization_id": "OURS", "partner_id": "1", "account": None} | said
    return asyncio.run(look(cast("Transport", page), **given))  # type: ignore[arg-type]


def test_ours_and_others_are_told_apart() -> None:
    """By the organisation; a solution that stands on ours too is not foreign."""
    found = seen(
        Page(
            referral("ours"),
            referral("theirs", solution="SOL-9", mpn="9"),
            referral("theirs", solution="SOL-1", mpn="9"),
        )
    )
    assert (found.ours, found.others, found.more) == (1, 2, False)
    assert (found.solutions, found.foreign_solutions) == ({"SOL-1"}, {"SOL-9"})
    assert (found.partner_ids, found.currencies) == ({"1"}, {"EUR"})
    assert found.newest == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(("partner", "ours"), [("1", 1), ("9", 1), ("7", 2)])
def test_without_an_organisation_the_partner_id_tells(partner: str, ours: int) -> None:
    """Where no referral carries it, all that is shown counts as ours."""
    page = Page(referral("ours"), referral("theirs", mpn="9"))
    assert seen(page, organization_id=None, partner_id=partner).ours == ours


def test_the_account_is_looked_for_in_teams() -> None:
    """Whatever its case; without an account nobody is found."""
    page = Page(referral("ours", email="Me@contoso.example"), referral("ours"))
    assert seen(page, account="me@contoso.example").with_account == 1
    assert seen(page).with_account == 0


def test_one_page_is_enough() -> None:
    """A full one says that there are more; a referral of another shape, or none, stops nothing."""
    page = Page(*[referral("ours")] * 100)
    assert seen(page).more
    assert len(page.asked) == 1
    assert seen(Page({"organizationId": "ours", "team": "x", "details": []})).ours == 1
    assert seen(Page()).newest is None
