"""What cannot be taken back, and what is about to end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.life import IN_PROGRESS, NOT_VISIBLE, SYNCED, VISIBLE, bound, invited, quiet, seller

if TYPE_CHECKING:
    from tests.integration.joined import Joined


def visible(joined: Joined, referral: str) -> bool:
    """Tell whether Microsoft's sellers see the referral."""
    shown: bool = joined.shown(referral)["consent"]["consentToShareReferralWithMicrosoftSellers"]
    return shown


def test_visible_travels_and_cannot_be_taken_back(joined: Joined) -> None:
    """Shown in the CRM it is shown there; lifted, it is put back, and the seller reads why for a day."""
    referral, row = bound(joined)
    seller(joined, row, cosell_referralvisibility=VISIBLE)
    assert visible(joined, referral)
    joined.later(60)
    seller(joined, row, cosell_referralvisibility=NOT_VISIBLE)
    after = joined.row(row)
    assert (after["cosell_referralvisibility"], visible(joined, referral)) == (VISIBLE, True)
    assert "VISIBLE-1" in after["cosell_audit"]
    assert after["cosell_syncstatus"] == SYNCED
    for _ in range(3):
        joined.later(600)
        joined.run()
    assert "VISIBLE-1" in joined.row(row)["cosell_audit"]
    joined.later(90_000)
    joined.run()
    assert joined.row(row)["cosell_audit"] == "In step with Partner Center."
    assert quiet(joined)


def test_shown_in_the_portal_is_shown_in_the_crm(joined: Joined) -> None:
    """Any yes wins."""
    referral, row = bound(joined)
    path = "/consent/consentToShareReferralWithMicrosoftSellers"
    portal.edit(joined.sandbox, referral, path=path, value=True)
    joined.run()
    assert joined.row(row)["cosell_referralvisibility"] == VISIBLE


def test_the_time_to_answer_stands_on_the_record_and_in_the_report(joined: Joined) -> None:
    """BR-16: fourteen days, counted down run by run; gone once it is answered."""
    _invitation, row = invited(joined)
    assert joined.row(row)["cosell_expireson"] is not None
    joined.later(4 * 86_400)
    clocks = joined.report(joined.run())["clocks"]
    assert clocks["counts"] == {"answer": 1}
    assert 9.8 < clocks["soonest"][0]["days_left"] <= 10
    seller(joined, row, statuscode=IN_PROGRESS)
    joined.later(60)
    assert joined.report(joined.run())["clocks"] == {"counts": {}, "soonest": []}


def test_a_lead_whose_customer_waits_for_a_call_has_72_hours(joined: Joined) -> None:
    """BR-18: the call comes before the answer, on the record and in the report; once contacted, neither runs."""
    lead = portal.send_lead(joined.sandbox, details={"customerRequestedContact": True})["id"]
    clocks = joined.report(joined.run())["clocks"]
    assert clocks["counts"] == {"answer": 1, "call": 1}
    assert [(each["clock"], round(each["days_left"])) for each in clocks["soonest"]] == [("call", 3), ("answer", 14)]
    (row,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=lead)
    until = datetime.fromisoformat(row["cosell_expireson"]) - joined.sandbox.clock.now()
    assert timedelta(days=2.9) < until < timedelta(days=3.1)
    joined.later(60)
    crm.update(joined.sandbox, "lead", row["leadid"], statuscode=2)
    joined.run()
    joined.later(60)
    assert joined.report(joined.run())["clocks"]["counts"] == {}


def test_microsofts_time_to_answer_runs_too(joined: Joined) -> None:
    """BR-17: fourteen days from the request for help, on the record and in the report, until Microsoft answers."""
    referral, row = bound(joined, type="Shared")
    portal.ask_microsoft(joined.sandbox, referral, code="GeneralOrOther")
    portal.touch(joined.sandbox, referral)
    joined.run()
    joined.later(4000)
    assert joined.report(joined.run())["clocks"]["counts"] == {"microsoft": 1}
    assert joined.row(row)["cosell_expireson"] is not None
    portal.microsoft_accepts(joined.sandbox, referral)
    joined.later(4000)
    joined.run()
    assert joined.report(joined.run())["clocks"]["counts"] == {}
    assert joined.row(row)["cosell_expireson"] is None


def test_a_mark_is_told_of_once(joined: Joined) -> None:
    """Each mark that a clock passes is given once; the last of several that were passed at a time."""
    invited(joined)

    def told() -> list[int | None]:
        joined.run()
        return [ending.clock.told for ending in joined.endings]

    assert told() == []
    joined.later(8 * 86_400)
    assert told() == [7]
    assert told() == []
    joined.later(5.5 * 86_400)
    assert told() == [1]
