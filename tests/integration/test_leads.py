"""Leads on their whole way: they arrive, are accepted or declined, lapse, and go on as opportunities."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Binding, Ref, Side

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

WAITING, SYNCED = 727000000, 727000001
NEW, CONTACTED, LOST = 1, 2, 4
PC = Side.PARTNER_CENTER


def arrived(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Give a lead's referral and its row, in step."""
    referral = portal.send_lead(joined.sandbox, **members)["id"]
    joined.run()
    joined.later(60)
    return referral, lead_of(joined, referral)["leadid"]


def lead_of(joined: Joined, referral: str) -> dict[str, Any]:
    """Look at the lead of a referral."""
    (row,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=referral)
    return row


def lead(joined: Joined, key: str) -> dict[str, Any]:
    """Look at a lead."""
    return crm.read(joined.sandbox, "lead", key)


def accepted(joined: Joined) -> tuple[str, str]:
    """Give a lead that the seller has contacted, in step."""
    referral, key = arrived(joined)
    crm.update(joined.sandbox, "lead", key, statuscode=CONTACTED)
    joined.run()
    joined.later(60)
    return referral, key


def is_quiet(joined: Joined) -> bool:
    """Tell whether two more runs, a while later, write nothing."""
    joined.writes()
    for _ in range(2):
        joined.later(90_000)
        joined.run()
    return joined.writes() == []


def states(joined: Joined, referral: str) -> tuple[str, str]:
    """Give a referral's status and substatus."""
    shown = joined.shown(referral)
    return shown["status"], shown["substatus"]


# ---------------------------------------------------------------- arrival


@pytest.mark.parametrize("qualification", ["Direct", "SalesQualified", "MarketingQualified"])
def test_a_lead_becomes_a_lead(joined: Joined, qualification: str) -> None:
    """What the marketplace or a seller of Microsoft sends arrives in Dynamics as a new lead, with the person on it."""
    person = {"firstName": "Ada", "lastName": "Kern", "email": "ada@tailspin.example", "phoneNumber": "+49 30 1"}
    customer = {"name": "Tailspin", "address": {"city": "Bonn", "country": "DE"}, "team": [person]}
    details = {"customerRequestedContact": True}
    referral, key = arrived(joined, qualification=qualification, customerProfile=customer, details=details)
    row = lead(joined, key)
    assert (row["statecode"], row["statuscode"], row["cosell_syncstatus"]) == (0, NEW, WAITING)
    assert (row["firstname"], row["lastname"], row["emailaddress1"]) == ("Ada", "Kern", "ada@tailspin.example")
    assert (row["companyname"], row["address1_city"], row["address1_country"]) == ("Tailspin", "Bonn", "DE")
    assert (row["cosell_syncwithpartnercenter"], row["cosell_customerrequestedcontact"]) == (True, True)
    assert row["cosell_expireson"] is not None
    assert referral in row["cosell_referrallink"]
    assert (joined.rows(), crm.find(joined.sandbox, "account")) == ([], [])
    assert is_quiet(joined)


def test_a_lead_of_the_crm_starts_nothing(joined: Joined) -> None:
    """Flagged or not, a lead that a seller enters makes no referral, even with a referral's id pasted into it."""
    for columns in ({}, {"cosell_referralidentifier": "r-1"}):
        crm.create(joined.sandbox, "lead", subject="Own", lastname="K", cosell_syncwithpartnercenter=True, **columns)
    joined.run()
    assert joined.referrals() == []
    assert is_quiet(joined)


def test_leads_are_off(joined: Joined) -> None:
    """With co-sell deals only, leads are skipped and counted, those that were carried before too."""
    referral, _ = arrived(joined)
    joined.leads = None
    portal.send_lead(joined.sandbox)
    joined.referral()
    portal.accept(joined.sandbox, referral)
    report = joined.report(joined.run())
    assert report["plan"]["skipped"] == {"marketplace lead": 1, "bound to a lead": 1}
    assert "plan_lead" not in report
    assert len(crm.find(joined.sandbox, "lead")) == 1
    assert len(joined.rows()) == 1


