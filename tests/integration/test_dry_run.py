"""A dry run between both sandboxes: it plans, and nothing follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosell.core.record import Side

from tests.integration.joined import Joined

if TYPE_CHECKING:
    from pathlib import Path


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """Neither system, nor binding, baseline, unsettled mark or watermark changes, whichever of its tasks run."""
    joined = Joined(tmp_path)
    joined.opportunity()
    joined.opportunity(account=joined.account(name="Nowhere AB", address1_country=None))
    joined.referral()
    before = joined.rows(), joined.referrals()
    facts = joined.run(joined.facts("manual", dry_run=True))
    assert joined.writes() == []
    assert (joined.rows(), joined.referrals()) == before
    counts = joined.report(facts)["plan"]["counts"]
    assert {name: counts[name] for name in ("create_dataverse", "create_partner_center", "refused")} == {
        "create_dataverse": 1,
        "create_partner_center": 1,
        "refused": 1,
    }
    state = joined.state
    assert state.binding_count() == 0
    assert state.all_unsettled(limit=10) == []
    assert state.history() == []
    assert all(state.watermark(side) is None for side in Side)
