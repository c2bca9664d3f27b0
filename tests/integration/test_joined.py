"""The whole way between both sandboxes, step by step as the DAG takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Give two empty systems."""
    return Joined(tmp_path)


def test_a_referral_becomes_an_opportunity(joined: Joined) -> None:
    """A deal that starts in Partner Center appears in Dynamics once, flagged, marked and linked both ways."""
    referral = joined.referral(name="O'Brien & Söhne 🚀")
    joined.run()
    row = joined.row_of(referral)
    assert row["name"] == "✔ O'Brien & Söhne 🚀"
    assert row["estimatedvalue"] == 42000
    assert row["cosell_syncwithpartnercenter"] is True
    assert row["cosell_syncstatus"] == 727000001
    assert joined.shown(referral)["externalReferenceId"] == row["opportunityid"]


def test_a_flagged_opportunity_becomes_a_referral(joined: Joined) -> None:
    """A seller's flagged opportunity becomes one referral; the row gets its id, link and mark."""
    key = joined.opportunity()
    joined.run()
    (referral,) = joined.referrals()
    row = joined.row(key)
    assert referral["externalReferenceId"] == key
    assert referral["customerProfile"]["address"]["country"] == "DE"
    assert row["cosell_referralidentifier"] == referral["id"]
    assert referral["id"] in row["cosell_referrallink"]
    assert row["name"] == "✔ CRM deal"
    assert referral["name"] == "CRM deal"


def test_a_second_run_is_quiet(joined: Joined) -> None:
    """With nothing changed a run writes nothing, once and again."""
    joined.referral()
    joined.opportunity()
    joined.run()
    joined.writes()
    for _ in range(3):
        joined.run()
        assert joined.writes() == []
        joined.later(3600)


def test_edits_of_different_fields_both_survive(joined: Joined) -> None:
    """A value changed in the portal and a date changed in the CRM both arrive on the other side."""
    referral = joined.referral()
    joined.run()
    key = joined.row_of(referral)["opportunityid"]
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=77000)
    crm.update(joined.sandbox, "opportunity", key, estimatedclosedate="2027-05-31")
    joined.run()
    assert joined.row(key)["estimatedvalue"] == 77000
    assert joined.shown(referral)["details"]["closingDateTime"].startswith("2027-05-31")


def test_a_conflict_is_held(joined: Joined) -> None:
    """Different notes of an adopted deal stay as they are on both; the seller is told, and the mark is a cross."""
    referral, key = joined.dispute("CRM deal")
    joined.run()
    row = joined.row(key)
    assert (row["description"], joined.shown(referral)["details"]["notes"]) == ("ours", "theirs")
    assert "CONFLICT-1" in row["cosell_audit"]
    assert row["name"].startswith("❌")


def test_a_missing_country_is_refused_mended_and_carried(joined: Joined) -> None:
    """Without a country nothing is asked of Partner Center; once the account has one, the next run carries the deal."""
    account = joined.account(address1_country=None)
    key = joined.opportunity(account=account)
    joined.run()
    assert joined.referrals() == []
    assert "COUNTRY-1" in joined.row(key)["cosell_audit"]
    joined.later(60)
    crm.update(joined.sandbox, "account", account, address1_country="Česko")
    joined.run()
    (referral,) = joined.referrals()
    assert referral["customerProfile"]["address"]["country"] == "CZ"
    assert joined.row(key)["name"] == "✔ CRM deal"


def test_a_deal_that_was_found_is_not_closed_by_its_referral(joined: Joined) -> None:
    """An open opportunity that a won referral names is bound; closing it is left to a person, and reported once."""
    key = joined.opportunity()
    referral = joined.referral(externalReferenceId=key)
    portal.close(joined.sandbox, referral)
    facts = joined.run()
    assert joined.row(key)["statecode"] == 0
    assert [(e.action, e.field) for e in joined.state.history(run_id=facts.run_id) if e.field == "status"] == [
        ("differs", "status")
    ]
    joined.writes()
    joined.run()
    assert joined.writes() == []
