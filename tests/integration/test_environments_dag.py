"""A second environment as Airflow runs it: its own DAG against the sandbox, and its own connections tried."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.hooks.environment import Environment
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.state import opened
from cosell.hooks.vault import SharedTokens

from local.home import as_environment, connections

if TYPE_CHECKING:
    from local.persons import Persons

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("deployed")


@pytest.fixture(autouse=True)
def _entered(facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the sandbox be the environment `test`; the default one has connections to somewhere else."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_START_TEST", "everything")
    for name, value in as_environment(connections(facts)).items():
        monkeypatch.setenv(name.replace("_DEFAULT", "_TEST"), value)
        monkeypatch.setenv(name, json.dumps(json.loads(value) | {"host": "https://elsewhere.example"}))


def run() -> dict[str, Any]:
    """Run the DAG of the environment as Airflow's own test runner does; give its report."""
    dag = DagBag(dag_folder=str(ROOT / "dags" / "cosell_sync.py"), load_op_links=False).dags["cosell_sync_test"]
    done = dag.test()
    assert done.state == "success"
    with opened(Environment("test")) as state:
        record = state.runs(done.run_id)
    assert record is not None
    return dict(record.report)


def test_first_nothing_is_written_then_labelled_deals_are(
    persons: Persons, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As an operator goes about it: read-only, then `own`; production's deals stay where they are."""
    persons.do("create_deal", name="Production")
    row, _ = persons.sell("Try", customer="Customer AB", country="SE")
    report = run()
    assert report["plan"]["skipped"]["of another environment"] == 1
    assert "ENV-1" in persons.opportunity(row)["cosell_audit"]
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS_TEST", '{"partner_center": "own"}')
    run()
    held = persons.opportunity(row)
    assert held["name"] == "✔ Try"
    assert persons.referral(held["cosell_referralidentifier"])["name"] == "[TEST] Try"
    assert not (tmp_path / "cosell" / "state.db").exists()


def test_trying_a_connection_spends_no_sign_in_of_another(
    monkeypatch: pytest.MonkeyPatch, facts: dict[str, Any]
) -> None:
    """Airflow's form tries under an id of its own making: what is not saved leaves all kept tokens alone."""
    hook = PartnerCenterHook()
    with opened() as state:
        signed_in = {"access_token": "a", "expires_in": 3600, "refresh_token": "kept"}
        grant = hook.grant(hook.get_conn(), state)
        grant.adopt(signed_in)
    told = connections(facts)["partner_center_default"] | {"login": facts["partner_center"]["client_id"]}
    told["extra"]["scope"] = facts["urls"]["partner_center"] + "/.default"
    monkeypatch.setenv("AIRFLOW_CONN_TRIED", json.dumps(told))
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "")
    monkeypatch.delenv("AIRFLOW_CONN_PARTNER_CENTER_DEFAULT")
    works, said = PartnerCenterHook("tried").test_connection()
    assert (works, said.startswith("Partner Center answers")) == (True, True), said
    with opened() as state:
        assert SharedTokens(state).refresh_token(origin=grant.origin) == "kept"
