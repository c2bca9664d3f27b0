"""What tests of a whole begin with: two empty systems in this process, or a sandbox of its own and a real Airflow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cosell.hooks.home import own_folder

from local.home import as_environment, connections
from local.persons import Persons
from tests.integration.customised import Installed
from tests.integration.driven import served
from tests.integration.joined import Joined

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Give two empty systems."""
    return Joined(tmp_path)


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    """Give an installation with a user's folder that is empty yet."""
    package, own, staged = tmp_path / "package", tmp_path / "own", tmp_path / "staged"
    shutil.copytree(ROOT / "include" / "mappings", package)
    own.mkdir()
    staged.mkdir()
    return Installed(Joined(staged), package, own)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Give a sandbox of its own, stopped afterwards."""
    with served(tmp_path_factory.mktemp("sandbox")) as facts:
        yield facts


@pytest.fixture(scope="module")
def persons(facts: dict[str, Any]) -> Persons:
    """Give everybody who works in the two systems by hand."""
    return Persons(facts)


@pytest.fixture(scope="module")
def deployed(facts: dict[str, Any]) -> Iterator[None]:
    """Give Airflow a database and the two connections, and a memory that knows nothing of another module's systems."""
    from airflow.utils import db  # noqa: PLC0415 - takes seconds, and most tests here need no Airflow

    shutil.rmtree(own_folder(), ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in as_environment(connections(facts)).items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_VAR_COSELL_START", "everything")
        db.initdb()
        yield


@pytest.fixture
def crm(deployed: None, persons: Persons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Persons:
    """Give both systems, and a memory of its own."""
    del deployed
    url = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/state.db"}}
    monkeypatch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(url))
    monkeypatch.setenv("COSELL_INBOX", str(tmp_path / "inbox"))
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 1000)
    persons.set(refresh_grace_seconds=3600)
    return persons
