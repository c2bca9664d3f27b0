"""A dry run tells what would change, and changes nothing anywhere."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from cosell.adapters.state import open_state
from cosell.core.record import Side
from cosell.sync.lines import line_to_plan

from sandbox.dataverse import crm
from sandbox.partner_center import portal
from tests.integration.joined import Joined
from tests.integration.looks import values

if TYPE_CHECKING:
    from pathlib import Path

OWN_TABLES = {"cosell_run", "cosell_run_report"}
"""Where a dry run is kept."""
LEARNED = ("partner_center.", "dataverse.")


@pytest.fixture
def told(tmp_path: Path) -> Joined:
    """Give systems with a deal in step, an edit, a conflict, a refusal, a newcomer on each side, and a pause."""
    joined = Joined(tmp_path, state_url=f"sqlite:///{tmp_path / 'state.db'}")
    deals = [joined.referral(name=name) for name in ("quiet", "edited", "paused")]
    joined.run()
    rows = [joined.row_of(deal)["opportunityid"] for deal in deals]
    joined.later(60)
    portal.edit(joined.sandbox, deals[1], path="/details/dealValue", value=50001)
    joined.dispute("fight")
    crm.update(joined.sandbox, "opportunity", rows[2], cosell_syncwithpartnercenter=False)
    joined.referral(name="new referral")
    joined.opportunity(name="new row")
    joined.opportunity(name="refused", account=joined.account(address1_country=None))
    return joined


def memory(folder: Path) -> dict[str, Any]:
    """Give the whole state database but for the runs themselves."""
    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'state.db'}")
    with engine.connect() as connection:
        names = set(sqlalchemy.inspect(connection).get_table_names()) - OWN_TABLES
        dump = {name: connection.execute(sqlalchemy.text(f"SELECT * FROM {name}")).all() for name in names}  # noqa: S608
    engine.dispose()
    # What the services taught us (a filter that they refuse) is learned by reading, and true whatever the run was for.
    dump["cosell_memory"] = [row for row in dump["cosell_memory"] if not row[0].startswith(LEARNED)]
    return {name: sorted(map(repr, rows)) for name, rows in dump.items()}


@pytest.mark.parametrize("kind", ["manual", "scheduled"])
def test_nothing_changes(told: Joined, tmp_path: Path, kind: str) -> None:
    """Neither system is written to, and the memory holds the same as before but for the run and its report."""
    before, held = values(told), memory(tmp_path)
    told.writes()
    told.run(told.facts(kind, dry_run=True))
    assert told.writes() == []
    assert values(told) == before
    assert memory(tmp_path) == held


def test_the_first_run_of_all_may_be_dry(joined: Joined) -> None:
    """Before any other run, nothing is bound, remembered or begun by it; the run after it carries everything."""
    joined.referral()
    joined.opportunity()
    joined.run(joined.facts("manual", dry_run=True))
    assert joined.state.binding_count() == 0
    assert joined.state.recall("mapping") is None
    assert joined.state.watermark(next(iter(joined.apps))) is None
    joined.run()
    assert joined.state.binding_count() == 2


def test_the_plan_is_in_the_report(told: Joined) -> None:
    """It holds every record that something would follow for, field by field and with its reason."""
    plan = told.report(told.run(told.facts("manual", dry_run=True)))["dry_run"]
    creates = sorted(line["create"]["side"] for line in plan if line["create"])
    assert creates == ["dataverse", "partner_center"]
    (updates,) = [line_to_plan(line).plan.updates for line in plan if line["updates"] and not line["adopted"]]
    assert updates[Side.DATAVERSE].values == {"deal_value": Decimal(50001)}
    assert sorted(line["reason"] for line in plan if line["reason"]) == ["conflict", "paused", "refused"]
    (refused,) = [line for line in plan if line["reason"] == "refused"]
    assert refused["said"][0]["code"] == "COUNTRY-1"


def test_a_brake_is_told_not_obeyed(told: Joined) -> None:
    """The report of a dry run names the brake that the real run would stop at."""
    told.settings = replace(told.settings, brake_floor=0, brake_share=0.0)
    report = told.report(told.run(told.facts("manual", dry_run=True)))
    assert "allow_brake" in report["plan"]["brake"]


@pytest.mark.parametrize("task", ["push_to_dataverse", "push_to_partner_center", "write_back"])
def test_a_task_of_a_dry_run_that_is_run_again_writes_nothing(told: Joined, tmp_path: Path, task: str) -> None:
    """With its staged files gone a task plans anew, and is as dry as the run."""
    facts = told.facts("manual", dry_run=True)
    told.run(facts)
    held = memory(tmp_path)
    told.writes()
    told.run(facts, tasks=(task,))
    assert told.writes() == []
    assert memory(tmp_path) == held


def test_the_real_run_after_it_does_the_job(told: Joined) -> None:
    """What was shown is done by the next run."""
    told.run(told.facts("manual", dry_run=True))
    told.run()
    assert {row["name"].lstrip("✔❌ ") for row in told.rows()} == {
        "quiet",
        "edited",
        "fight",
        "paused",
        "new referral",
        "new row",
        "refused",
    }
    assert len(told.referrals()) == 6
    assert open_state(told.state_url).binding_count() == 6
