"""The DAG with the form for held records, as Airflow reads it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.serialized_objects import DagSerialization

if TYPE_CHECKING:
    from airflow.sdk import DAG

FILE = Path(__file__).parents[2] / "dags" / "cosell_resolve.py"


@pytest.fixture(scope="module")
def dag() -> DAG:
    """Give the DAG as the DAG processor reads it."""
    return DagBag(dag_folder=str(FILE), load_op_links=False).dags["cosell_resolve"]


def filled_in(dag: DAG, **said: object) -> dict[str, Any]:
    """Give the values of the form with these answers; raises where one is refused."""
    params = copy.deepcopy(dag.params)
    params.update(said)
    return dict(params.validate())


def test_it_runs_when_somebody_starts_it(dag: DAG) -> None:
    """One task, never due by itself, not paused at first, and known to the scheduler as it stands."""
    known = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert [task.task_id for task in known.tasks] == ["decide"]
    assert known.timetable.can_be_scheduled is False
    assert dag.is_paused_upon_creation is False
    (task,) = dag.tasks
    assert task.retries >= 2
    assert type(task.retry_policy).__name__ == "ObeyRetryAfter"


def test_the_form_explains_itself(dag: DAG) -> None:
    """Every box has a title and a description, every act a name in words."""
    assert dag.doc_md.startswith("# ")
    boxes = {name: dag.params.get_param(name) for name in dag.params}
    assert all(box.description and box.schema["title"] for box in boxes.values())
    assert set(boxes["what"].schema["values_display"]) == set(boxes["what"].schema["enum"])


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"what": "resolve", "record": "id-1", "field": "notes", "take": "partner_center"},
        {"what": "retry all", "reason": "side_paused"},
        {"what": "allow brake"},
    ],
)
def test_the_form_takes_what_it_says(dag: DAG, said: dict[str, object]) -> None:
    """Left as it is, it only shows what is held."""
    assert filled_in(dag, **said).items() >= ({"what": "show"} | said).items()


@pytest.mark.parametrize("said", [{"what": "delete"}, {"take": "both"}, {"reason": "boredom"}, {"record": 7}])
def test_the_form_takes_no_nonsense(dag: DAG, said: dict[str, object]) -> None:
    """A wrong value is refused when the run is started, not by the task later."""
    with pytest.raises((ParamValidationError, ValueError)):
        filled_in(dag, **said)