def test_each_table_reports_by_itself(joined: Joined) -> None:
    """A run's report tells leads from deals."""
    portal.send_lead(joined.sandbox)
    joined.referral()
    report = joined.report(joined.run())
    assert report["plan"]["counts"]["create_dataverse"] == 1
    assert report["plan_lead"]["counts"]["create_dataverse"] == 1
    assert report["push_dataverse_lead"]["counts"] == {"created": 1}


def test_an_idle_run_reads_one_window_more(joined: Joined) -> None:
    """Leads cost one request of a run in which nothing happened, and a CRM without any is no brake."""
    joined.referral()
    joined.run()
    joined.run()
    asked = []
    for leads in (None, joined.leads):
        joined.leads = leads
        joined.later(300)
        joined.sandbox.journal.clear()
        joined.run()
        asked.append(Counter(one.route for one in joined.sandbox.journal.last()))
    assert asked[1] - asked[0] == {"/api/data/v9.2/leads": 1}


def test_a_run_over_everything_finds_leads_in_step(joined: Joined) -> None:
    """Whatever became of them, a reconciling run writes nothing; what was missed it carries, what is gone it tells."""
    referral, key = accepted(joined)
    _, gone = arrived(joined)
    qualified(joined)
    for _ in range(3):
        joined.run()
        joined.later(60)
    joined.writes()
    joined.run(joined.facts("reconcile"))
    assert joined.writes() == []
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=88)
    crm.delete(joined.sandbox, "lead", gone)
    report = joined.report(joined.run(joined.facts("reconcile")))
    assert lead(joined, key)["estimatedamount"] == 88
    assert report["plan_lead"]["counts"]["orphan"] == 1
    assert (len(joined.rows()), len(crm.find(joined.sandbox, "lead"))) == (1, 2)


# ---------------------------------------------------------------- answers


def test_contacting_the_customer_accepts_the_lead(joined: Joined) -> None:
    """The status reason Contacted is the answer; the value that the seller entered goes along with it."""
    referral, key = arrived(joined)
    crm.update(joined.sandbox, "lead", key, statuscode=CONTACTED, estimatedamount=700)
    joined.run()
    assert states(joined, referral) == ("Active", "Accepted")
    assert joined.shown(referral)["details"]["dealValue"] == 700
    joined.run()
    assert joined.shown(referral)["externalReferenceId"] == key
    assert lead(joined, key)["cosell_syncstatus"] == SYNCED
    assert is_quiet(joined)


def test_edits_of_an_accepted_lead_travel_both_ways(joined: Joined) -> None:
    """As those of a deal do."""
    referral, key = accepted(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=88)
    crm.update(joined.sandbox, "lead", key, estimatedclosedate="2027-05-31")
    joined.run()
    assert lead(joined, key)["estimatedamount"] == 88
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")
    assert is_quiet(joined)


def test_disqualifying_declines_the_lead(joined: Joined) -> None:
    """With a reason; Partner Center is told it in words."""
    referral, key = arrived(joined)
    crm.disqualify(joined.sandbox, key, cosell_closereason=727000004)
    joined.run()
    assert states(joined, referral) == ("Closed", "Declined")
    assert joined.shown(referral)["statusReason"] == "Not a customer"
    assert is_quiet(joined)


def test_disqualifying_without_a_reason_waits_for_one(joined: Joined) -> None:
    """The seller is asked; Partner Center hears nothing before."""
    referral, key = arrived(joined)
    crm.disqualify(joined.sandbox, key)
    joined.run()
    assert states(joined, referral)[0] == "New"
    crm.update(joined.sandbox, "lead", key, cosell_closereason=727000004)
    joined.later(60)
    joined.run()
    assert states(joined, referral) == ("Closed", "Declined")


def test_losing_an_accepted_lead_closes_its_referral(joined: Joined) -> None:
    """A lead that was accepted and then disqualified is lost, not declined."""
    referral, key = accepted(joined)
    crm.disqualify(joined.sandbox, key, status=6, cosell_closereason=727000001)
    joined.run()
    assert states(joined, referral) == ("Closed", "Lost")
    assert is_quiet(joined)


