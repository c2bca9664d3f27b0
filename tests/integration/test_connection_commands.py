"""Wrong connections on the command line: one sentence that names the connection, the thing and the fix."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import stamina
from cosell.core.errors import SignInNeededError
from cosell.core.sign_in import SignInHealth
from cosell.hooks.environment import Environment
from cosell.hooks.partner_center import PartnerCenterHook
from cosell.hooks.partner_center_events import PartnerCenterEventsHook
from cosell.hooks.state import opened

from local.home import as_environment, before_sign_in, connections
from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.persons import Persons

NOWHERE = "https://no-such-host.invalid"
REFERRAL = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def own(deployed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a memory that nothing was told to, and no waits between tries."""
    del deployed
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setattr("cosell.commands.opened._PLAIN_WIDTH", 1000)
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def enter(facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - a function
    """Give a way to enter a connection to the sandbox with other parts, under any id."""

    def put(kind: str, *, conn_id: str = "", **changes: object) -> None:
        connection = connections(facts)[f"{kind}_default"]
        extra = connection["extra"] | changes.pop("extra", {})  # type: ignore[operator]  # keys of an extra
        told = json.dumps({**connection, **changes, "extra": extra})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id or kind + '_default'}".upper(), told)

    return put


def ended(*words: str) -> str:
    """Call it, and give the sentence that it ends with."""
    with pytest.raises(SystemExit) as caught:
        typed(*words)
    return str(caught.value.code)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("dataverse", ["setup"]),
        ("dataverse", ["setup", "--dry-run"]),
        ("dataverse", ["mapping", "check"]),
        ("dataverse", ["mapping", "try", REFERRAL]),
        ("dataverse", ["remove-marks"]),
        ("partner_center", ["mapping", "try", REFERRAL]),
        ("partner_center", ["solutions", "seen"]),
    ],
    ids=lambda part: part if isinstance(part, str) else " ".join(part),
)
def test_a_host_that_is_not_there_is_told_in_one_sentence(
    enter: Any,  # noqa: ANN401 - a function
    capfd: pytest.CaptureFixture[str],
    kind: str,
    words: list[str],
) -> None:
    """Connection, host and fix; no line of a library's, no path, and nothing else is printed."""
    enter(kind, host=NOWHERE, port=None)
    assert ended(*words) == (
        f"ServiceUnavailableError: connection {kind}_default: host no-such-host.invalid cannot be reached (name not "
        "known): correct its host (base URL), or let this machine reach that host (name server, firewall, proxy)"
    )
    assert "stamina" not in "".join(capfd.readouterr())


def test_a_sign_in_service_that_is_not_there_is_told_as_well(enter: Any) -> None:  # noqa: ANN401 - a function
    """By the part of the connection that names it."""
    enter("partner_center", extra={"authority": f"{NOWHERE}/tenant"})
    assert (
        "partner_center_default: host no-such-host.invalid cannot be reached (name not known): correct its extra key"
        in (ended("sign-in"))
    )


@pytest.mark.parametrize("words", [["setup"], ["mapping", "check"]], ids=" ".join)
def test_a_host_that_is_another_service_is_told(enter: Any, facts: dict[str, Any], words: list[str]) -> None:  # noqa: ANN401 - a function
    """What answers is not Dynamics 365."""
    enter("dataverse", host=facts["urls"]["entra"], port=None)
    told = ended(*words)
    assert told.startswith(
        f"ConfigurationError: connection dataverse_default: {facts['urls']['entra'][8:]} answered GET"
    )
    assert told.endswith("with 404, as no Dynamics 365 does: correct its host (base URL)")


def test_a_connection_that_is_named_must_be_of_the_right_type(capsys: pytest.CaptureFixture[str]) -> None:
    """The credentials of one service are not sent to the other."""
    told = "is of the type partner_center, and what is asked of it needs one of the type dataverse"
    assert f"connection partner_center_default {told}" in ended("setup", "--connection", "partner_center_default")
    assert "there is no connection nonesuch" in ended("solution", "export", "x.zip", "--connection", "nonesuch")
    assert capsys.readouterr().out == ""


def test_a_variable_that_cannot_be_read_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the commands as by the runs."""
    monkeypatch.setenv("AIRFLOW_CONN_DATAVERSE_DEFAULT", '{"conn_type": "dataverse", "password": "hidden"')
    told = ended("setup")
    assert (
        "connection dataverse_default cannot be read: the environment variable AIRFLOW_CONN_DATAVERSE_DEFAULT" in told
    )
    assert "hidden" not in told


def test_a_sign_in_without_its_connection_is_not_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the webhook may be there all the same."""
    monkeypatch.delenv("AIRFLOW_CONN_PARTNER_CENTER_DEFAULT")
    for words in (["sign-in", "--status"], ["sign-in"]):
        assert ended(*words).startswith("ConfigurationError: there is no connection partner_center_default: enter it")
    monkeypatch.delenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT")
    assert "there is no connection partner_center_events_default" in ended("sign-in", "--events")


def test_the_command_of_another_environment_is_said_whole(
    facts: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    enter: Any,  # noqa: ANN401 - a function
) -> None:
    """A sign-in of the default one would change nothing."""
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")
    for name, value in as_environment(before_sign_in(facts)).items():
        monkeypatch.setenv(name.replace("DEFAULT", "TEST"), value)
    enter("dataverse", conn_id="dataverse_test", host="https://localhost")
    events = connections(facts)["partner_center_events_default"]
    del events["extra"]["refresh_token"]
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_TEST", json.dumps(events))
    told = ended("mapping", "try", REFERRAL, "--env", "test")
    assert told.endswith("for connection partner_center_test: sign in with `airflow cosell sign-in --env test`")
    with pytest.raises(SignInNeededError, match="sign in with `airflow cosell sign-in --events --env test`"):
        asyncio.run(PartnerCenterEventsHook.of(Environment("test")).look())


def test_the_doctor_tells_the_life_of_the_sign_in(persons: Persons, capsys: pytest.CaptureFixture[str]) -> None:
    """Days since the last use, and the day on which it ends unused."""
    persons.set(refresh_grace_seconds=3600)
    hook, now = PartnerCenterHook(), datetime.now(UTC)
    with opened() as state:
        hook.grant(hook.get_conn(), state).keep_health(SignInHealth(renewed=now - timedelta(days=80)))
    typed("doctor")
    told = capsys.readouterr().out
    assert "the sign-in was last used 80 days ago; unused from now on, it ends in 90 days, on " in told


def test_each_environment_tries_the_sign_in_that_it_keeps(
    facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch, persons: Persons
) -> None:
    """The same application and tenant as another one's: its tokens are not looked for in that one's memory."""
    monkeypatch.setenv("COSELL_ENVIRONMENTS", "test")
    persons.set(auto_approve_devices=True)
    for name, value in as_environment(before_sign_in(facts)).items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.replace("DEFAULT", "TEST"), value)
    typed("sign-in", "--env", "test")
    hook = PartnerCenterHook.of(Environment("test"))
    with opened(Environment("test")) as state:
        assert hook.grant(hook.get_conn(), state).health.signed_in
