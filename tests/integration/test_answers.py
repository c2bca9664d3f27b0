"""The answer to an invitation, given in the CRM: accepted, declined, and what goes with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import CosellError
from cosell.core.lifecycle import Gestures
from cosell.mapping import load_mapping
from cosell.mapping.loader import default_folders

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import TASKS
from tests.integration.life import (
    IN_PROGRESS,
    LOST,
    ON_HOLD,
    REFUSED,
    SYNCED,
    WAITING,
    invited,
    loses,
    patches,
    quiet,
    seller,
    state_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.joined import Joined


def test_an_invitation_arrives_on_hold_and_edits_wait(joined: Joined) -> None:
    """New: On Hold and Waiting. An edit waits with a sentence; Partner Center is left alone."""
    invitation, row = invited(joined)
    arrived = joined.row(row)
    assert (arrived["statuscode"], arrived["cosell_syncstatus"], arrived["name"]) == (
        ON_HOLD,
        WAITING,
        "Tailspin rollout",
    )
    assert "waits for your answer" in arrived["cosell_audit"]
    seller(joined, row, estimatedvalue=99)
    assert "WAIT-1" in joined.row(row)["cosell_audit"]
    assert patches(joined) == []
    portal.accept(joined.sandbox, invitation)
    joined.run()
    shown = joined.shown(invitation)
    assert (shown["details"]["dealValue"], shown["externalReferenceId"]) == (99, row)
    after = joined.row(row)
    assert (after["statuscode"], after["cosell_syncstatus"]) == (IN_PROGRESS, SYNCED)


def test_in_progress_accepts_with_value_date_and_notes(joined: Joined) -> None:
    """BR-10: state and substate, value, date and notes go in one patch; our id follows in the same run."""
    invitation, row = invited(joined)
    edits = {"estimatedvalue": 4200, "estimatedclosedate": "2027-03-01", "description": "We take it."}
    seller(joined, row, statuscode=IN_PROGRESS, **edits)
    shown = joined.shown(invitation)
    assert state_of(joined, invitation) == "Active/Accepted"
    assert (shown["details"]["dealValue"], shown["details"]["closingDateTime"][:10]) == (4200, "2027-03-01")
    assert "We take it." in shown["details"]["notes"]
    assert shown["externalReferenceId"] == row
    assert len(patches(joined)) == 2
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert joined.row(row)["cosell_expireson"] is None
    assert quiet(joined)


def test_what_an_acceptance_cannot_hold_goes_with_the_next_run(joined: Joined) -> None:
    """A stage set together with the acceptance waits one run, without a word."""
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS, stepname="Propose")
    assert state_of(joined, invitation) == "Active/Accepted"
    joined.later(300)
    joined.run()
    assert joined.shown(invitation)["salesStage"] == "Propose"
    assert joined.row(row)["cosell_syncstatus"] == SYNCED


def test_lost_with_a_reason_declines(joined: Joined) -> None:
    """Closed/Declined with the reason in one patch; the opportunity stays lost, and later runs are quiet."""
    invitation, row = invited(joined)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"
    assert joined.shown(invitation)["statusReason"] == "Budget not adequate"
    assert (joined.row(row)["statecode"], joined.row(row)["cosell_syncstatus"]) == (LOST, SYNCED)
    assert len(patches(joined)) == 1
    assert quiet(joined)


def test_a_decline_without_a_reason_is_refused_until_there_is_one(joined: Joined) -> None:
    """BR-31: Partner Center is left alone, Audit says what to do; reopened, with a reason and lost again, it goes."""
    invitation, row = invited(joined)
    loses(joined, row, None)
    joined.run()
    assert "REASON-1" in joined.row(row)["cosell_audit"]
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("New/Pending", REFUSED)
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=ON_HOLD)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"


def test_reopening_for_the_reason_accepts_nothing(joined: Joined) -> None:
    """A run between reopening and the second close leaves the referral unanswered and says how to answer, once."""
    invitation, row = invited(joined)
    loses(joined, row, None)
    joined.run()
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=IN_PROGRESS)
    joined.run()
    assert "ANSWER-1" in joined.row(row)["cosell_audit"]
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("New/Pending", WAITING)
    joined.later(60)
    assert quiet(joined)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=ON_HOLD)
    joined.run()
    assert "ANSWER-1" not in joined.row(row)["cosell_audit"]
    joined.later(60)
    crm.update(joined.sandbox, "opportunity", row, statecode=0, statuscode=IN_PROGRESS)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"


def test_a_reason_is_no_must_where_the_rule_only_warns(joined: Joined) -> None:
    """The severity is a setting; a warning stands in the history and in the run's report."""
    joined.settings = replace(joined.settings, severities={"REASON-1": "warn"})
    joined.sandbox.settings["reason_needed"] = []
    invitation, row = invited(joined)
    loses(joined, row, None)
    facts = joined.run()
    assert state_of(joined, invitation) == "Closed/Declined"
    assert joined.report(facts)["plan"]["warned"] == {"REASON-1": 1}
    warned = [entry.detail for entry in joined.state.history() if entry.action == "warned"]
    assert len(warned) == 1
    assert "needs a close reason" in warned[0]