@pytest.mark.parametrize("how", ["lost", "declined"])
def test_a_lead_that_is_closed_in_the_portal_is_disqualified(joined: Joined, how: str) -> None:
    """By an update of its state, with the reason in our column."""
    referral, key = arrived(joined)
    if how == "lost":
        portal.accept(joined.sandbox, referral)
        joined.run()
        portal.close(joined.sandbox, referral, substatus="Lost", reason="Not a customer")
    else:
        portal.decline(joined.sandbox, referral, reason="Not a customer")
    joined.run()
    row = lead(joined, key)
    assert (row["statecode"], row["statuscode"], row["cosell_closereason"]) == (2, LOST, 727000004)
    assert is_quiet(joined)


def test_a_lead_that_nobody_answered_stays_open(joined: Joined) -> None:
    """Expired is shown and closes nothing."""
    _, key = arrived(joined)
    joined.later(15 * 86_400)
    joined.run()
    row = lead(joined, key)
    assert row["statecode"] == 0
    assert "The lead stays open" in row["cosell_audit"]
    assert "[EXPIRED-1]" in row["cosell_audit"]
    assert is_quiet(joined)


def test_a_lead_that_was_won_in_the_portal_is_left_to_its_seller(joined: Joined) -> None:
    """Only a person can qualify a lead: it stays open, and its Audit says what to do."""
    referral, key = accepted(joined)
    portal.close(joined.sandbox, referral)
    joined.run()
    row = lead(joined, key)
    assert row["statecode"] == 0
    assert "LEAD-2" in row["cosell_audit"]
    assert is_quiet(joined)


# ---------------------------------------------------------------- qualified


def qualified(joined: Joined, *, accept: bool = True) -> tuple[str, str, str]:
    """Give referral, lead and opportunity of a lead that was just qualified."""
    referral, key = accepted(joined) if accept else arrived(joined)
    return referral, key, crm.qualify(joined.sandbox, key)["opportunity"]


def check_taken_over(joined: Joined, referral: str, deal: str) -> None:
    """Hold both systems and the memory to: one deal, one referral, bound, flagged and linked both ways."""
    row = joined.row(deal)
    assert len(joined.rows()) == len(joined.referrals()) == 1
    assert joined.state.binding_count() == 1
    assert joined.state.bindings([Ref(PC, referral)]) == {Ref(PC, referral): Binding(referral, deal)}
    assert states(joined, referral) == ("Active", "Accepted")
    assert (row["cosell_syncwithpartnercenter"], row["cosell_referralidentifier"]) == (True, referral)
    assert joined.shown(referral)["externalReferenceId"] == deal


@pytest.mark.parametrize("accept", [True, False])
def test_a_qualified_lead_goes_on_as_its_opportunity(joined: Joined, *, accept: bool) -> None:
    """The referral follows: one binding, moved; accepted with it where it was not yet; later edits go to the deal."""
    referral, key, deal = qualified(joined, accept=accept)
    for _ in range(3):
        joined.run()
        joined.later(60)
    check_taken_over(joined, referral, deal)
    assert lead(joined, key)["cosell_syncstatus"] == SYNCED
    crm.update(joined.sandbox, "opportunity", deal, estimatedvalue=4321)
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 4321
    assert is_quiet(joined)


def test_edits_made_while_a_lead_is_qualified_are_both_kept(joined: Joined) -> None:
    """A change in Partner Center arrives at the opportunity, and what the seller entered there goes the other way."""
    referral, key = accepted(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=88)
    deal = crm.qualify(joined.sandbox, key)["opportunity"]
    crm.update(joined.sandbox, "opportunity", deal, estimatedclosedate="2027-05-31")
    for _ in range(3):
        joined.run()
        joined.later(60)
    check_taken_over(joined, referral, deal)
    assert joined.row(deal)["estimatedvalue"] == 88
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")


def test_a_qualified_lead_without_an_opportunity_waits(joined: Joined) -> None:
    """It is accepted and says that it waits; the opportunity that a seller makes of it later takes over."""
    referral, key = arrived(joined)
    made = crm.qualify(joined.sandbox, key, opportunity=False)
    joined.run()
    assert states(joined, referral) == ("Active", "Accepted")
    assert "QUALIFIED-1" in lead(joined, key)["cosell_audit"]
    deal = joined.opportunity(account=made["account"], originatingleadid=key, cosell_syncwithpartnercenter=False)
    for _ in range(3):
        joined.later(90_000)
        joined.run()
    check_taken_over(joined, referral, deal)
    assert is_quiet(joined)


