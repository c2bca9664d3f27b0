"""Both sides whole: nothing is forgotten, what was changed by hand in our columns comes back, old deals are found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Ref, Side

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined
from tests.integration.test_help_from_microsoft import asked

if TYPE_CHECKING:
    from cosell.sync.steps import RunFacts

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


def reconcile(joined: Joined, **given: Any) -> RunFacts:  # noqa: ANN401 - facts of a run
    """Compare both sides whole."""
    return joined.run(replace(joined.facts("reconcile", **given), dag_id="cosell_reconcile"))


def counts(joined: Joined, facts: RunFacts) -> dict[str, int]:
    """Give what a run's plan came to."""
    return {name: count for name, count in joined.report(facts)["plan"]["counts"].items() if count}


def carried(joined: Joined, **members: Any) -> tuple[str, str]:  # noqa: ANN401 - members of a referral
    """Let a deal start in Partner Center and be carried; give both keys."""
    referral = joined.referral(**members)
    joined.run()
    return referral, joined.row_of(referral)["opportunityid"]


def done(joined: Joined, action: str) -> list[str | None]:
    """Give the fields of which the history tells this, oldest first."""
    return [entry.field for entry in reversed(joined.state.history()) if entry.action == action]


def codes(joined: Joined, ref: Ref) -> set[str]:
    """Give what is said of a record."""
    entry = joined.state.unsettled([ref]).get(ref)
    return {remark.code for remark in entry.remarks} if entry else set()


def test_with_nothing_missed_it_writes_nothing(joined: Joined) -> None:
    """It reads everything and leaves everything as it is; the watermark stays, all leases are given back."""
    carried(joined)
    joined.opportunity()
    joined.run()
    joined.writes()
    before = [joined.state.watermark(side) for side in Side]
    facts = reconcile(joined)
    assert joined.writes() == []
    assert counts(joined, facts) == {"unchanged": 2}
    assert [joined.state.watermark(side) for side in Side] == before


def test_what_a_window_missed_arrives(joined: Joined) -> None:
    """Edits that no window shows any more are found against the memory, those of either side, and new deals too."""
    referral, row = carried(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=77000)
    crm.update(joined.sandbox, "opportunity", row, estimatedclosedate="2027-05-31")
    new = joined.referral(name="missed")
    joined.later(3600)
    for side in Side:
        joined.state.advance(side, joined.sandbox.clock.now())
    joined.settings = replace(joined.settings, overlap=joined.settings.overlap / 100)
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 42000
    reconcile(joined)
    assert joined.row(row)["estimatedvalue"] == 77000
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")
    assert joined.row_of(new)["name"] == "✔ missed"


@pytest.mark.parametrize("gone", ["row", "referral", "hidden"])
def test_a_pair_of_which_a_half_is_gone(joined: Joined, gone: str) -> None:
    """Missed in the whole list and gone by id: orphaned, told once, kept. Hidden from us (403) is not gone."""
    referral, row = carried(joined, name="one")
    carried(joined, name="two")
    if gone == "row":
        crm.delete(joined.sandbox, "opportunity", row)
    elif gone == "referral":
        joined.sandbox.store.table("referrals").delete(referral)
    else:
        joined.sandbox.settings["hidden_ids"] = [referral]
    joined.run()
    assert "orphan" not in {entry.action for entry in joined.state.history()}
    for _ in range(2):
        facts = reconcile(joined)
        assert counts(joined, facts) == {"orphan": 1, "unchanged": 1}
    assert codes(joined, Ref(PC, referral)) == {"SCOPE-1" if gone == "hidden" else "ORPHAN-1"}
    assert len(done(joined, "orphan")) == 1
    if gone != "row":
        assert "Partner Center" in joined.row(row)["cosell_audit"]
    assert joined.state.binding_count() == 2
    if gone == "hidden":
        joined.sandbox.settings["hidden_ids"] = []
        reconcile(joined)
        assert codes(joined, Ref(PC, referral)) == set()
        assert joined.row(row)["name"] == "✔ one"


OWN = {
    "cosell_referralidentifier": "somebody-elses",
    "cosell_engagementidentifier": "mine",
    "cosell_referrallink": "https://example.org",
    "cosell_microsoftcrmidentifier": "7",
    "cosell_audit": "all is well",
}


@pytest.mark.parametrize("whole", [True, False], ids=["reconcile", "ordinary run"])
def test_what_was_changed_by_hand_in_our_columns_is_put_back(joined: Joined, whole: bool) -> None:
    """Identifier, link, engagement, Microsoft's id, Audit: back as they were, told once, and no new deal of it."""
    _, row = carried(joined)
    before = joined.row(row)
    crm.update(joined.sandbox, "opportunity", row, **OWN)
    (reconcile if whole else Joined.run)(joined)
    after = joined.row(row)
    unread = {"cosell_microsoftcrmidentifier", "cosell_audit"}
    assert {name: after[name] for name in OWN if name not in unread} == {
        name: before[name] for name in OWN if name not in unread
    }
    assert "OWN-1" in after["cosell_audit"]
    assert "all is well" not in after["cosell_audit"]
    assert after["name"] == before["name"]
    told = {"referral_identifier", "engagement_identifier", "referral_link", "audit"}
    assert told <= set(done(joined, "put_back"))
    assert len(joined.rows()) == len(joined.referrals()) == 1
    joined.writes()
    joined.run()
    reconcile(joined)
    assert joined.writes() == []
    assert len(done(joined, "put_back")) == len(set(done(joined, "put_back")))
    joined.later(2 * 86400)
    joined.run()
    assert joined.row(row)["cosell_audit"] == before["cosell_audit"]


