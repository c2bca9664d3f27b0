"""Connections, Variables, state and mapping of several environments, as Airflow gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cosell.core.errors import ConfigurationError
from cosell.core.record import Side
from cosell.hooks.dataverse import DataverseHook
from cosell.hooks.environment import DEFAULT, Environment
from cosell.hooks.inbox import inbox_place
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.partner_center_events import PartnerCenterEventsHook
from cosell.hooks.settings import read_start, read_wishes
from cosell.hooks.state import SyncStateHook, opened
from cosell.hooks.world import mappings_in_force

if TYPE_CHECKING:
    from pathlib import Path

TEST = Environment("test")


@pytest.fixture(autouse=True)
def _two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")
    for kind in ("partner_center", "dataverse"):
        for name in ("default", "test"):
            told = {"conn_type": kind, "host": f"https://{kind}-{name}.example", "login": name, "password": "s"}
            told |= {"extra": {"tenant_id": "t"}}
            monkeypatch.setenv(f"AIRFLOW_CONN_{kind.upper()}_{name.upper()}", json.dumps(told))


def test_each_has_connections_of_its_own() -> None:
    """A hook knows by its connection whose it is."""
    assert DataverseHook.of(TEST).get_conn().base_url == "https://dataverse-test.example"
    assert DataverseHook().get_conn().base_url == "https://dataverse-default.example"
    assert PartnerCenterHook("partner_center_test").environment == TEST
    with pytest.raises(ConfigurationError, match="partner_center_events_test is missing: partner_center_test "):
        PartnerCenterEventsHook.of(TEST).get_conn()


def test_each_has_settings_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Variable of one says nothing to the other, and what is wrong is told by its name."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_START_TEST", "now")
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS_TEST", '{"marks": false}')
    assert (read_start(TEST), read_start()) == ("now", None)
    assert (read_wishes(TEST).marks, read_wishes().marks) == (False, True)
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS_TEST", '{"mark": false}')
    with pytest.raises(ConfigurationError, match="settings_test is wrong: there is no setting 'mark'"):
        read_wishes(TEST)


def test_each_has_files_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, staged files and events do not meet, wherever an inbox is named."""
    with opened(TEST), opened():
        found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("state.db")}
    assert found == {"cosell/state.db", "cosell_test/state.db"}
    assert read_wishes().staging(TEST) == f"{tmp_path}/cosell_test/staged"
    assert inbox_place(environment=TEST) == f"{tmp_path}/cosell_test/inbox"
    monkeypatch.setenv("COSELL_INBOX", "/srv/inbox/")
    assert (inbox_place(), inbox_place(environment=TEST)) == ("/srv/inbox/", "/srv/inbox/environment-test")


def share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give both environments one database."""
    told = json.dumps({"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path}/one.db"}})
    for name in ("DEFAULT", "TEST"):
        monkeypatch.setenv(f"AIRFLOW_CONN_COSELL_STATE_{name}", told)


def test_a_shared_state_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one remembers would be taken for the other's: whoever comes second is told."""
    share(monkeypatch, tmp_path)
    SyncStateHook(TEST).get_conn().close()
    with pytest.raises(ConfigurationError, match=r"cosell_state_default: .* is of the environment test"):
        SyncStateHook().get_conn()
    SyncStateHook(TEST).get_conn().close()


def test_a_state_from_before_there_were_environments_is_the_default_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first look of another one does not take it over."""
    share(monkeypatch, tmp_path)
    with opened() as state:
        state.remember("environment", None)
        state.advance(Side.DATAVERSE, datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ConfigurationError, match=r"cosell_state_test: .* is of the environment default"):
        SyncStateHook(TEST).get_conn()
    SyncStateHook(DEFAULT).get_conn().close()


def test_an_overlay_of_one_is_not_the_other_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies over the common one, whole line by whole line."""
    folder = tmp_path / "ours"
    (folder / "test").mkdir(parents=True)
    notes = "fields: {{notes: {{partner_center: details.notes, dataverse: {}, merge: append}}}}"
    (folder / "referral_opportunity.yaml").write_text(notes.format("new_notes"))
    (folder / "test" / "referral_opportunity.yaml").write_text(notes.format("new_testnotes"))
    monkeypatch.setenv("COSELL_MAPPINGS", str(folder))
    columns = [mappings_in_force(read_wishes(), each)[0].file.fields["notes"].dataverse for each in (DEFAULT, TEST)]
    assert columns == ["new_notes", "new_testnotes"]