def test_a_flagged_opportunity_of_a_lead_begins_no_referral(joined: Joined) -> None:
    """While its lead is open it waits, and says so; it takes over once the lead is qualified."""
    referral, key = accepted(joined)
    deal = joined.opportunity(originatingleadid=key)
    joined.run()
    assert "LEAD-1" in joined.row(deal)["cosell_audit"]
    joined.later(60)
    crm.qualify(joined.sandbox, key, opportunity=False)
    for _ in range(3):
        joined.run()
        joined.later(60)
    check_taken_over(joined, referral, deal)
    assert is_quiet(joined)


def test_a_paused_lead_hands_over_a_paused_deal(joined: Joined) -> None:
    """The seller who said No is asked again: the opportunity is bound, and nothing is carried before it says Yes."""
    referral, key = accepted(joined)
    crm.update(joined.sandbox, "lead", key, cosell_syncwithpartnercenter=False)
    joined.run()
    joined.later(60)
    deal = crm.qualify(joined.sandbox, key)["opportunity"]
    for _ in range(3):
        joined.run()
        joined.later(60)
    assert joined.state.bindings([Ref(PC, referral)])[Ref(PC, referral)] == Binding(referral, deal, paused=True)
    assert joined.row(deal)["cosell_syncwithpartnercenter"] is False
    crm.update(joined.sandbox, "opportunity", deal, cosell_syncwithpartnercenter=True)
    for _ in range(2):
        joined.run()
        joined.later(60)
    check_taken_over(joined, referral, deal)


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("cut", range(1, len(TASKS)))
def test_a_run_that_dies_between_tasks_doubles_nothing(joined: Joined, cut: int, *, accept: bool) -> None:
    """Wherever a run ends, the next ones leave one deal, one referral and one binding."""
    referral, _, deal = qualified(joined, accept=accept)
    joined.run(tasks=TASKS[:cut])
    joined.later(3600)
    for _ in range(3):
        joined.run()
        joined.later(60)
    check_taken_over(joined, referral, deal)
    assert is_quiet(joined)


class Killed(BaseException):
    """The process ended here."""


@dataclass
class Reaper:
    """Ends the process at one of the moments around its writes, those to both systems and those to the memory."""

    left: int | None = None
    """Moments to let pass; None: it does not strike."""

    def moment(self) -> None:
        """Strike, where it is time."""
        if self.left == 0:
            self.left = None
            raise Killed
        if self.left is not None:
            self.left -= 1

    def follow(self, joined: Joined, moments: int) -> None:
        """Strike that many moments from now."""
        self.left = moments
        joined.apps = {side: self._around(app) for side, app in joined.apps.items()}
        joined.state = Mortal(joined.state, self)  # type: ignore[assignment]

    def _around(self, app: ASGIApp) -> ASGIApp:
        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            writes = scope["type"] == "http" and scope["method"] != "GET"
            if writes:
                self.moment()
            await app(scope, receive, send)
            if writes:
                self.moment()

        return around


class Mortal:
    """The memory, of a process that can end before and after each of its transactions."""

    def __init__(self, state: Any, reaper: Reaper) -> None:  # noqa: ANN401 - stands for the state
        self._state, self._reaper = state, reaper

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands for the state
        method = getattr(self._state, name)
        if name not in {"note", "settle"}:
            return method

        def mortal(things: Iterable[object]) -> None:
            self._reaper.moment()
            method(list(things))
            self._reaper.moment()

        return mortal


@pytest.mark.campaign
def test_a_run_that_dies_at_any_write_doubles_nothing(tmp_path: Path) -> None:
    """Before and after each write of the runs that move a referral, the process ends; the next runs mend it."""
    struck, moments = True, 0
    while struck:
        joined, reaper = Joined(tmp_path / str(moments)), Reaper()
        referral, _, deal = qualified(joined, accept=False)
        reaper.follow(joined, moments)
        for _ in range(4):
            try:
                joined.run()
            except* Killed:
                joined.later(3600)
            joined.later(60)
        struck = reaper.left is None
        check_taken_over(joined, referral, deal)
        moments += 1
    assert moments > 20
