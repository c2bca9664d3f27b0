"""The DAGs as Airflow reads them."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from airflow.utils.types import DagRunType
from pendulum import DateTime

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAGS = Path(__file__).parents[2] / "dags"
WAY = {
    "pull_partner_center": {"plan"},
    "pull_dataverse": {"plan"},
    "plan": {"push_to_dataverse", "push_to_partner_center"},
    "push_to_dataverse": {"write_back"},
    "push_to_partner_center": {"write_back"},
    "write_back": {"advance"},
    "advance": set(),
}
CARRIERS = pytest.mark.parametrize("dag_id", ["cosell_sync", "cosell_backfill", "cosell_reconcile"])


@pytest.fixture(scope="module")
def bag() -> DagBag:
    """Give the DAGs folder as the DAG processor reads it."""
    return DagBag(dag_folder=str(DAGS), load_op_links=False)


def serialised(dag: DAG) -> Any:  # noqa: ANN401 - a class of the scheduler's
    """Give the DAG as the scheduler knows it."""
    return DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))


def test_every_file_is_read_without_error(bag: DagBag) -> None:
    """The folder holds our DAGs and nothing that Airflow stumbles over."""
    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "cosell_sync",
        "cosell_backfill",
        "cosell_events",
        "cosell_reconcile",
        "cosell_resolve",
        "cosell_setup",
        "cosell_sign_in",
        "cosell_webhook_registration",
        "cosell_webhook_check",
    }


@CARRIERS
def test_tasks_follow_the_way_of_the_data(bag: DagBag, dag_id: str) -> None:
    """They do the same seven steps in the same order, also after a trip through the scheduler's database."""
    for dag in (bag.dags[dag_id], serialised(bag.dags[dag_id])):
        assert {task.task_id: set(task.downstream_task_ids) for task in dag.tasks} == WAY


@CARRIERS
def test_a_dag_explains_itself(bag: DagBag, dag_id: str) -> None:
    """The UI shows the file's docstring, and a description for every param."""
    dag = bag.dags[dag_id]
    assert dag.doc_md.startswith("# ")
    assert all(dag.params.get_param(name).description for name in dag.params)


@CARRIERS
def test_no_task_may_hang_or_give_up_at_once(bag: DagBag, dag_id: str) -> None:
    """Every task is tried again, after the time that the service asked for."""
    for task in bag.dags[dag_id].tasks:
        assert task.retries >= 2
        assert type(task.retry_policy).__name__ == "ObeyRetryAfter"


def test_sync_reads_whole_spans_of_time(bag: DagBag) -> None:
    """A due run has the five minutes before it as its interval; a bare cron string would give an empty one."""
    timetable = serialised(bag.dags["cosell_sync"]).timetable
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=TimeRestriction(None, None, False))
    assert info.data_interval.end - info.data_interval.start == timedelta(minutes=5)
    assert bag.dags["cosell_sync"].max_active_runs == 1
    assert bag.dags["cosell_sync"].catchup is False


def test_events_wait_before_they_are_carried(bag: DagBag) -> None:
    """One run after the other, without an end: the first word is a sensor's, and what fails is tried again."""
    for dag in (bag.dags["cosell_events"], serialised(bag.dags["cosell_events"])):
        assert {task.task_id: set(task.downstream_task_ids) for task in dag.tasks} == {
            "wait": {"carry"},
            "carry": set(),
        }
    dag = bag.dags["cosell_events"]
    assert (type(dag.timetable).__name__, dag.max_active_runs) == ("ContinuousTimetable", 1)
    assert isinstance(dag.get_task("wait"), BaseSensorOperator)
    assert {task.retries for task in dag.tasks} == {3}
    assert dag.doc_md.startswith("# ")


def test_how_often_the_inbox_is_looked_at_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says how often."""
    monkeypatch.setenv("COSELL_INBOX_POLL", "0.2")
    again = DagBag(dag_folder=str(DAGS / "cosell_events.py"), load_op_links=False)
    assert again.dags["cosell_events"].get_task("wait").poll_seconds == 0.2


def test_reconcile_reads_both_sides_whole_once_a_day(bag: DagBag) -> None:
    """However a run begins, its tasks know; the regular sync's do not."""
    dag = bag.dags["cosell_reconcile"]
    info = serialised(dag).timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, False)
    )
    assert info.data_interval.end - info.data_interval.start == timedelta(days=1)
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    assert {task.whole for task in dag.tasks} == {True}
    assert {task.whole for task in bag.dags["cosell_sync"].tasks} == {False}
    assert set(dag.params) == {"switch_on", "allow_brake", "dry_run"}


def test_backfill_is_never_due_by_itself(bag: DagBag) -> None:
    """The scheduler, which asks without catchup, is given no run."""
    dag = serialised(bag.dags["cosell_backfill"])
    restriction = TimeRestriction(DateTime(2020, 1, 1, tzinfo=UTC), None, dag.catchup)
    assert dag.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction) is None


