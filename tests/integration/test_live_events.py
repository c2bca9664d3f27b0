"""Scheduler, triggerer and workers killed while they carry events: every event is settled in the end, none twice."""

from __future__ import annotations

import itertools
import shutil
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from cosell.adapters.inbox import StoredInbox
from cosell.adapters.state import open_state
from cosell.sync.ports.inbox import Notice

from local.home import Home
from local.persons import Persons
from local.progress import Progress
from local.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stage import Stage

pytestmark = pytest.mark.campaign

ROOT = Path(__file__).parents[2]
EVENTS = "cosell_events"
DEALS, TWICE, KILLS = 40, 3, 12
VICTIMS = ("carry", "triggerer", "scheduler")
"""The process of a task; the component; the component with its workers and whatever they are at."""
PAUSES = (0, 0.7, 1.5, 2.5, 4)
"""Seconds between the burst and the kill."""
SECONDS = 300


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give Airflow with the regular sync, and a sandbox; what fails is tried again soon, a dead worker soon missed."""
    home = Home(folder=tmp_path_factory.mktemp("events") / "run")
    dags = Path(shutil.copytree(ROOT / "dags", home.folder.parent / "dags"))
    for file in dags.glob("*.py"):
        file.write_text(file.read_text().replace("timedelta(minutes=1)", "timedelta(seconds=2)"))
    with on_stage(home, Progress()) as running:
        running.prepare()
        running.start(
            {
                "AIRFLOW_VAR_COSELL_START": "everything",
                "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
                "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
                "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
                "COSELL_INBOX": str(home.folder / "inbox"),
                "COSELL_SCHEDULE": "* * * * *",
            }
        )
        yield running


def tell(stage: Stage, referral: str) -> None:
    """Land an event as the receiver does."""
    now = datetime.now(UTC)
    key = sha256(f"{referral}{now}".encode()).hexdigest()
    notice = Notice(event="referral-updated", subject=referral, key=key, changed=now, received=now)
    assert StoredInbox(stage.home.folder / "inbox").land(notice)


def component(name: str) -> psutil.Process:
    """Give the process of a part of Airflow."""
    (keeper,) = (child for child in psutil.Process().children() if "local.keeper" in child.cmdline())
    return next(child for child in keeper.children() if words(child)[-1:] == [name])


def words(process: psutil.Process) -> list[str]:
    """Give a process's command line; nothing for one that has ended."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def kill(stage: Stage, victim: str) -> bool:
    """Kill it, start it again where it is a part of Airflow; False where there was nothing to kill."""
    if victim == "carry":
        return kill_task(stage)
    process = component(victim)
    for one in [*process.children(recursive=True), process]:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGKILL)
    stage_ended(stage, victim)
    stage._start_airflow(victim, victim)
    return True


def stage_ended(stage: Stage, name: str) -> None:
    """Wait until the keeper has told of the end, so that the new process is not taken for the dead one."""
    end = time.monotonic() + 30
    while name not in stage.family._ended:
        assert time.monotonic() < end
        time.sleep(0.05)


def kill_task(stage: Stage) -> bool:
    """Kill the process of `carry` where it is at work."""
    run = stage.api.newest_run(EVENTS)
    task = stage.api.tasks(EVENTS, run["dag_run_id"])["carry"] if run else {"id": "none"}
    title = f"airflow worker -- {task['id']}"
    for one in psutil.process_iter(["cmdline"]):
        if title in " ".join(one.info["cmdline"] or []):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
                return True
    return False


def test_events_survive_every_kill(stage: Stage) -> None:
    """Bursts about forty deals, a kill amidst each: what was told arrives, each deal stands once, nothing is left."""
    persons, pauses, killed = Persons(stage.facts), itertools.cycle(PAUSES), 0
    deals = [persons.do("create_deal", name=f"Deal {number}")["id"] for number in range(DEALS)]
    inbox, state = StoredInbox(stage.home.folder / "inbox"), f"sqlite:///{stage.home.state}"
    for number in itertools.count():
        value = 1000 + number
        for deal in deals:
            persons.do("edit", id=deal, path="/details/dealValue", value=value)
        for _, deal in itertools.product(range(TWICE), deals):
            tell(stage, deal)
        victim = VICTIMS[killed % len(VICTIMS)]
        end = time.monotonic() + 30
        time.sleep(next(pauses))
        while not (done := kill(stage, victim)) and time.monotonic() < end and inbox.landed():
            time.sleep(0.1)
        killed += done
        stage.wait(f"round {number}, {victim} killed", until=lambda v=value: arrived(persons, v), seconds=SECONDS)  # type: ignore[misc]
        stage.wait("the inbox to be empty", until=lambda: not inbox.landed(), seconds=SECONDS)
        if killed == KILLS:
            break
    rows = persons.do("dataverse.find", table="opportunity")
    assert sorted(row["cosell_referralidentifier"] for row in rows) == sorted(deals)
    stage.wait("the last run to end", until=lambda: not left(state), seconds=SECONDS)


def arrived(persons: Persons, value: float) -> bool:
    """Tell whether every deal stands in the CRM with that value."""
    rows = persons.do("dataverse.find", table="opportunity")
    return len(rows) >= DEALS and all(float(row["estimatedvalue"]) == value for row in rows)


def left(url: str) -> list[str]:
    """Give the records that the memory still has to look at, writes in flight included."""
    state = open_state(url)
    try:
        return [each.ref.key for each in state.all_unsettled(limit=100)] + [str(n.key) for n in state.all_in_flight()]
    finally:
        state.close()
