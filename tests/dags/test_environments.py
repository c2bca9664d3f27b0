"""Several environments: each has every DAG, under an id of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.core.errors import ConfigurationError
from cosell.hooks.environment import DEFAULT, Environment, environments

DAGS = Path(__file__).parents[2] / "dags"


def test_every_environment_has_all_dags(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default one keeps the plain ids, others add their name; each task knows its environment."""
    plain = set(DagBag(dag_folder=str(DAGS), load_op_links=False).dags)
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test, stage_2")
    bag = DagBag(dag_folder=str(DAGS), load_op_links=False)
    assert bag.import_errors == {}
    assert set(bag.dags) == plain | {f"{dag_id}_{name}" for dag_id in plain for name in ("test", "stage_2")}
    for dag_id in plain:
        for environment in environments():
            tasks = bag.dags[environment.own(dag_id)].tasks
            assert {task.environment for task in tasks} == {environment}


def test_the_plain_names_are_the_default_s() -> None:
    """A deployment with one environment sees nothing of all this."""
    assert environments() == [DEFAULT]
    assert (DEFAULT.own("cosell_settings"), DEFAULT.connection("dataverse")) == ("cosell_settings", "dataverse_default")
    test = Environment("test")
    assert (test.own("cosell_settings"), test.connection("dataverse")) == ("cosell_settings_test", "dataverse_test")


@pytest.mark.parametrize("named", ["Test", "1st", "a-b", "events_x", "t" * 21, "test;stage"])
def test_a_name_that_cannot_be_one_is_told(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of connections, DAGs and Variables are made of it."""
    monkeypatch.setenv("COSELL_ENVIRONMENTS", f"good,{named}")
    with pytest.raises(ConfigurationError, match=f"COSELL_ENVIRONMENTS names '{named}'"):
        environments()


def test_a_name_that_nobody_gave_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With those that are known."""
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test,default,test")
    with pytest.raises(ConfigurationError, match=r"no environment .prod.; COSELL_ENVIRONMENTS gives default, test$"):
        Environment.named("prod")
