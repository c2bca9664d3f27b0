"""Whole runs of the DAG of events against the sandbox: what it waits for, what it carries, what it tells."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from cosell.adapters.inbox import StoredInbox
from cosell.core.errors import ServiceUnavailableError
from cosell.hooks.inbox import inbox_place
from cosell.sync.ports.inbox import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.persons import Persons

FILE = Path(__file__).parents[2] / "dags" / "cosell_events.py"


@pytest.fixture(autouse=True)
def clean(deployed: None, tmp_path: Path) -> Iterator[None]:
    """Give an inbox of the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COSELL_INBOX", str(tmp_path / "inbox"))
        yield


def run() -> tuple[dict[str, str], Any]:
    """Run the DAG as Airflow's own test runner does; give its tasks' states, and what the last returned."""
    done = DagBag(dag_folder=str(FILE), load_op_links=False).dags["cosell_events"].test()
    with create_session() as session:
        wanted = XComModel.get_many(run_id=done.run_id, key="return_value", task_ids="carry")
        returned = session.scalars(wanted).first()
    states = {task.task_id: str(task.state) for task in done.get_task_instances()}
    return states, XComModel.deserialize_value(returned) if returned else None


def tell(subject: str, event: str = "referral-updated") -> str:
    """Land an event as the receiver does; give the name of its file."""
    now = datetime.now(UTC)
    key = sha256(f"{event}{subject}{now}".encode()).hexdigest()
    notice = Notice(event=event, subject=subject, key=key, changed=now, received=now)
    assert StoredInbox(inbox_place()).land(notice)
    return notice.name


def test_an_event_carries_its_deal(persons: Persons, capfd: pytest.CaptureFixture[str]) -> None:
    """The log tells how many events led to what; Airflow's own database is given numbers only."""
    deal = persons.do("create_deal", name="Told of")["id"]
    tell(deal, "referral-created")
    tell(deal)
    states, returned = run()
    assert states == {"wait": "success", "carry": "success"}
    row = persons.opportunity_of(deal)
    assert row is not None
    assert row["name"] == "✔ Told of"
    assert returned == {"lots": 1, "events": 2, "referrals": 1, "done": {"created": 1}}
    assert deal not in json.dumps(returned)
    assert StoredInbox(inbox_place()).landed() == []
    told = "".join(capfd.readouterr())
    assert "'referral-created': 1" in told
    assert "customer.example" not in told


def test_a_file_that_is_no_event_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """Once, with what became of it; a validation event is told with its id."""
    broken, asked_for = tell(str(uuid4())), str(uuid4())
    tell(asked_for, "test-created")
    (Path(os.environ["COSELL_INBOX"]) / "events" / broken).write_text("{")
    states, returned = run()
    assert states["carry"] == "success"
    assert (returned["events"], returned["referrals"]) == (1, 0)
    told = "".join(capfd.readouterr())
    assert f"{broken} is no event" in told
    assert asked_for in told


def test_a_file_that_cannot_be_read_is_tried_again_after_a_while() -> None:
    """The task fails, else runs would follow one another without a pause for its sake."""
    stuck = tell(str(uuid4()))
    path = Path(os.environ["COSELL_INBOX"]) / "events" / stuck
    path.unlink()
    path.mkdir()
    task = DagBag(dag_folder=str(FILE), load_op_links=False).dags["cosell_events"].get_task("carry")
    run = SimpleNamespace(run_id="stuck", dag_id="cosell_events")
    with pytest.raises(ServiceUnavailableError, match=stuck):
        task.execute({"dag_run": run})


def test_where_nothing_comes_a_run_ends_as_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits in the triggerer, and no worker is asked for again."""
    monkeypatch.setattr("cosell.sensors.inbox.IDLE_SECONDS", 0.2)
    states, _ = run()
    assert states == {"wait": "skipped", "carry": "skipped"}


def test_waiting_ends_with_the_first_event() -> None:
    """Whatever comes first to the inbox, here a moment after the waiting began."""
    timer = threading.Timer(5, tell, (str(uuid4()), "test-created"))
    timer.start()
    states, returned = run()
    timer.join()
    assert states == {"wait": "success", "carry": "success"}
    assert returned["events"] == 1
