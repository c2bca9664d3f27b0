"""Which deals are carried, and as what they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.life import REFUSED, SYNCED, plan_of

if TYPE_CHECKING:
    from tests.integration.joined import Joined


@pytest.mark.parametrize(
    ("qualification", "kind"), [("Direct", "marketplace lead"), ("SalesQualified", "qualified lead")]
)
def test_leads_are_skipped_and_counted(joined: Joined, qualification: str, kind: str) -> None:
    """With co-sell deals only, a lead makes nothing; the report counts it."""
    joined.leads = None
    portal.invite(joined.sandbox, type="Independent", qualification=qualification)
    assert plan_of(joined)["skipped"] == {kind: 1}
    assert joined.rows() == []


@pytest.mark.parametrize("how", ["Expired", "Declined", "Error"])
def test_what_is_over_at_first_sight_is_not_created(joined: Joined, how: str) -> None:
    """An expired, declined or broken referral that the CRM never saw makes no opportunity."""
    portal.invite(joined.sandbox, status="Closed", substatus=how)
    assert f"closed at first sight ({how.lower()})" in plan_of(joined)["skipped"]
    assert joined.rows() == []


@pytest.mark.parametrize(("how", "state", "reason"), [("Won", 1, 3), ("Lost", 2, 4)])
def test_closed_deals_are_made_open_and_then_closed(joined: Joined, how: str, state: int, reason: int) -> None:
    """A won or lost referral becomes an opportunity closed by the CRM's own action; the next run is quiet."""
    portal.invite(joined.sandbox, status="Closed", substatus=how)
    joined.run()
    (row,) = joined.rows()
    assert (row["statecode"], row["statuscode"], row["cosell_syncstatus"]) == (state, reason, SYNCED)
    assert len(crm.find(joined.sandbox, "opportunityclose")) == 1
    joined.writes()
    joined.run()
    assert joined.writes() == []


def test_a_deal_that_could_not_be_closed_is_closed_by_a_later_run(joined: Joined) -> None:
    """Where the closing failed the opportunity stands open, with a sentence; a later run closes it and says no more."""
    portal.invite(joined.sandbox, status="Closed", substatus="Won")
    joined.break_("dataverse", "status", request_body="WinOpportunity", status=400, times=2)
    joined.run()
    joined.later(700)
    joined.run()
    assert [(row["statecode"], row["cosell_syncstatus"]) for row in joined.rows()] == [(0, REFUSED)]
    joined.later(700)
    joined.run()
    (row,) = joined.rows()
    assert (row["statecode"], row["cosell_syncstatus"], row["cosell_audit"]) == (
        1,
        SYNCED,
        "In step with Partner Center.",
    )


@pytest.mark.parametrize(("choice", "shown"), [(727000001, True), (727000000, False)])
def test_a_deal_is_made_with_the_visibility_of_the_crm(joined: Joined, choice: int, *, shown: bool) -> None:
    """What the seller chose before the first run is what Microsoft sees."""
    joined.opportunity(cosell_referralvisibility=choice)
    joined.run()
    (referral,) = joined.referrals()
    assert referral["consent"]["consentToShareReferralWithMicrosoftSellers"] is shown
