"""A whole run of the real DAG against the sandbox: what it carries, what it leaves alone, what it must not tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.cli import cli_parser
from airflow.dag_processing.dagbag import DagBag
from airflow.utils import db
from cosell.adapters.state import open_state

from local.home import as_environment, connections
from local.persons import SELLER, Persons

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CUSTOMER_MAIL = "asa@customer.example"
TASKS = 7


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Give a sandbox of its own, stopped afterwards."""
    folder = tmp_path_factory.mktemp("sandbox")
    ports = [word for name in ("entra", "partner-center", "dataverse") for word in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "sandbox", "--state", str(folder), *ports]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    told, end = folder / "sandbox.json", time.monotonic() + 60
    while not told.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    yield json.loads(told.read_text())
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def persons(facts: dict[str, Any]) -> Persons:
    """Give everybody who works in the two systems by hand."""
    return Persons(facts)


@pytest.fixture(scope="module", autouse=True)
def _airflow(facts: dict[str, Any]) -> Iterator[None]:
    """Give Airflow a database and the two connections."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in as_environment(connections(facts)).items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_COSELL_START", "everything")
        db.initdb()
        yield


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


def test_a_dry_run_changes_nothing(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """Its plan can be read, with contacts masked, and both systems and the memory stay as they were."""
    row, _ = persons.sell("Only looked at", customer="Looked At AB", country="SE")
    before = persons.opportunity(row)
    run_id, report = run(dry_run=True)
    assert report["plan"]["counts"]["create_partner_center"] == 1
    assert persons.opportunity(row) == before
    capsys.readouterr()
    show(run_id)
    shown = capsys.readouterr().out
    assert "Only looked at" in shown
    assert "CREATE  in Partner Center" in shown
    assert CUSTOMER_MAIL not in shown
    assert SELLER not in shown


def show(run_id: str) -> None:
    """Call `airflow cosell plan RUN_ID`."""
    cli_parser.get_parser.cache_clear()
    arguments = cli_parser.get_parser().parse_args(["cosell", "plan", run_id])
    arguments.func(arguments)


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
