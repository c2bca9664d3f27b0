"""`airflow cosell solution export` and `import`: from where it was tried to production, by two environments."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.cli import cli_parser

from local.home import as_environment, connections
from sandbox.ports import ANY_FREE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PRODUCTION = ("--env", "production")


@contextmanager
def empty_crm(folder: Path) -> Iterator[dict[str, Any]]:
    """Run a sandbox whose CRM knows nothing of co-sell."""
    command = [sys.executable, "-m", "sandbox", "--state", str(folder), "--empty-crm", *ANY_FREE]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    told, end = folder / "sandbox.json", time.monotonic() + 60
    while not told.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    try:
        yield json.loads(told.read_text())
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give two environments, each with a connection, and a folder for mapping files."""
    folders = [tmp_path_factory.mktemp(name) for name in ("test", "production")]
    with empty_crm(folders[0]) as first, empty_crm(folders[1]) as second:
        for name, value in as_environment(connections(first)).items():
            monkeypatch.setenv(name, value)
        other = as_environment(connections(second))["AIRFLOW_CONN_DATAVERSE_DEFAULT"]
        monkeypatch.setenv("AIRFLOW_CONN_DATAVERSE_PRODUCTION", other)
        monkeypatch.setenv("COSELL_ENVIRONMENTS", "production")
        monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path_factory.mktemp("mappings")))
        monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", "{}")
        yield


def typed(*words: str) -> None:
    """Call `airflow cosell ...`."""
    cli_parser.get_parser.cache_clear()
    arguments = cli_parser.get_parser().parse_args(["cosell", *words])
    try:
        arguments.func(arguments)
    finally:
        logging.disable(logging.NOTSET)  # a command ends its process; here others follow


@pytest.mark.usefixtures("two")
def test_what_was_tried_is_carried_to_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is exported that is not whole, nothing imported that would not do; afterwards setup has nothing to do."""
    file = tmp_path / "cosell.zip"
    with pytest.raises(SystemExit, match="the solution is not whole here"):
        typed("solution", "export", str(file), "--managed")
    assert not file.exists()
    with pytest.raises(SystemExit, match="there is no file"):
        typed("solution", "import", str(file), *PRODUCTION)
    typed("setup")
    typed("solution", "export", str(file), "--managed")
    own = tmp_path / "own"
    own.mkdir()
    (own / "referral_opportunity.yaml").write_text(
        "fields:\n  notes: {partner_center: details.notes, dataverse: new_dealnotes}\n"
    )
    with monkeypatch.context() as patch:
        patch.setenv("COSELL_MAPPINGS", str(own))
        with pytest.raises(SystemExit, match="has no column new_dealnotes of opportunity"):
            typed("solution", "import", str(file), *PRODUCTION)
    capfd.readouterr()
    typed("solution", "import", str(file), *PRODUCTION)
    assert capfd.readouterr().out.splitlines() == ["imported cosell 1.0.0.0, managed.", "setup would make 0 changes."]
    typed("setup", *PRODUCTION)
    assert capfd.readouterr().out.strip() == "0 changes."