def test_won_before_the_answer_is_accepted_and_then_won(joined: Joined) -> None:
    """Two legal patches, a run apart."""
    invitation, row = invited(joined)
    crm.win(joined.sandbox, row)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"
    joined.later(300)
    joined.run()
    assert (state_of(joined, invitation), joined.row(row)["cosell_syncstatus"]) == ("Closed/Won", SYNCED)
    assert quiet(joined)


def test_which_state_means_what_is_a_setting(joined: Joined) -> None:
    """Where In Progress accepts nothing, it is the seller's own; where it declines, it declines."""
    joined.settings = replace(joined.settings, gestures=Gestures(accepts=frozenset({"won"}), declines=frozenset()))
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS)
    loses(joined, row)
    joined.run()
    assert state_of(joined, invitation) == "New/Pending"


OWN_WORDS = """
fields:
  status:
    partner_center: {state: status, detail: substatus}
    dataverse: {state: statecode, detail: statuscode}
    converter: status
    created_on: [dataverse]
    words:
      partner_center: {New/Pending: new, New/*: new, Active/Accepted: open, Active/*: open, Closed/Won: won,
                       Closed/Lost: lost, Closed/Declined: declined, Closed/Expired: expired, Closed/Error: error}
      dataverse: {0/1: on_hold, 0/2: open, 1/*: won, 2/*: lost}
    instead:
      partner_center: {on_hold: open}
      dataverse: {new: on_hold, declined: lost, expired: lost, error: lost}
"""


def test_a_status_reason_of_ones_own_accepts(joined: Joined, tmp_path: Path) -> None:
    """What a status reason means is the mapping's: here In Progress waits for the answer, and On Hold gives it."""
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text(OWN_WORDS)
    joined.mapping = load_mapping(folders=[*default_folders(), folder])
    invitation, row = invited(joined)
    assert joined.row(row)["statuscode"] == IN_PROGRESS
    seller(joined, row, statuscode=ON_HOLD)
    assert state_of(joined, invitation) == "Active/Accepted"


def test_an_accepted_deal_parked_on_hold_goes_on(joined: Joined) -> None:
    """On Hold after the acceptance stops nothing, and stays."""
    invitation, row = invited(joined)
    seller(joined, row, statuscode=IN_PROGRESS)
    joined.later(60)
    seller(joined, row, statuscode=ON_HOLD, estimatedvalue=77)
    portal.edit(joined.sandbox, invitation, path="/details/notes", value="theirs")
    joined.later(60)
    joined.run()
    assert (joined.shown(invitation)["details"]["dealValue"], joined.row(row)["statuscode"]) == (77, ON_HOLD)
    assert "theirs" in joined.row(row)["description"]
    assert joined.row(row)["cosell_syncstatus"] == SYNCED


@pytest.mark.parametrize("task", ["push_to_partner_center", "write_back"])
def test_an_acceptance_is_given_once_wherever_the_run_dies(joined: Joined, task: str) -> None:
    """Killed between Partner Center's answer and the memory, or later: the next run converges and accepts no more."""
    invitation, row = invited(joined)
    crm.update(joined.sandbox, "opportunity", row, statuscode=IN_PROGRESS, estimatedvalue=5)
    if task == "push_to_partner_center":
        joined.break_("partner_center", "drop_after", method="PATCH", times=1)
    with suppress(CosellError):
        joined.run(tasks=TASKS[: TASKS.index(task) + (task != "write_back")])
    joined.later(1000)
    joined.run()
    assert state_of(joined, invitation) == "Active/Accepted"
    assert joined.shown(invitation)["details"]["dealValue"] == 5
    assert joined.row(row)["cosell_syncstatus"] == SYNCED
    assert quiet(joined)


def test_microsofts_edits_of_an_invitation_arrive(joined: Joined) -> None:
    """What changes in Partner Center before the answer is shown to the seller."""
    invitation = portal.invite(joined.sandbox)["id"]
    joined.run()
    joined.later(60)
    portal.edit(joined.sandbox, invitation, path="/details/dealValue", value=4711)
    joined.run()
    assert joined.row_of(invitation)["estimatedvalue"] == 4711