def test_backfill_has_a_month_for_every_run(bag: DagBag) -> None:
    """Airflow's own backfill finds each month of the span once, none twice and none empty."""
    dag = serialised(bag.dags["cosell_backfill"])
    infos = dag.iter_dagrun_infos_between(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC))
    months = [(info.data_interval.start.month, info.data_interval.end.month) for info in infos]
    assert months == [(month, month % 12 + 1) for month in range(1, 13)]
    assert dag.timetable.periodic
    assert bag.dags["cosell_backfill"].max_active_runs > 1


def test_the_dialogue_of_a_backfill_opens(bag: DagBag) -> None:
    """The UI greys its Trigger button, and with it the way to Backfill, where runs by hand are not allowed."""
    assert set(bag.dags["cosell_backfill"].allowed_run_types) == {"scheduled", "backfill", "manual"}


def test_history_is_carried_by_hand_of_a_logical_date_only(bag: DagBag) -> None:
    """A run by hand without one has no month, so it is refused before it begins instead of guessing one."""
    timetable = serialised(bag.dags["cosell_backfill"]).timetable
    now = DateTime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="Choose Backfill"):
        timetable.generate_run_id(run_type=DagRunType.MANUAL, run_after=now, data_interval=None)
    named = timetable.generate_run_id(run_type=DagRunType.BACKFILL_JOB, run_after=now, data_interval=None)
    assert named == "backfill__2026-01-01T00:00:00+00:00"
    month = timetable.infer_manual_data_interval(run_after=now)
    assert (month.start, month.end) == (DateTime(2025, 12, 1, tzinfo=UTC), now)
    assert timetable.generate_run_id(run_type=DagRunType.MANUAL, run_after=now, data_interval=month)


def filled_in(dag: DAG, said: dict[str, object]) -> dict[str, Any]:
    """Give the values of the form with these answers; raises where one is refused."""
    params = copy.deepcopy(dag.params)
    params.update(said)
    return dict(params.validate())


@pytest.mark.parametrize(
    ("dag_id", "said"),
    [
        ("cosell_sync", {"since": "yesterday"}),
        ("cosell_sync", {"allow_brake": "perhaps"}),
        ("cosell_sync", {"referral_ids": "one"}),
        ("cosell_backfill", {"states": ["Active"]}),
    ],
)
def test_a_form_takes_no_nonsense(bag: DagBag, dag_id: str, said: dict[str, object]) -> None:
    """A wrong value is refused when the run is started, not by a task later."""
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in(bag.dags[dag_id], said)


@pytest.mark.parametrize(
    ("dag_id", "said"),
    [
        ("cosell_sync", {}),
        ("cosell_sync", {"since": "2026-01-31T00:00:00+00:00", "referral_ids": ["a", "b"], "dry_run": True}),
        ("cosell_backfill", {"states": ["lost"]}),
        ("cosell_reconcile", {"dry_run": True, "switch_on": True}),
    ],
)
def test_a_form_takes_what_it_says(bag: DagBag, dag_id: str, said: dict[str, object]) -> None:
    """The defaults alone make a run, and so do the values that the form describes."""
    assert filled_in(bag.dags[dag_id], said).items() >= said.items()


def in_new_process(program: str, **environment: str) -> str:
    """Give what a program of its own prints."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


HEAVY = """
import json, runpy, sys
from airflow.sdk import DAG, BaseOperator, CronDataIntervalTimetable, Param, RetryPolicy
before = set(sys.modules)
runpy.run_path({path!r})
print(json.dumps(sorted({{name.split(".")[0] for name in set(sys.modules) - before}})))
"""


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_reading_a_file_loads_nothing_heavy(path: Path) -> None:
    """The DAG processor reads the files every half minute; what a task needs is loaded when a task runs."""
    loaded = set(json.loads(in_new_process(HEAVY.format(path=str(path)))))
    assert "cosell" in loaded
    assert not loaded & {"pandas", "numpy", "httpx", "msal", "sqlalchemy", "alembic", "pydantic", "yaml", "rich"}


@pytest.mark.parametrize(
    ("dag_id", "variable"),
    [
        ("cosell_sync", "COSELL_SCHEDULE"),
        ("cosell_backfill", "COSELL_BACKFILL_SCHEDULE"),
        ("cosell_reconcile", "COSELL_RECONCILE_SCHEDULE"),
        ("cosell_webhook_check", "COSELL_WEBHOOK_CHECK_SCHEDULE"),
    ],
)
def test_how_often_is_a_setting(dag_id: str, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment says how often, without a question to Airflow's database when the file is read."""
    monkeypatch.setenv(variable, "0 */2 * * *")
    again = DagBag(dag_folder=str(DAGS / f"{dag_id}.py"), load_op_links=False)
    assert serialised(again.dags[dag_id]).timetable.summary == "0 */2 * * *"


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_a_file_only_wires(path: Path) -> None:
    """A DAG file fits a screen and holds no function of its own."""
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    assert "def " not in text
