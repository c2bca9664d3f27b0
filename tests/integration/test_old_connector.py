"""Deals of another connector: found to be the same, bound, left as they are; what is in doubt waits for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Ref, Side
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import Joined
from tests.integration.test_reconciling_runs import codes, counts, reconcile

if TYPE_CHECKING:
    from pathlib import Path

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
OLD = 500
MARKED = ("✔ ", "✅ ", "✔️ ", "❌ ", "")


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Give two empty systems whose sync has not begun."""
    joined = Joined(tmp_path)
    joined.settings = replace(joined.settings, start="now")
    return joined


def old_deal(joined: Joined, number: int, *, account: str, tie: str | None, **columns: Any) -> tuple[str, str]:  # noqa: ANN401 - columns of a record
    """Let another connector have carried a deal: a mark in its name, none of our columns filled; give both keys."""
    name, value = f"Old deal {number}", 1000 + number
    given = {"name": f"{MARKED[number % len(MARKED)]}{name}", "estimatedvalue": value, **columns}
    row = joined.opportunity(solutions=0, account=account, cosell_syncwithpartnercenter=False, **given)
    members: dict[str, Any] = {"externalReferenceId": row} if tie == "crm id" else {}
    details = {
        "dealValue": value,
        "currency": "EUR",
        "closingDateTime": f"{joined.row(row)['estimatedclosedate']}T00:00:00Z",
    }
    customer = {"name": "Adatum GmbH", "address": {"country": "DE"}}
    referral = joined.referral(name=name, details=details, customerProfile=customer, **members)
    return referral, row


def names(joined: Joined) -> dict[str, str]:
    """Give the name of every opportunity and of every referral."""
    return {r["opportunityid"]: r["name"] for r in joined.rows()} | {r["id"]: r["name"] for r in joined.referrals()}


@pytest.mark.parametrize("tie", ["crm id", None], ids=["by CRM id", "by name, customer and value"])
def test_five_hundred_old_deals_are_linked(joined: Joined, tie: str | None) -> None:
    """No new opportunity, no new referral, no mark in Partner Center, names as they were but for the marks we own."""
    account = joined.account()
    deals = [old_deal(joined, number, account=account, tie=tie) for number in range(OLD)]
    before = names(joined)
    looked = reconcile(joined, dry_run=True)
    assert counts(joined, looked)["adopted"] == OLD
    assert names(joined) == before
    done = reconcile(joined)
    found = counts(joined, done)
    assert found["adopted"] == OLD
    assert not {"create_dataverse", "create_partner_center", "ambiguous"} & found.keys()
    assert len(joined.rows()) == len(joined.referrals()) == OLD
    bound = joined.state.bindings([Ref(PC, referral) for referral, _ in deals])
    assert {(each.referral_id, each.row_id) for each in bound.values()} == set(deals)
    after = names(joined)
    assert {referral: after[referral] for referral, _ in deals} == {referral: before[referral] for referral, _ in deals}
    assert all(after[row].removeprefix("✔ ") == f"Old deal {n}" for n, (_, row) in enumerate(deals))
    assert all(each.paused for each in bound.values())


def test_found_deals_are_switched_on_where_the_form_says_so(joined: Joined) -> None:
    """The seller's switch is set, the mark stays a check mark, and from then on edits travel."""
    account = joined.account()
    referral, row = old_deal(joined, 0, account=account, tie="crm id")
    joined.settings = replace(joined.settings, switch_on=True)
    reconcile(joined)
    joined.settings = replace(joined.settings, switch_on=False)
    held = joined.row(row)
    assert held["cosell_syncwithpartnercenter"] is True
    assert held["name"] == "✔ Old deal 0"
    assert held["cosell_referralidentifier"] == referral
    joined.run()
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=5)
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 5
    joined.writes()
    reconcile(joined)
    assert joined.writes() == []


