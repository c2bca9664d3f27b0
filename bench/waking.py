"""(i) From an event's landing to the CRM, beside an empty task woken the same way; and what waiting costs."""

from __future__ import annotations

import random
import shutil
import sqlite3
import statistics
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cosell.adapters.inbox import StoredInbox
from cosell.sync.ports.inbox import Notice

from bench.results import Figure
from bench.under_airflow import idle
from local.home import Home
from local.persons import Persons
from local.progress import Progress
from local.stage import on_stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stage import Stage

_ROOT = Path(__file__).parents[1]
_DAGS = ("cosell_events", "woken")
_WARM_UP = 10
_PATIENCE_SECONDS = 60
_IDLE_RUNS_A_DAY = 86_400 / (55 * 60)
_SETTINGS = {"AIRFLOW_VAR_COSELL_START": "everything", "COSELL_SCHEDULE": "0 0 1 1 *"}
TUNED = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "COSELL_INBOX_POLL": "0.2",
}
"""What docs/webhook.md recommends where seconds count."""


@dataclass(kw_only=True)
class _Waited:
    """Seconds from each event's landing to its end."""

    ours: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)


def figures(folder: Path, *, events: int) -> list[Figure]:
    """Measure with Airflow's own settings, then with those that we recommend."""
    plain = _with(folder / "plain", {}, events=events, said="Airflow's own settings")
    settings = folder / "tuned" / "airflow" / "airflow" / "config" / "airflow_local_settings.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("import cosell.preload\n")
    return plain + _with(folder / "tuned", TUNED, events=events, said="tuned")


def _with(folder: Path, settings: dict[str, str], *, events: int, said: str) -> list[Figure]:
    dags, inboxes = folder / "dags", {name: folder / name for name in _DAGS}
    shutil.copytree(_ROOT / "dags", dags)
    shutil.copy(_ROOT / "bench" / "dags" / "woken.py", dags)
    places = {"COSELL_INBOX": str(inboxes["cosell_events"]), "BENCH_INBOX": str(inboxes["woken"])}
    with on_stage(Home(folder=folder / "airflow"), Progress()) as stage:
        stage.prepare()
        stage.start(_SETTINGS | settings | places | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)})
        stage.wait("the DAGs", until=lambda: stage.api.has_dags(*_DAGS))
        _await_waiting(stage)
        cpu = idle(stage)
        waited, rows = _measure(stage, inboxes, events=events)
    return _figures(waited, rows, cpu=cpu, said=said)


def _measure(stage: Stage, inboxes: dict[str, Path], *, events: int) -> tuple[_Waited, float]:
    """Let one event after the other be carried; give what each took, and the rows of a run in Airflow's database."""
    persons, waited = Persons(stage.facts), _Waited()
    deal = persons.do("create_deal", name="Told of")["id"]
    rows_before, runs_before = _rows(stage), _runs(stage)
    for number in range(_WARM_UP + events):
        persons.do("edit", id=deal, path="/details/dealValue", value=1000 + number)
        ours = _seconds(inboxes["cosell_events"], deal, until=lambda: _value(persons, deal) == 1000 + number)  # noqa: B023 - called at once
        _await_waiting(stage)
        floor = _floor(inboxes["woken"])
        _await_waiting(stage)
        time.sleep(random.uniform(0, 2))
        if number >= _WARM_UP:
            waited.ours.append(ours)
            waited.floor.append(floor)
    return waited, (_rows(stage) - rows_before) / (_runs(stage) - runs_before)


def _seconds(inbox: Path, deal: str, *, until: Callable[[], bool]) -> float:
    began = _land(inbox, deal)
    _look(until)
    return time.time() - began


def _floor(inbox: Path) -> float:
    began = _land(inbox, str(uuid4()))
    before = set(inbox.glob("*.json.*"))
    _look(lambda: bool(set(inbox.glob("*.json.*")) - before))
    (done,) = set(inbox.glob("*.json.*")) - before
    return float(done.name.partition(".json.")[2]) - began


def _land(inbox: Path, subject: str) -> float:
    """Land an event as the receiver does; give when that was done."""
    now = datetime.now(UTC)
    key = sha256(f"{subject}{now}".encode()).hexdigest()
    StoredInbox(inbox).land(Notice(event="referral-updated", subject=subject, key=key, changed=now, received=now))
    return time.time()


def _look(until: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not until():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing came of an event within {_PATIENCE_SECONDS} s")
        time.sleep(0.05)


def _value(persons: Persons, deal: str) -> float | None:
    row = persons.opportunity_of(deal)
    return None if row is None else float(row["estimatedvalue"])


def _await_waiting(stage: Stage) -> None:
    """Come back when the last run of both DAGs waits in the triggerer."""

    def waits(dag_id: str) -> bool:
        run = stage.api.newest_run(dag_id)
        return run is not None and stage.api.tasks(dag_id, run["dag_run_id"])["wait"]["state"] == "deferred"

    stage.wait("both DAGs waiting", until=lambda: all(map(waits, _DAGS)))


def _rows(stage: Stage) -> int:
    """Count the rows of all tables of Airflow's database."""
    database = sqlite3.connect(stage.home.airflow / "airflow.db")
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = [database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables]  # noqa: S608 - its own names
    database.close()
    return int(sum(counts))


def _runs(stage: Stage) -> int:
    database = sqlite3.connect(stage.home.airflow / "airflow.db")
    (count,) = database.execute("SELECT count(*) FROM dag_run").fetchone()
    database.close()
    return int(count)


def _figures(waited: _Waited, rows: float, *, cpu: float, said: str) -> list[Figure]:
    half, most = (_percent(waited.ours, p) for p in (50, 95))
    floor_half, floor_most = (_percent(waited.floor, p) for p in (50, 95))
    what, beside = f"{said}: an event's landing until the CRM shows it", "until an empty task begins"
    held = {"unit": "s", "part": "i"}
    return [
        Figure(
            what=f"{what}, median of {len(waited.ours)}",
            measured=half,
            beside=floor_half,
            beside_what=beside,
            target="floor + 2 s",
            met=half <= floor_half + 2,
            **held,
        ),
        Figure(
            what="… 95 in 100",
            measured=most,
            beside=floor_most,
            beside_what=beside,
            target="2 times the floor",
            met=most <= 2 * floor_most,
            **held,
        ),
        Figure(
            what=f"{said}: CPU of all of Airflow's idle processes in a minute, both DAGs waiting",
            measured=60 * cpu,
            **held,
        ),
        Figure(
            what="… rows in Airflow's database for a day in which nothing comes",
            measured=rows * _IDLE_RUNS_A_DAY,
            part="i",
            unit="rows",
        ),
    ]


def _percent(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1]
