"""(f) What Airflow adds: its start-up as in `make up`, and the price of a task instance that does nothing."""

from __future__ import annotations

import shutil
import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench.results import Figure
from local.home import Home
from local.progress import Progress
from local.stage import on_stage

if TYPE_CHECKING:
    from local.stage import Stage

_ROOT = Path(__file__).parents[1]
_ENDED = {"success", "failed"}
_SYNC, _NOTHING = "cosell_sync", "nothing"
_IDLE_SECONDS = 20
# one run is due at once, and no other for the rest of the year
_SETTINGS = {"AIRFLOW_VAR_COSELL_START": "everything", "COSELL_SCHEDULE": "0 0 1 1 *"}


@dataclass(frozen=True, kw_only=True)
class _Price:
    """What runs took, one after another."""

    run: float
    """Median wall of a run in seconds, from its start to its end."""
    task: float
    """Median wall of a task instance in seconds, from the start of its process to its end."""
    wait: float
    """Median wall from a task's being queued to its start."""
    cpu: float
    """Seconds of CPU for each task instance: of all of Airflow's processes, less what they use when idle."""


def figures(folder: Path, *, runs: int) -> list[Figure]:
    """Start Airflow on an empty home, and run the same seven tasks with nothing to do and with nothing in them."""
    home = Home(folder=folder / "airflow")
    dags = shutil.copytree(_ROOT / "dags", folder / "dags")
    shutil.copy(_ROOT / "bench" / "dags" / "nothing.py", dags)
    with on_stage(home, Progress()) as stage:
        began = time.time()
        stage.prepare()
        prepared = time.time()
        stage.start(_SETTINGS | {"AIRFLOW__CORE__DAGS_FOLDER": str(dags)})
        ready = time.time()
        stage.wait("the DAG that does nothing", until=lambda: stage.api.has_dags(_NOTHING))
        first = _first_run(stage)
        for warm in (_NOTHING, _SYNC):
            _one(stage, warm)
        resting = idle(stage)
        bare, ours = (_price(stage, dag_id, runs=runs, resting=resting) for dag_id in (_NOTHING, _SYNC))
    return [
        _seconds("start of Airflow's four parts until its API is healthy and knows the DAGs", ready - prepared),
        _seconds("… until the first scheduled run of cosell_sync begins", first["run"] - prepared),
        _seconds("… until the first task of it begins", first["task"] - prepared),
        _seconds("before it, once: making Airflow's database, and the sandbox", prepared - began),
        _beside(f"a task instance that does nothing, wall, median of {runs} runs", bare.task, ours.task),
        _beside("… waiting in the queue before it", bare.wait, ours.wait),
        _beside("… CPU of all of Airflow's processes for it", bare.cpu, ours.cpu),
        _beside("a run of seven such tasks, wall", bare.run, ours.run),
        _seconds("CPU of Airflow's idle processes in a minute", 60 * resting),
    ]


def _seconds(what: str, seconds: float) -> Figure:
    return Figure(part="f", what=what, measured=seconds, unit="s")


def _beside(what: str, bare: float, ours: float) -> Figure:
    beside_what = "the same in cosell_sync with nothing to carry"
    return Figure(part="f", what=what, measured=bare, unit="s", beside=ours, beside_what=beside_what)


def _first_run(stage: Stage) -> dict[str, float]:
    """Wait for the end of the first scheduled run; give when it and its first task began."""
    stage.wait("the first scheduled run", until=lambda: bool(stage.api.runs(_SYNC)))
    run = stage.api.runs(_SYNC)[0]
    tasks = _ended(stage, _SYNC, run["dag_run_id"])
    return {
        "run": _moment(stage.api.runs(_SYNC)[0]["start_date"]),
        "task": min(_moment(task["start_date"]) for task in tasks),
    }


def _price(stage: Stage, dag_id: str, *, runs: int, resting: float) -> _Price:
    began, before = time.time(), _cpu()
    tasks = [task for _ in range(runs) for task in _one(stage, dag_id)]
    used = _cpu() - before - resting * (time.time() - began)
    lasted = [_moment(run["end_date"]) - _moment(run["start_date"]) for run in stage.api.runs(dag_id)[-runs:]]
    return _Price(
        run=statistics.median(lasted),
        task=statistics.median(_moment(task["end_date"]) - _moment(task["start_date"]) for task in tasks),
        wait=statistics.median(_moment(task["start_date"]) - _moment(task["queued_when"]) for task in tasks),
        cpu=used / len(tasks),
    )


def _one(stage: Stage, dag_id: str) -> list[dict[str, Any]]:
    return _ended(stage, dag_id, stage.api.trigger(dag_id, conf={}))


def _ended(stage: Stage, dag_id: str, run_id: str) -> list[dict[str, Any]]:
    """Wait for the end of a run, which must be a good one; give its tasks."""
    stage.wait(run_id, until=lambda: stage.api.run_state(dag_id, run_id) in _ENDED)
    tasks = stage.api.tasks(dag_id, run_id)
    if any(task["state"] != "success" for task in tasks.values()):
        message = f"{run_id} of {dag_id}: { {name: task['state'] for name, task in tasks.items()} }"
        raise RuntimeError(message)
    return list(tasks.values())


def idle(stage: Stage) -> float:
    """Give the seconds of CPU that Airflow uses in a second when nothing is due."""
    began, before = time.time(), _cpu()
    while time.time() - began < _IDLE_SECONDS:
        stage.family.check()
        time.sleep(1)
    return (_cpu() - before) / (time.time() - began)


def _cpu() -> float:
    """Give the seconds of CPU of Airflow's processes so far, those that have ended included."""
    (keeper,) = (child for child in psutil.Process().children() if "local.keeper" in child.cmdline())
    parts = [child for child in keeper.children() if "sandbox" not in child.cmdline()]
    family = [*parts, *(one for part in parts for one in part.children(recursive=True))]
    return sum(map(_cpu_of, family))


def _cpu_of(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))  # its own, and its children's that have ended
    except psutil.NoSuchProcess:
        return 0.0  # ended since it was found; its parent's figure has it


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