def test_columns_of_the_other_connector_are_known_ids(tmp_path: Path) -> None:
    """Named in the mapping, its id of the referral ties the two, whatever name and value say."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text(
        "mapping: referral_opportunity\n"
        "fields:\n"
        "  other_referral_identifier: {dataverse: cosell_partnerrole, created_on: [], written_on: []}\n"
        "  partner_role: null\n"
    )
    joined = Joined(tmp_path, mapping=load_mapping(folders=[*default_folders(), folder]))
    joined.settings = replace(joined.settings, start="now")
    referral = joined.referral(name="theirs")
    row = joined.opportunity(name="✔ ours", cosell_syncwithpartnercenter=False, cosell_partnerrole=referral.upper())
    assert counts(joined, reconcile(joined, dry_run=True))["adopted"] == 1
    reconcile(joined)
    assert joined.state.bindings([Ref(PC, referral)])[Ref(PC, referral)].row_id == row
    assert joined.row(row)["cosell_referralidentifier"] == referral
    assert len(joined.rows()) == 1


def test_what_is_in_doubt_is_held_and_a_person_ties_it(joined: Joined) -> None:
    """One name and customer, another value: neither is created anew by any run, until the id is entered."""
    joined.settings = replace(joined.settings, start="everything")
    account = joined.account()
    referral, row = old_deal(joined, 0, account=account, tie=None)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=9, cosell_syncwithpartnercenter=True)
    looked = counts(joined, reconcile(joined, dry_run=True))
    assert (looked["ambiguous"], looked.get("adopted", 0)) == (1, 0)
    reconcile(joined)
    joined.run()
    joined.later(90_000)
    joined.run()
    assert len(joined.rows()) == len(joined.referrals()) == 1
    assert (codes(joined, Ref(PC, referral)), codes(joined, Ref(DV, row))) == ({"ALIKE-1"}, {"ALIKE-2"})
    assert referral in joined.row(row)["cosell_audit"]
    crm.update(joined.sandbox, "opportunity", row, cosell_referralidentifier=referral)
    joined.later(60)
    joined.run()
    assert joined.state.bindings([Ref(PC, referral)])[Ref(PC, referral)].row_id == row
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 9
    assert codes(joined, Ref(DV, row)) == set()


def test_what_a_person_makes_different_is_carried(joined: Joined) -> None:
    """Another name says that the two are two deals: each then gets its other half."""
    joined.settings = replace(joined.settings, start="everything")
    account = joined.account()
    _, row = old_deal(joined, 0, account=account, tie=None)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=9, cosell_syncwithpartnercenter=True)
    crm.create(
        joined.sandbox, "cosell_partnercentersolution", cosell_opportunityid=row, cosell_solutionid="S", cosell_name="S"
    )
    reconcile(joined)
    crm.update(joined.sandbox, "opportunity", row, name="Another deal")
    reconcile(joined)
    reconcile(joined)
    assert sorted(each["name"] for each in joined.referrals()) == ["Another deal", "Old deal 0"]
    assert sorted(each["name"] for each in joined.rows()) == ["✔ Another deal", "✔ Old deal 0"]


def test_an_engagement_ties_what_no_id_does(joined: Joined) -> None:
    """The engagement on the row is the referral's: one deal, though the name was changed."""
    referral = joined.referral(name="once")
    engagement = joined.shown(referral)["engagementId"]
    row = joined.opportunity(name="now", cosell_engagementidentifier=engagement)
    reconcile(joined)
    assert joined.state.bindings([Ref(PC, referral)])[Ref(PC, referral)].row_id == row
    assert len(joined.rows()) == len(joined.referrals()) == 1


def test_two_referrals_of_ours_in_one_engagement(joined: Joined) -> None:
    """The second is held and reported, and no second opportunity is made of it."""
    joined.settings = replace(joined.settings, start="everything")
    first = joined.referral(name="once")
    joined.run()
    second = joined.referral(name="once more", engagementId=joined.shown(first)["engagementId"])
    facts = reconcile(joined)
    assert [sorted(each) for each in joined.report(facts)["plan"]["twice"].values()] == [sorted([first, second])]
    assert codes(joined, Ref(PC, second)) == {"TWICE-1"}
    joined.run()
    assert len(joined.rows()) == 1


def test_deals_from_before_the_beginning_stay_where_they_are(joined: Joined) -> None:
    """Where the sync began `now`, a whole list makes no opportunities of the past."""
    joined.referral(name="long ago")
    joined.later(86_400)
    joined.run()
    facts = reconcile(joined)
    assert joined.rows() == []
    assert joined.report(facts)["plan"]["skipped"] == {"older than cosell_start": 1}
    joined.later(60)
    joined.referral(name="lately")
    reconcile(joined)
    assert [row["name"] for row in joined.rows()] == ["✔ lately"]


@pytest.mark.parametrize("whose", ["another's", "lead"])
def test_a_row_that_names_what_is_no_deal_of_ours_is_not_bound(joined: Joined, whose: str) -> None:
    """The id of another organisation's referral, or of a lead, on an opportunity: held with a sentence."""
    joined.referral(name="ours")
    joined.run()
    if whose == "lead":
        named = portal.send_lead(joined.sandbox)["id"]
    else:
        named = joined.referral(name="theirs")
        theirs = {**joined.shown(named), "organizationId": "22222222-0000-4000-8000-000000000000", "mpnId": "9999999"}
        joined.sandbox.store.table("referrals").put(named, theirs)
    before = len(joined.referrals())
    row = joined.opportunity(cosell_referralidentifier=named)
    joined.run()
    assert codes(joined, Ref(DV, row)) == {"BOUND-3"}
    assert joined.state.bindings([Ref(DV, row)]) == {}
    assert len(joined.referrals()) == before
    crm.update(joined.sandbox, "opportunity", row, cosell_referralidentifier=None)
    joined.later(60)
    joined.run()
    assert len(joined.referrals()) == before + 1
