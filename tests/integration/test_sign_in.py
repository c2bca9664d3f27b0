"""A person signs in, is told once when that is over, and can see how it does: on a sandbox, by Airflow's runner."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.state import opened
from cosell.hooks.vault import SharedTokens

from local.home import as_environment, before_sign_in, connections
from tests.integration.driven import typed

if TYPE_CHECKING:
    from local.persons import Persons

DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture(autouse=True)
def own(deployed: None, facts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a memory in which nobody has signed in yet, and connections without a token."""
    del deployed
    state = {"conn_type": "generic", "extra": {"url": f"sqlite:///{tmp_path / 'state.db'}"}}
    for name, value in as_environment(before_sign_in(facts) | {"cosell_state_default": state}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT")
    settings = {"staged_in": f"file://{tmp_path / 'staged'}", "sign_in_callback": "our_alerts:heard"}
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", json.dumps(settings))


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Give what the deployment's own alarm was told of sign-ins."""
    told: list[dict[str, str]] = []
    alerts = ModuleType("our_alerts")
    alerts.heard = lambda context: told.append(context["sign_in"])  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "our_alerts", alerts)
    return told


@pytest.fixture
def confirmed(persons: Persons) -> None:
    """Let a person confirm every code at once."""
    persons.set(auto_approve_devices=True)


def run(dag_id: str, **said: object) -> Any:  # noqa: ANN401 - Airflow's own run
    """Run a DAG as Airflow's own test runner does."""
    return read(dag_id).test(run_conf=said)


def read(dag_id: str) -> Any:  # noqa: ANN401 - Airflow's own DAG
    """Give a DAG as Airflow reads it."""
    return DagBag(dag_folder=str(DAGS / f"{dag_id}.py"), load_op_links=False).dags[dag_id]


def secrets_kept() -> list[str]:
    """Give the tokens that a sign-in left in the encrypted store."""
    hook = PartnerCenterHook()
    with opened() as state:
        api = hook.get_conn()
        tokens, origin = SharedTokens(state), hook.grant(api, state).origin
        access, refresh = tokens.access_token(api.scope, origin=origin), tokens.refresh_token(origin=origin)
    assert access is not None
    assert refresh
    return [access.value, refresh]


def test_somebody_without_a_shell_signs_in_by_a_form(confirmed: None, capfd: pytest.CaptureFixture[str]) -> None:
    """The log shows an address and a code, then that Partner Center answers; no token is in log, XCom or template."""
    ended = run("cosell_sign_in")
    told = "".join(capfd.readouterr())
    assert str(ended.state) == "success"
    assert re.search(r"Open https://\S+/device on any device and enter the code [A-Z0-9]{9}\.", told)
    assert "Signed in; the tokens are kept encrypted in the state database. Partner Center answers" in told
    (task,) = ended.get_task_instances()
    assert [secret for secret in secrets_kept() if secret in told] == []
    assert task.xcom_pull(task_ids="sign_in") is None
    assert list(read("cosell_sign_in").get_task("sign_in").template_fields) == []


def test_a_sign_in_of_which_partner_center_takes_nothing_is_not_called_good(
    confirmed: None, persons: Persons, capfd: pytest.CaptureFixture[str]
) -> None:
    """The sign-in is tried before it is called done: an account without rights is told at once."""
    persons.set(mfa_claim=False)
    try:
        ended = run("cosell_sign_in")
    finally:
        persons.set(mfa_claim=True)
    assert str(ended.state) == "failed"
    assert "SignInNeededError: the sign-in lacks MFA (900421)" in "".join(capfd.readouterr())


def test_a_person_is_told_once_that_a_sign_in_is_over(
    confirmed: None, persons: Persons, heard: list[dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    """Every run fails with the sentence, one alarm goes out; after a new sign-in the next end is told again."""
    for _ in range(2):
        for _ in range(2):
            assert str(run("cosell_sync").state) == "failed"
        assert "SignInNeededError: " in "".join(capfd.readouterr())
        typed("sign-in")
        assert str(run("cosell_sync").state) == "success"
        persons.do("revoke_refresh_tokens")
        persons.do("revoke_access_tokens")
    assert [one["connection"] for one in heard] == ["partner_center_default"] * 2
    assert [one["command"] for one in heard] == ["airflow cosell sign-in"] * 2
    assert "there is no refresh token yet" in heard[0]["error"]
    assert "invalid_grant" in heard[1]["error"]


def test_a_sign_in_that_partner_center_takes_no_more_is_told_once(
    confirmed: None, persons: Persons, heard: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """It still gives tokens, hour by hour, and each is refused for want of MFA: that is one alarm, not one an hour."""
    typed("sign-in")
    persons.do("forget_mfa")
    for _ in range(2):
        persons.do("revoke_access_tokens")
        assert str(run("cosell_sync").state) == "failed"
    assert ["lacks MFA (900421)" in one["error"] for one in heard] == [True]
    capsys.readouterr()
    with pytest.raises(SystemExit):
        typed("sign-in", "--status")
    assert "Refused since" in capsys.readouterr().out


def test_an_alarm_that_fails_is_tried_again(
    heard: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A misspelt callback is said, and does not swallow the only alarm."""
    alarms = sys.modules.pop("our_alerts")
    assert str(run("cosell_sync").state) == "failed"
    assert "sign_in_callback is 'our_alerts:heard', which cannot be imported" in "".join(capfd.readouterr())
    monkeypatch.setitem(sys.modules, "our_alerts", alarms)
    assert str(run("cosell_sync").state) == "failed"
    assert len(heard) == 1


def test_how_the_sign_ins_do_is_shown(
    confirmed: None, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before, after, and when one is over; each connection by itself; the exit code tells a script."""
    typed("sign-in", "--status")
    assert "Not used yet." in capsys.readouterr().out
    typed("sign-in")
    capsys.readouterr()
    typed("sign-in", "--status")
    assert "Good: last used less than a day ago; unused, it ends in 90 days" in capsys.readouterr().out
    wrong = connections(facts)["partner_center_events_default"]
    wrong["extra"]["refresh_token"] = "spent"
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT", json.dumps(wrong))
    asked = {"dry_run": True, "endpoint_url": "https://sync.contoso.example/cosell/webhook"}
    assert str(run("cosell_webhook_registration", **asked).state) == "failed"
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        typed("sign-in", "--status")
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert re.search(r"partner_center_default .* Good: ", told)
    assert re.search(r"partner_center_events_default .* Refused since .* UTC: invalid_grant", told)
    typed("unsettled")
    assert "STOPPED: connection partner_center_events_default: Refused since" in capsys.readouterr().out
