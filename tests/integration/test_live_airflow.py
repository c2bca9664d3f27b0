"""Scheduler, executor and API server at work on the sandbox: reruns, a killed task, a backfill, the demonstration.

Their connections come from a secrets backend, those of the demonstration from the environment.
"""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
import pytest

from local.home import Home, connections
from local.persons import Persons
from local.progress import Progress
from local.stage import SECRETS_BACKEND, on_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stage import Stage

pytestmark = pytest.mark.campaign

ROOT = Path(__file__).parents[2]
SYNC, BACKFILL, SIGN_IN = "cosell_sync", "cosell_backfill", "cosell_sign_in"
TASKS = (
    "pull_partner_center",
    "pull_dataverse",
    "plan",
    "push_to_dataverse",
    "push_to_partner_center",
    "write_back",
    "advance",
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give Airflow and a sandbox, with runs started by hand only."""
    home = Home(folder=tmp_path_factory.mktemp("live") / "run")
    with on_stage(home, Progress()) as running:
        running.prepare()
        secrets = connections(running.facts) | {"cosell_state_default": elsewhere(home)}
        told = home.folder / "connections.json"
        told.touch(mode=0o600)
        told.write_text(json.dumps(secrets))
        running.start(
            {
                "AIRFLOW_VAR_COSELL_START": "everything",
                "COSELL_SCHEDULE": "0 0 1 1 *",
                SECRETS_BACKEND: "airflow.secrets.local_filesystem.LocalFilesystemBackend",
                "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(told)}),
            }
        )
        yield running


def elsewhere(home: Home) -> dict[str, Any]:
    """Give the connection of a memory that does not lie where it would without one."""
    return {"conn_type": "generic", "extra": {"url": f"sqlite:///{home.folder / 'elsewhere.db'}"}}


@pytest.fixture(scope="module")
def persons(stage: Stage) -> Persons:
    """Give everybody who works in the two systems by hand."""
    return Persons(stage.facts)


def run(stage: Stage, **params: object) -> str:
    """Start a run by hand and come back when it has ended well."""
    run_id = stage.api.trigger(SYNC, conf=params)
    await_success(stage, SYNC, run_id)
    return run_id


def await_success(stage: Stage, dag_id: str, run_id: str, *, seconds: float = 240) -> None:
    """Wait for the end of a run, which must be a good one."""
    stage.wait(run_id, until=lambda: stage.api.run_state(dag_id, run_id) in {"success", "failed"}, seconds=seconds)
    assert stage.api.run_state(dag_id, run_id) == "success", stage.api.tasks(dag_id, run_id)


def airflow(stage: Stage, *words: str) -> str:
    """Give what an Airflow command prints, which must end well.

    Airflow's own writes on SQLite are refused at once when its scheduler writes first; like an operator, repeat those.
    """
    command = [sys.executable, "-m", "airflow", *words]
    for _ in range(5):
        done = subprocess.run(  # noqa: S603 - our own commands
            command, env=stage.environment, cwd=ROOT, check=False, capture_output=True, text=True
        )
        if done.returncode == 0 or "database is locked" not in done.stderr:
            break
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def sandbox(stage: Stage, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Ask the sandbox's own control surface."""
    request = urllib.request.Request(  # noqa: S310 - this machine
        f"{stage.facts['urls']['dataverse']}/_sandbox/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    trust = ssl.create_default_context(cafile=stage.facts["ca"])
    with urllib.request.urlopen(request, context=trust, timeout=20) as answer:  # noqa: S310 - same
        return json.load(answer)


def rows_written(stage: Stage) -> int:
    """Give how many rows both systems were asked to write since the last look, and forget them."""
    apps = sandbox(stage, "DELETE", "requests")["apps"]
    return sum(apps.get(name, {}).get("rows_written", 0) for name in ("partner_center", "dataverse"))


def everything(persons: Persons) -> dict[str, list[dict[str, Any]]]:
    """Give all rows of the CRM that a run could touch."""
    tables = ("opportunity", "account", "contact", "cosell_partnercentersolution")
    return {table: persons.do("dataverse.find", table=table) for table in tables}


@pytest.fixture(scope="module")
def finished(stage: Stage, persons: Persons) -> tuple[str, str]:
    """Give a run that has carried a deal each way, and the referral that it began with; a later run found nothing."""
    inbound = persons.do("create_deal", name="Done again")["id"]
    persons.sell("Outbound, done again", customer="Done Again AB", country="SE")
    run_id = run(stage)
    run(stage)
    return run_id, inbound


def test_connections_come_from_a_secrets_backend(stage: Stage, finished: tuple[str, str]) -> None:
    """All three: none is in the environment or in Airflow's database, yet workers and commands find the systems."""
    assert [name for name in stage.environment if name.startswith("AIRFLOW_CONN_")] == []
    assert json.loads(airflow(stage, "connections", "list", "--output", "json")) == []
    assert finished[0] in airflow(stage, "cosell", "report", finished[0])
    assert not stage.home.state.exists()


@pytest.mark.parametrize("task", TASKS)
def test_any_task_alone_may_be_done_again(stage: Stage, persons: Persons, finished: tuple[str, str], task: str) -> None:
    """A task of a finished run, its staged files gone, is cleared: it ends well and both systems stay as they were."""
    run_id, inbound = finished
    before, referral = everything(persons), persons.referral(inbound)
    rows_written(stage)
    stage.api.clear(SYNC, run_id, task)
    await_success(stage, SYNC, run_id)
    assert stage.api.tasks(SYNC, run_id)[task]["try_number"] > 1
    assert rows_written(stage) == 0
    assert everything(persons) == before
    assert persons.referral(inbound) == referral


@pytest.mark.parametrize("task", ["push_to_dataverse", "push_to_partner_center", "write_back"])
def test_a_killed_task_is_done_once_in_the_end(stage: Stage, persons: Persons, task: str) -> None:
    """Killed while it writes, the task is tried again by Airflow, and nothing is there twice."""
    deals = [persons.do("create_deal", name=f"Killed {task} {number}")["id"] for number in range(3)]
    rows = [persons.sell(f"Killed {task} {n}", customer=f"Killed {task} {n} AB", country="SE")[0] for n in range(3)]
    sandbox(stage, "PUT", "latency", {"request_ms": 1500, "row_ms": 0})
    run_id = stage.api.trigger(SYNC, conf={})
    kill(stage, run_id, task)
    sandbox(stage, "PUT", "latency", {"request_ms": 0, "row_ms": 0})
    await_success(stage, SYNC, run_id)
    assert stage.api.tasks(SYNC, run_id)[task]["try_number"] > 1
    run(stage)
    for deal in deals:
        found = persons.do("dataverse.find", table="opportunity", cosell_referralidentifier=deal)
        assert len(found) == 1
    identifiers = [persons.opportunity(row)["cosell_referralidentifier"] for row in rows]
    assert len(set(identifiers)) == len(rows)
    assert all(persons.referral(one)["externalReferenceId"] == row for one, row in zip(identifiers, rows, strict=True))


def kill(stage: Stage, run_id: str, task: str) -> None:
    """Kill the process of a task as soon as it is at work."""
    stage.wait(task, until=lambda: stage.api.tasks(SYNC, run_id)[task]["state"] == "running")
    title = f"airflow worker -- {stage.api.tasks(SYNC, run_id)[task]['id']}"
    found: list[psutil.Process] = []

    def is_there() -> bool:
        found[:] = [one for one in psutil.process_iter(["cmdline"]) if title in " ".join(one.info["cmdline"] or [])]
        return bool(found)

    stage.wait(f"the process of {task}", until=is_there)
    stage.wait(f"a request of {task}", until=lambda: bool(sandbox(stage, "GET", "requests")["apps"]))
    found[0].send_signal(signal.SIGKILL)


def test_a_backfill_carries_each_deal_once(stage: Stage, persons: Persons) -> None:
    """Airflow's own backfill over half a year, several months at a time: every deal once, the watermark left alone."""
    deals = [
        persons.do(
            "create_deal", name=f"Past {month} {number}", createdDateTime=f"2026-{month:02}-1{number}T00:00:00Z"
        )["id"]
        for month in range(3, 9)
        for number in range(2)
    ]
    span = ("--from-date", "2026-03-01", "--to-date", "2026-08-31")
    airflow(stage, "backfill", "create", "--dag-id", BACKFILL, *span, "--max-active-runs", "3")
    stage.wait("six runs", until=lambda: len(stage.api.runs(BACKFILL)) == 6)
    for each in stage.api.runs(BACKFILL):
        await_success(stage, BACKFILL, each["dag_run_id"])
    for deal in deals:
        assert len(persons.do("dataverse.find", table="opportunity", cosell_referralidentifier=deal)) == 1
    assert {each["run_type"] for each in stage.api.runs(BACKFILL)} == {"backfill"}


def test_somebody_without_a_shell_signs_in(stage: Stage, persons: Persons) -> None:
    """The form of `cosell_sign_in`: while its task waits, the log on Airflow's page tells where to enter which code."""
    run_id = stage.api.trigger(SIGN_IN, conf={"sign_in": "referrals"})
    path = f"/api/v2/dags/{SIGN_IN}/dagRuns/{quote(run_id)}/taskInstances/sign_in/logs/1"

    def told() -> str:
        return json.dumps(stage.api._ask("GET", path))

    stage.wait("the task", until=lambda: stage.api.tasks(SIGN_IN, run_id)["sign_in"]["state"] == "running")
    stage.wait("the code", until=lambda: "enter the code" in told())
    assert stage.api.run_state(SIGN_IN, run_id) == "running"
    (code,) = set(re.findall(r"enter the code (\w+)\.", told()))
    persons.do("approve_device", user_code=code)
    await_success(stage, SIGN_IN, run_id)
    assert "Partner Center answers" in told()
    assert "Good: last used" in airflow(stage, "cosell", "sign-in", "--status")
    run(stage)


def test_the_demonstration_keeps_its_promises(tmp_path: Path) -> None:
    """`make demo` ends by itself with 0, within ten minutes, and leaves no process behind."""
    before = {process.pid for process in psutil.process_iter()}
    with (tmp_path / "told").open("w") as told:
        done = subprocess.run(["make", "demo"], cwd=ROOT, stdout=told, stderr=told, timeout=600, check=False)  # noqa: S607
    text = (tmp_path / "told").read_text()
    assert done.returncode == 0, text
    assert "✗" not in text
    left = [one for one in psutil.process_iter(["cmdline"]) if one.pid not in before]
    assert [one for one in left if ".run/demo" in " ".join(one.info["cmdline"] or [])] == []
