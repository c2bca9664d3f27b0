"""Two runs at once over deals that neither has bound yet: one of them binds each, and nothing is made twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.partner_center import portal
from tests.integration.joined import TASKS, Joined

if TYPE_CHECKING:
    from pathlib import Path

PULLS, REST = TASKS[:2], TASKS[2:]


@pytest.mark.parametrize("kind", ["scheduled", "reconcile"])
def test_a_row_waits_while_another_run_holds_the_referral_that_names_it(tmp_path: Path, kind: str) -> None:
    """The run that has the referral may be about to bind the two, so the row is no new deal to any other run."""
    joined = Joined(tmp_path)
    row = joined.opportunity(name="named")
    referral = joined.referral(name="named", externalReferenceId=row)
    facts = joined.run(joined.facts(kind), tasks=PULLS)
    now = joined.sandbox.clock.now()
    joined.state.take_leases([{referral}], run_id="another", now=now, until=now + timedelta(minutes=15))
    joined.run(facts, tasks=REST)
    assert [each["id"] for each in joined.referrals()] == [referral]
    assert joined.row(row)["cosell_referralidentifier"] is None
    joined.state.give_back_leases("another")
    joined.later(60)
    portal.edit(joined.sandbox, referral, path="/details/dealValue", value=5)
    joined.run()
    assert [each["id"] for each in joined.referrals()] == [referral]
    assert joined.row(row)["cosell_referralidentifier"] == referral
