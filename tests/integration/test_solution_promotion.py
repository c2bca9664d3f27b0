"""`airflow cosell solution export` and `import`: from where it was tried to production, by two environments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.home import as_environment, connections
from tests.integration.driven import served, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PRODUCTION = ("--env", "production")


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give two environments, each with a connection, and a folder for mapping files."""
    folders = [tmp_path_factory.mktemp(name) for name in ("test", "production")]
    with served(folders[0], "--empty-crm") as first, served(folders[1], "--empty-crm") as second:
        for name, value in as_environment(connections(first)).items():
            monkeypatch.setenv(name, value)
        other = as_environment(connections(second))["AIRFLOW_CONN_DATAVERSE_DEFAULT"]
        monkeypatch.setenv("AIRFLOW_CONN_DATAVERSE_PRODUCTION", other)
        monkeypatch.setenv("COSELL_ENVIRONMENTS", "production")
        monkeypatch.setenv("COSELL_MAPPINGS", str(tmp_path_factory.mktemp("mappings")))
        for name in ("AIRFLOW_VAR_COSELL_SETTINGS", "AIRFLOW_VAR_COSELL_SETTINGS_PRODUCTION"):
            monkeypatch.setenv(name, "{}")
        yield


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