@pytest.mark.parametrize("cleared", ["row", "referral"])
def test_a_half_written_id_is_mended(joined: Joined, cleared: str) -> None:
    """One side holds the link and the other lost it: it is written anew, and nothing is created."""
    referral, row = carried(joined)
    if cleared == "row":
        crm.update(joined.sandbox, "opportunity", row, cosell_referralidentifier=None)
    else:
        portal.edit(joined.sandbox, referral, path="/externalReferenceId", value=None)
    reconcile(joined)
    assert joined.row(row)["cosell_referralidentifier"] == referral
    assert joined.shown(referral)["externalReferenceId"] == row
    assert len(joined.rows()) == len(joined.referrals()) == 1


@pytest.mark.parametrize("refused", [[], ["createdDateTime", "updatedDateTime", "externalReferenceId"]])
def test_whole_lists_need_no_filter(joined: Joined, refused: list[str]) -> None:
    """Where Partner Center takes no filter, everything is found all the same, over several pages."""
    joined.sandbox.settings["refuse_filter_on"] = refused
    names = [f"deal {number}" for number in range(120)]
    for name in names:
        joined.referral(name=name)
    key = joined.opportunity(name="theirs")
    facts = reconcile(joined)
    assert {name: n for name, n in counts(joined, facts).items() if name.startswith("create")} == {
        "create_dataverse": 120,
        "create_partner_center": 1,
    }
    assert sorted(row["name"] for row in joined.rows()) == sorted([*(f"✔ {name}" for name in names), "✔ theirs"])
    portal.edit(joined.sandbox, joined.row(key)["cosell_referralidentifier"], path="/details/dealValue", value=7)
    joined.writes()
    reconcile(joined)
    assert joined.row(key)["estimatedvalue"] == 7
    assert len(joined.writes()) == 1


def test_stale_unsettled_records_are_settled(joined: Joined) -> None:
    """A refused deal whose switch was set to No, and one that was deleted: nothing waits for them any more."""
    account = joined.account(address1_country=None)
    rested, deleted = joined.opportunity(account=account), joined.opportunity(account=account)
    joined.run()
    assert len(joined.state.all_unsettled(limit=9)) == 2
    crm.update(joined.sandbox, "opportunity", rested, cosell_syncwithpartnercenter=False)
    crm.delete(joined.sandbox, "opportunity", deleted)
    reconcile(joined)
    assert joined.state.all_unsettled(limit=9) == []


def test_microsofts_answer_is_read_though_its_hour_is_not_over(joined: Joined) -> None:
    """Engagements with help asked are read again, whatever was read a moment ago."""
    key = asked(joined)
    for _ in range(3):
        joined.run()
        joined.later(700)
    portal.microsoft_accepts(joined.sandbox, joined.row(key)["cosell_referralidentifier"])
    joined.run()
    assert joined.row(key)["cosell_microsoftstatus"] != "Accepted"
    reconcile(joined)
    assert joined.row(key)["cosell_microsoftstatus"] == "Accepted"


def test_a_lead_is_looked_at_in_its_own_table(joined: Joined) -> None:
    """Its columns are kept and its loss is told as an opportunity's are."""
    lead = portal.send_lead(joined.sandbox)["id"]
    carried(joined)
    (row,) = crm.find(joined.sandbox, "lead", cosell_referralidentifier=lead)
    crm.update(joined.sandbox, "lead", row["leadid"], cosell_referralidentifier="mine")
    joined.writes()
    reconcile(joined)
    assert crm.read(joined.sandbox, "lead", row["leadid"])["cosell_referralidentifier"] == lead
    crm.delete(joined.sandbox, "lead", row["leadid"])
    reconcile(joined)
    assert codes(joined, Ref(PC, lead)) == {"ORPHAN-1"}
    assert len(joined.rows()) == 1


def test_a_sync_beside_it_goes_on(joined: Joined) -> None:
    """A record that needs nothing is free again once it is planned; one that is at work is left to the other run."""
    referral, row = carried(joined, name="one")
    other, _ = carried(joined, name="two")
    portal.edit(joined.sandbox, other, path="/details/dealValue", value=5)
    whole = replace(joined.facts("reconcile"), dag_id="cosell_reconcile")
    joined.run(whole, tasks=TASKS[:3])
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=6)
    portal.edit(joined.sandbox, other, path="/details/notes", value="more")
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 6
    joined.run(whole, tasks=TASKS[3:])
    joined.run()
    held = joined.row_of(other)
    assert (held["estimatedvalue"], held["description"]) == (5, "more")
    joined.writes()
    reconcile(joined)
    assert joined.writes() == []
