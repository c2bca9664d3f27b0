"""A whole run of the real DAG against the sandbox: what it carries, what it leaves alone, what it must not tell."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.adapters.state import open_state
from cosell.core.errors import SchemaDriftError
from cosell.hooks.world import open_worlds

from local.persons import SELLER
from tests.integration.driven import typed

if TYPE_CHECKING:
    from local.persons import Persons

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("deployed")
CUSTOMER_MAIL = "asa@customer.example"
TASKS = 7


def run(**params: object) -> tuple[str, dict[str, Any]]:
    """Run the DAG as Airflow's own test runner does; give the run's id and its report."""
    dag = DagBag(dag_folder=str(ROOT / "dags" / "cosell_sync.py"), load_op_links=False).dags["cosell_sync"]
    done = dag.test(run_conf=params)
    assert done.state == "success"
    assert len(done.get_task_instances()) == TASKS
    state = open_state(f"sqlite:///{memory()}")
    record = state.runs(done.run_id)
    state.close()
    assert record is not None
    return done.run_id, dict(record.report)


def memory() -> Path:
    """Give the file of the sync's memory."""
    return Path(os.environ["AIRFLOW_HOME"]) / "cosell" / "state.db"


def test_a_run_carries_both_ways_and_the_next_is_quiet(persons: Persons, capfd: pytest.CaptureFixture[str]) -> None:
    """A deal of each side appears on the other; a second run writes nothing; nothing secret is told anywhere."""
    inbound = persons.do("create_deal", name="From Partner Center")["id"]
    row, _ = persons.sell("From Dynamics", customer="Customer AB", country="SE")
    _, report = run()
    assert report["plan"]["counts"]["create_dataverse"] == 1
    assert report["plan"]["counts"]["create_partner_center"] == 1
    found = persons.opportunity_of(inbound)
    assert found is not None
    referral = persons.opportunity(row)["cosell_referralidentifier"]
    assert persons.referral(referral)["externalReferenceId"] == row
    run()
    _, quiet = run()
    written = {name: part["counts"] for name, part in quiet.items() if name.startswith(("push", "write_back"))}
    assert {name: counts for name, counts in written.items() if any(counts.values())} == {}
    told = "".join(capfd.readouterr())
    assert "pull_partner_center" in told
    for secret in secrets():
        assert secret not in told


def test_what_ends_soon_is_told_once(
    persons: Persons, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log warns, and the callback that the settings name is called with the task's context; no second time."""
    settings = {"clock_marks_days": [15], "clock_callback": "tests.integration.test_sync_dag:hear"}
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps(settings))
    invitation = persons.do("invite", name="Soon over")["id"]
    _, report = run()
    assert report["clocks"]["counts"] == {"answer": 1}
    told = "".join(capfd.readouterr())
    assert f"advance hears of {invitation} answer 15" in told
    run()
    assert "advance hears of" not in "".join(capfd.readouterr())


def hear(context: dict[str, Any]) -> None:
    """Take the place of a deployment's own callback."""
    for one in context["endings"]:
        print(f"{context['ti'].task_id} hears of {one['referral']} {one['clock']} {one['mark']}")  # noqa: T201 - read by the test


def test_a_dry_run_changes_nothing(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """Its plan can be read, with contacts masked, and both systems and the memory stay as they were."""
    row, _ = persons.sell("Only looked at", customer="Looked At AB", country="SE")
    before = persons.opportunity(row)
    run_id, report = run(dry_run=True)
    assert report["plan"]["counts"]["create_partner_center"] == 1
    assert persons.opportunity(row) == before
    capsys.readouterr()
    typed("plan", run_id)
    shown = capsys.readouterr().out
    assert "Only looked at" in shown
    assert "CREATE  in Partner Center" in shown
    assert CUSTOMER_MAIL not in shown
    assert SELLER not in shown


def test_nothing_secret_is_kept_readable() -> None:
    """All that the runs wrote is searched for secrets, and all but the memory for contacts."""
    home = Path(os.environ["AIRFLOW_HOME"])
    for path in (path for path in home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        people = [] if memory().name in path.name else [CUSTOMER_MAIL]
        leaked = [secret for secret in [*secrets(), *people] if secret.encode() in content]
        assert leaked == [], path


def test_staged_files_are_gone_when_a_run_is_done() -> None:
    """Rows travel as files between tasks, and only so long."""
    assert list((memory().parent / "staged").rglob("*.jsonl")) == []


def secrets() -> list[str]:
    """Give every secret that the connections hold."""
    held = [json.loads(os.environ[f"AIRFLOW_CONN_{name}_DEFAULT"]) for name in ("PARTNER_CENTER", "DATAVERSE")]
    return [one["password"] for one in held] + [held[0]["extra"]["refresh_token"]]


LEADS_OF_ANOTHER_KIND = "mapping: referral_lead\nfields: {own_region: {dataverse: cosell_region}}\n"


def test_a_crm_without_our_columns_on_lead_is_kept_in_step_without_leads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody asked for leads: the run goes on without them, and says once how to have them, or how to be quiet."""
    (tmp_path / "referral_lead.yaml").write_text(LEADS_OF_ANOTHER_KIND)
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path))
    _, report = run()
    assert "lead has no column cosell_region" in report["left_out"]["warning"]
    assert [name for name in report if name.endswith("_lead")] == []
    warnings = [line for line in "".join(capfd.readouterr()).splitlines() if "[warning" in line]
    assert sum("Leads are not kept in step" in line for line in warnings) == 1


def test_leads_that_were_asked_for_are_not_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the setting says true, a CRM that lacks a column stops the run with the setting's name."""
    (tmp_path / "referral_lead.yaml").write_text(LEADS_OF_ANOTHER_KIND)
    monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"leads": true}')

    async def look() -> list[str]:
        async with open_worlds(run_id="a-look") as worlds:
            return [world.table for world in worlds]

    with pytest.raises(SchemaDriftError, match=r"lead has no column cosell_region.*setting leads: false"):
        asyncio.run(look())
    monkeypatch.delenv("COSELL_MAPPINGS")
    assert asyncio.run(look()) == ["lead", "opportunity"]
