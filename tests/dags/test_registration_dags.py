"""The DAGs that register the webhook and look after it, as Airflow reads them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization
from cosell.core.registration import DEFAULT_EVENTS, address_problem
from cosell.operators.params import REGISTRATION_PARAMS

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAGS = Path(__file__).parents[2] / "dags"
GOOD = (
    "https://sync.contoso.example/cosell/webhook",
    "https://sync.contoso.example:8443",
    "https://sync.contoso.example?key=1",
    "http://127.0.0.1:8090/cosell/webhook",
    "http://localhost/cosell/webhook",
    "http://[::1]:8090/x",
)
BAD = (
    "",
    "sync.contoso.example/cosell/webhook",
    "http://sync.contoso.example/cosell/webhook",
    "http://localhost.contoso.example/x",
    "http://127.0.0.1.contoso.example/x",
    "ftp://sync.contoso.example/x",
    "https://user:word@sync.contoso.example/x",
    "https://sync.contoso.example/a b",
    "https://sync.contoso.example/x#part",
    "https://sync.contoso.example\\@other.example/x",
    "https://",
    f"https://sync.contoso.example/{'x' * 2000}",
)


def dag_of(dag_id: str) -> DAG:
    """Give a DAG as the DAG processor reads it."""
    return DagBag(dag_folder=str(DAGS / f"{dag_id}.py"), load_op_links=False).dags[dag_id]


@pytest.fixture(scope="module")
def dag() -> DAG:
    """Give the DAG with the form."""
    return dag_of("cosell_webhook_registration")


def filled_in(dag: DAG, **said: object) -> dict[str, Any]:
    """Give the values of the form with these answers; raises where one is refused."""
    params = copy.deepcopy(dag.params)
    params.update(said)
    return dict(params.validate())


def test_it_runs_when_somebody_starts_it(dag: DAG) -> None:
    """Three tasks in a row, never due by itself; the one that waits gives its worker back between two looks."""
    known = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert {task.task_id: set(task.downstream_task_ids) for task in known.tasks} == {
        "register": {"ask_for_test_event"},
        "ask_for_test_event": {"await_test_event"},
        "await_test_event": set(),
    }
    assert known.timetable.can_be_scheduled is False
    assert (dag.is_paused_upon_creation, dag.max_active_runs) == (False, 1)
    assert dag.get_task("await_test_event").mode == "reschedule"


def test_the_check_is_due_daily_and_on_from_the_start() -> None:
    """Nobody has to remember to switch it on; without a registration it asks nothing of anybody."""
    check = dag_of("cosell_webhook_check")
    known = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(check))))
    assert known.timetable.summary == "10 5 * * *"
    assert (check.is_paused_upon_creation, check.catchup, check.max_active_runs) == (False, False, 1)


def test_every_task_obeys_the_service() -> None:
    """What asks Partner Center is tried again, after the time that it asked for."""
    for dag_id in ("cosell_webhook_registration", "cosell_webhook_check"):
        for task in dag_of(dag_id).tasks:
            assert task.retries >= 2
            assert type(task.retry_policy).__name__ == "ObeyRetryAfter"


def test_the_form_explains_itself(dag: DAG) -> None:
    """Every box has a title and a description, every act a name in words."""
    assert dag.doc_md.startswith("# ")
    boxes = {name: dag.params.get_param(name) for name in dag.params}
    assert all(box.description and box.schema["title"] for box in boxes.values())
    assert set(boxes["what"].schema["values_display"]) == set(boxes["what"].schema["enum"])


def test_the_form_takes_nothing_from_anybody_unless_told_to(dag: DAG) -> None:
    """S-063 to S-065: the four events and the test event, no overwriting, and no address where none is known."""
    left = filled_in(dag)
    assert (left["what"], left["overwrite"], left["dry_run"]) == ("register", False, False)
    assert tuple(left["events"]) == DEFAULT_EVENTS
    assert left["endpoint_url"] is None


def test_the_form_begins_with_our_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it may be registered; else the box is empty rather than wrong."""
    import importlib  # noqa: PLC0415 - only here

    from cosell.operators import params  # noqa: PLC0415 - read anew below

    try:
        for name, told, shown in (
            ("COSELL_WEBHOOK_TRUST", "/trust.pem", "http://localhost:8080/cosell/webhook"),
            ("COSELL_WEBHOOK_URL", GOOD[0], GOOD[0]),
            ("COSELL_WEBHOOK_URL", "http://airflow:8080/cosell/webhook", None),
        ):
            monkeypatch.setenv(name, told)
            again = importlib.reload(params)
            assert again.REGISTRATION_PARAMS["endpoint_url"].value == shown
    finally:
        monkeypatch.undo()
        importlib.reload(params)


@pytest.mark.parametrize("url", GOOD)
def test_the_form_takes_an_address(dag: DAG, url: str) -> None:
    """https, or http on this machine; what the form takes, the task does."""
    assert filled_in(dag, endpoint_url=url)["endpoint_url"] == url
    assert address_problem(url, simulated=True) is None


@pytest.mark.parametrize("url", BAD)
def test_the_form_refuses_any_other(dag: DAG, url: str) -> None:
    """When the run is started; and the task would refuse it again."""
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in(dag, endpoint_url=url)
    assert address_problem(url, simulated=True)


@pytest.mark.parametrize("said", [{"what": "delete"}, {"events": []}, {"events": ["a b"]}, {"overwrite": "perhaps"}])
def test_the_form_takes_no_nonsense(dag: DAG, said: dict[str, object]) -> None:
    """A wrong value is refused when the run is started, not by the task later."""
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in(dag, **said)


def test_the_form_of_the_dag_is_ours(dag: DAG) -> None:
    """Nothing is added by the file."""
    assert set(dag.params) == set(REGISTRATION_PARAMS)
