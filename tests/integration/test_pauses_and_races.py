"""The flag that pauses, what can never travel, and edits while a run writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.life import PAUSED, SYNCED, bound

if TYPE_CHECKING:
    from tests.integration.joined import Joined


def test_no_pauses_both_directions_and_is_said_once(joined: Joined) -> None:
    """While the flag says No nothing is carried either way, and Partner Center is left alone."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=False)
    joined.run()
    assert joined.row(row)["cosell_syncstatus"] == PAUSED
    joined.later(3600)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    crm.update(joined.sandbox, "opportunity", row, description="ours")
    joined.writes()
    for _ in range(3):
        joined.run()
        joined.later(3600)
    assert joined.writes() == []
    assert [entry.action for entry in joined.state.history()].count("paused") == 1


def test_yes_resumes_without_losing_either_sides_edits(joined: Joined) -> None:
    """Edits made on both sides during a pause, of days even, all arrive when the flag says Yes again."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=False)
    joined.run()
    joined.later(86400)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    crm.update(joined.sandbox, "opportunity", row, description="ours")
    joined.run()
    joined.later(86400)
    joined.run()
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=True)
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 5
    assert joined.shown(referral)["details"]["notes"] == "ours"
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert [each.paused for each in joined.state.some_bindings(2)] == [False]


def test_an_adopted_row_that_is_not_flagged_is_paused(joined: Joined) -> None:
    """A referral that names an unflagged row is bound to it and made no second time; nothing is carried until Yes."""
    row = joined.opportunity(cosell_syncwithpartnercenter=False, estimatedvalue=1)
    referral = joined.referral(externalReferenceId=row)
    joined.run()
    assert [each["opportunityid"] for each in joined.rows()] == [row]
    assert joined.row(row)["cosell_syncstatus"] == PAUSED
    assert joined.row(row)["estimatedvalue"] == 1
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, cosell_syncwithpartnercenter=True)
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 1
    assert joined.row(row)["cosell_referralidentifier"] == referral


def test_a_row_that_is_not_flagged_never_leaves_the_crm(joined: Joined) -> None:
    """Without the flag there is no referral and no trace on the row."""
    row = joined.opportunity(cosell_syncwithpartnercenter=False)
    joined.run()
    assert joined.referrals() == []
    assert joined.row(row)["cosell_syncstatus"] is None


def test_names_changed_later_are_said_once_and_the_check_mark_stays(joined: Joined) -> None:
    """Deal name and customer cannot be changed in Partner Center: one line in Audit, settled, no second try."""
    row = joined.opportunity()
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, name="✔ New name")
    crm.update(joined.sandbox, "account", joined.row(row)["customerid"], name="Renamed GmbH")
    joined.run()
    after = joined.row(row)
    assert after["cosell_audit"].count("FINAL-1") == 2
    assert (after["name"], after["cosell_syncstatus"]) == ("✔ New name", SYNCED)
    assert joined.referrals()[0]["name"] == "CRM deal"
    joined.later(700)
    joined.writes()
    joined.run()
    assert joined.writes() == []


def edit_row(row: str, **columns: Any) -> dict[str, Any]:  # noqa: ANN401 - columns of a row
    """Give the act of a seller who edits a row."""
    return {"do": "dataverse.update", "table": "opportunity", "row": row, **columns}


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_a_seller_edits_the_row_while_it_is_written(joined: Joined, when: str) -> None:
    """Just before (412) or just after our write: neither the carried value nor the seller's is lost."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.break_("dataverse", when, request_body="estimatedvalue", body=edit_row(row, description="meanwhile"))
    joined.run()
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 5
    assert joined.row(row)["description"] == "meanwhile"
    assert joined.shown(referral)["details"]["notes"] == "meanwhile"


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_the_portal_edits_the_referral_while_it_is_written(joined: Joined, when: str) -> None:
    """Just before (412) or just after our PATCH: neither the carried value nor the portal's is lost."""
    referral, row = bound(joined)
    crm.update(joined.sandbox, "opportunity", row, estimatedvalue=5)
    act = {"do": "edit", "id": referral, "path": "/details/notes", "value": "meanwhile"}
    joined.break_("partner_center", when, method="PATCH", request_body="dealValue", body=act)
    joined.run()
    joined.run()
    assert joined.shown(referral)["details"]["dealValue"] == 5
    assert joined.row(row)["description"] == "meanwhile"


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_the_same_field_is_edited_while_it_is_written(joined: Joined, when: str) -> None:
    """The CRM's value wins over the portal's, whichever came first; both sides end the same."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.break_("dataverse", when, request_body="estimatedvalue", body=edit_row(row, estimatedvalue=6))
    joined.run()
    joined.run()
    assert joined.row(row)["estimatedvalue"] == 6
    assert joined.shown(referral)["details"]["dealValue"] == 6


@pytest.mark.parametrize("when", ["act_before", "act_after"])
def test_notes_edited_on_both_sides_while_they_are_written(joined: Joined, when: str) -> None:
    """Just before or just after the write: what either side added stands on both, once."""
    referral, row = bound(joined)
    portal.edit(joined.sandbox, referral, path="/details/notes", value="theirs")
    held = "theirs" if when == "act_after" else ""
    joined.break_(
        "dataverse", when, request_body='"description"', body=edit_row(row, description=f"{held}\nours".strip())
    )
    joined.run()
    joined.run()
    for notes in (joined.row(row)["description"], joined.shown(referral)["details"]["notes"]):
        assert sorted(notes.split()) == ["ours", "theirs"]


def test_a_seller_edits_the_row_between_its_creation_and_the_write_back(joined: Joined) -> None:
    """The edit survives our ids and Audit text, and travels with the next run."""
    row = joined.opportunity()
    act = edit_row(row, description="meanwhile")
    joined.break_("partner_center", "act_after", method="POST", body=act)
    joined.run()
    joined.run()
    assert joined.row(row)["description"] == "meanwhile"
    assert joined.referrals()[0]["details"]["notes"] == "meanwhile"
