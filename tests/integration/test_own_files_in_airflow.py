"""A user's own files under a real Airflow: a whole run of the DAG by them, and what the doctor says of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.mapping import default_folders, load_mapping

from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.persons import Persons

ROOT = Path(__file__).parents[2]
HOOKS = """
def before_write_opportunity(deal):
    return {"own_need": "from " + deal["customer_country"]}
"""


@pytest.fixture
def own(deployed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the user's folder, read-only to everybody once it is written, and a memory of its own."""
    del deployed
    url = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(url))
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_START", "everything")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "referral_opportunity.yaml").write_text("fields:\n  own_need: {dataverse: customerneed}\n")
    (folder / "hooks.py").write_text(HOOKS)
    monkeypatch.setenv("COSELL_MAPPINGS", str(folder))
    return folder


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[object], str]:
    """Give a way to call the doctor under some settings: what it prints."""
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 1000)

    def call(settings: object) -> str:
        monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps(settings))
        with pytest.raises(SystemExit):
            typed("doctor")
        return capsys.readouterr().out

    return call


def test_a_run_of_the_dag_goes_by_them(own: Path, persons: Persons) -> None:
    """Tasks read the folder by the environment; nothing is written into it."""
    before = sorted(own.rglob("*"))
    customer = {"name": "Tailspin GmbH", "address": {"country": "DE"}}
    referral = persons.do("create_deal", name="By the hook", customerProfile=customer)["id"]
    dag = DagBag(dag_folder=str(ROOT / "dags" / "cosell_sync.py"), load_op_links=False).dags["cosell_sync"]
    assert dag.test(run_conf={"referral_ids": [referral]}).state == "success"
    row = persons.opportunity_of(referral)
    assert row is not None
    assert row["customerneed"] == "from DE"
    assert sorted(own.rglob("*")) == before


@pytest.mark.parametrize(
    ("hooks", "settings", "words"),
    [
        ("def before_write_oportunity(deal): ...\n", {}, "hooks.py:1: unknown hook 'before_write_oportunity'"),
        (HOOKS, {"account_match": ["duns"]}, "the setting account_match names duns"),
    ],
)
def test_the_doctor_names_what_is_wrong(
    own: Path, doctor: Callable[..., str], hooks: str, settings: dict[str, object], words: str
) -> None:
    """In a line of its list, by file and line, or by the setting."""
    (own / "hooks.py").write_text(hooks)
    assert words in doctor(settings)


def test_an_environment_may_have_code_of_its_own(own: Path) -> None:
    """In its sub-folder, over what all environments share."""
    (own / "test").mkdir()
    (own / "test" / "hooks.py").write_text(HOOKS.replace("from ", "test: "))
    for environment, line in (("test", own / "test" / "hooks.py"), ("default", own / "hooks.py")):
        (hook,) = load_mapping(folders=default_folders(environment)).hooks
        assert hook.spot.file == str(line)
