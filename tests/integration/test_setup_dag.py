"""From an empty CRM to the first deal: by `airflow cosell setup`, and by the form of `cosell_setup`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from local.persons import Persons
from tests.integration.driven import served, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
AUDIT = "create the column cosell_audit on opportunity"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Give a sandbox whose CRM knows nothing of co-sell, stopped afterwards."""
    with served(tmp_path_factory.mktemp("empty"), "--empty-crm") as facts:
        yield facts


@pytest.fixture(scope="module", autouse=True)
def own(deployed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give a memory of its own."""
    del deployed
    folder = tmp_path_factory.mktemp("own")
    state = {"conn_type": "generic", "extra": {"url": f"sqlite:///{folder / 'state.db'}"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(state))
        patch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps({"staged_in": f"file://{folder / 'staged'}"}))
        yield


def run(dag_id: str, **said: object) -> str:
    """Run a DAG as Airflow's own test runner does; give how it ended."""
    dag = DagBag(dag_folder=str(ROOT / "dags" / f"{dag_id}.py"), load_op_links=False).dags[dag_id]
    return str(dag.test(run_conf=said).state)


def test_the_doctor_of_an_empty_crm_says_once_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tables and columns, by setup; what stands on them is not checked, and the mapping is not to be corrected."""
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 4000)
    with pytest.raises(SystemExit):
        typed("doctor")
    lines = {cells[0]: cells[1:] for cells in map(_cells, capsys.readouterr().out.splitlines()) if len(cells) > 1}
    assert lines["Dynamics 365: tables and columns"][0] == "wrong"
    for name in ("alternate keys", "choices", "form", "mapping", "required columns"):
        assert lines[f"Dynamics 365: {name}"][:2] == ["not checked", "because of: Dynamics 365: tables and columns"]
    with pytest.raises(SystemExit):
        typed("mapping", "check")
    told = capsys.readouterr().out
    assert "referral_opportunity.yaml:" in told
    assert "the CRM has no table cosell_" in told
    assert "(airflow cosell setup mends that)" in told


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_from_nothing_to_the_first_deal(facts: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    """The sync names what lacks; a dry run lists it, a run makes it, a second one finds nothing; a deal arrives."""
    persons = Persons(facts)
    referral = str(persons.do("create_deal", name="The first")["id"])
    assert run("cosell_sync") == "failed"
    assert "the CRM has no table cosell_" in "".join(capfd.readouterr())
    assert run("cosell_setup") == "success", "the form's own default is a dry run"
    listed = "".join(capfd.readouterr())
    assert AUDIT in listed
    assert "this was a dry run" in listed
    typed("setup", "--dry-run")
    assert AUDIT in capfd.readouterr().out
    typed("setup")
    made = capfd.readouterr().out
    assert AUDIT in made
    typed("setup")
    assert capfd.readouterr().out.strip() == "0 changes."
    assert run("cosell_setup", dry_run=False) == "success"
    assert "0 changes" in "".join(capfd.readouterr())
    assert run("cosell_sync") == "success"
    row = persons.opportunity_of(referral)
    assert row is not None
    assert row["cosell_syncwithpartnercenter"] is True


def test_the_form_checks_everything(facts: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    """A line for each check in the log; red where anything is wrong, with what."""
    assert run("cosell_setup", what="check") == "success"
    told = "".join(capfd.readouterr())
    assert "Dynamics 365: privileges: ok: all" in told
    assert "webhook: warning: no address is registered" in told
    persons = Persons(facts)
    persons.set(dataverse_denied_privileges=["prvWriteOpportunity"])
    assert run("cosell_setup", what="check") == "failed"
    told = "".join(capfd.readouterr())
    assert "wrong: the role lacks prvWriteOpportunity" in told
    assert "NotReadyError: the doctor finds this wrong: Dynamics 365: privileges" in told
    persons.set(dataverse_denied_privileges=[])


def test_what_a_person_must_do_is_said(facts: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    """A role that may not customise: a sentence with the privilege and the way out, exit code 1, a red task."""
    persons = Persons(facts)
    lacking = "the role lacks the privilege prvWriteEntity: give the application user the role System Customizer"
    persons.set(dataverse_denied_privileges=["prvWriteEntity"], dataverse_languages=[1033, 1029])
    with pytest.raises(SystemExit) as ended:
        typed("setup")
    assert lacking in str(ended.value)
    capfd.readouterr()
    assert run("cosell_setup", dry_run=False) == "failed"
    assert f"SetupStoppedError: {lacking}" in "".join(capfd.readouterr())
    persons.set(dataverse_denied_privileges=[])
    assert run("cosell_setup", dry_run=False) == "success"
