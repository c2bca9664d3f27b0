"""`airflow cosell enable`: the DAGs go on in their order where nothing is wrong, else none does."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session
from cosell.commands.enable import ORDER
from cosell.core.registration import DEFAULT_EVENTS, Registration
from cosell.hooks.partner_center_events import open_office
from cosell.sync.registering import Wish, register

from local.persons import Persons  # noqa: TC001 - pytest reads the annotations of fixtures
from tests.integration.driven import typed
from tests.integration.listener import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def paused(deployed: None, persons: Persons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give an Airflow that knows the DAGs, all of them paused, and both systems in order."""
    del deployed
    url = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(url))
    monkeypatch.setenv("COSELL_INBOX", str(tmp_path / "inbox"))
    persons.set(dataverse_denied_privileges=[], refresh_grace_seconds=3600)
    persons.do("create_deal", name="A deal")
    with create_session() as session:
        session.merge(DagBundleModel(name="dags-folder"))
        session.flush()
        known = {dag_id for dag_id in ORDER if session.get(DagModel, dag_id)}  # which other tests have run here
        for dag_id in ORDER:
            session.merge(DagModel(dag_id=dag_id, bundle_name="dags-folder", is_paused=True, is_stale=False))
    yield
    with create_session() as session:
        for dag_id in ORDER:
            found = session.get(DagModel, dag_id)
            if found and dag_id not in known:
                session.delete(found)


def enabled(capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """Call it; give how it ended and what it printed after the checklist."""
    try:
        typed("enable")
    except SystemExit as ended:
        return ended.code, ""
    return 0, capsys.readouterr().out.partition("not checked.\n")[2]


def on() -> set[str]:
    """Give the DAGs that are not paused."""
    with create_session() as session:
        found = [session.get(DagModel, dag_id) for dag_id in ORDER]
        return {dag.dag_id for dag in found if dag and not dag.is_paused}


@pytest.mark.usefixtures("paused")
def test_the_dags_go_on_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    """A warning does not stop it; without a webhook there is nothing for the DAGs that live by it. Again: no change."""
    code, told = enabled(capsys)
    assert code == 0
    assert told.splitlines() == [
        "cosell_sync is on now.",
        "cosell_reconcile is on now.",
        "cosell_events stays as it is: no webhook of this deployment is registered.",
        "cosell_webhook_check stays as it is: no webhook of this deployment is registered.",
    ]
    assert on() == {"cosell_sync", "cosell_reconcile"}
    assert "cosell_sync was on already." in enabled(capsys)[1]


@pytest.mark.usefixtures("paused")
def test_nothing_goes_on_where_something_is_wrong(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence says so."""
    persons.set(dataverse_denied_privileges=["prvWriteOpportunity"])
    code, _ = enabled(capsys)
    assert "Nothing was switched on" in str(code)
    assert on() == set()


@pytest.mark.usefixtures("paused")
def test_nothing_goes_on_where_a_dag_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, with what to do."""
    with create_session() as session:
        session.get(DagModel, "cosell_reconcile").is_stale = True  # its file is gone
    code, _ = enabled(capsys)
    assert "Airflow does not know cosell_reconcile. Copy dags/*.py" in str(code)
    assert on() == set()


@pytest.mark.usefixtures("paused")
def test_with_a_webhook_all_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """Registered by this deployment: events after the regular sync. A receiver that is silent is a warning."""
    with listening() as server:
        url = f"http://127.0.0.1:{server.server_port}/cosell/webhook"
        asyncio.run(_register(url))
        code, told = enabled(capsys)
        assert (code, server.heard["path"]) == (0, "/cosell/webhook")
    assert [line.partition(" ")[0] for line in told.splitlines()] == list(ORDER)
    assert on() == set(ORDER)
    capsys.readouterr()
    assert enabled(capsys)[0] == 0, "the receiver is gone: a warning"


async def _register(url: str) -> None:
    async with open_office() as office:
        wish = Wish(registration=Registration(url=url, events=DEFAULT_EVENTS))
        assert await register(office, wish, tell=str) == "create"
