"""The webhook registered by Airflow's own runner, on a sandbox of its own."""

from __future__ import annotations

import json
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from airflow.dag_processing.dagbag import DagBag
from cosell.adapters.inbox import StoredInbox
from cosell.hooks.partner_center_events import PartnerCenterEventsHook

from bench.receiver import running_receiver
from local.home import connections
from sandbox.signing import Chain
from tests.integration.driven import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.persons import Persons

DAGS = Path(__file__).parents[2] / "dags"
OURS = "http://127.0.0.1:8090/cosell/webhook"
FOUR = ["referral-created", "referral-updated", "related-referral-created", "related-referral-updated"]


@pytest.fixture(scope="module", autouse=True)
def own(deployed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a folder for the memory and the inbox, which no other test looks into."""
    del deployed
    folder = tmp_path_factory.mktemp("own")
    state = {"conn_type": "generic", "extra": {"url": f"sqlite:///{folder / 'state.db'}"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_COSELL_STATE_DEFAULT", json.dumps(state))
        patch.setenv("COSELL_INBOX", str(folder / "inbox"))
        yield folder


@contextmanager
def receiving(own: Path, facts: dict[str, Any], **environment: str) -> Iterator[str]:
    """Run a receiver that takes what the sandbox signs; give its address."""
    told = facts["partner_center_events"]
    usual = {
        "COSELL_INBOX": str(own / "inbox"),
        "COSELL_WEBHOOK_TRUST": told["trust"],
        "COSELL_WEBHOOK_CERTIFICATES": told["certificate_url"],
        "COSELL_WEBHOOK_CA": facts["ca"],
    }
    with running_receiver(own / "receiver", usual | environment) as receiver:
        yield f"http://127.0.0.1:{receiver.port}/cosell/webhook"


@pytest.fixture
def quickly(persons: Persons) -> None:
    """Let the sandbox try again at once, and forget that it was asked for test events."""
    persons.set(event_backoff_seconds=[0.1], validations_a_minute=100)


def run(dag_id: str, **said: object) -> tuple[str, dict[str, str]]:
    """Run a DAG as Airflow's own test runner does; give how it and its tasks ended."""
    dag = DagBag(dag_folder=str(DAGS / f"{dag_id}.py"), load_op_links=False).dags[dag_id]
    ended = dag.test(run_conf=said)
    return str(ended.state), {one.task_id: str(one.state) for one in ended.get_task_instances()}


def test_a_registration_is_shown_made_and_looked_after(capfd: pytest.CaptureFixture[str]) -> None:
    """Never registered: green and said; a dry run; the four events without a trial; then the check knows it."""
    assert run("cosell_webhook_check")[0] == "success"
    assert "has registered no address" in "".join(capfd.readouterr())
    state, tasks = run("cosell_webhook_registration", endpoint_url=OURS, events=FOUR, dry_run=True)
    assert (state, tasks["register"], tasks["ask_for_test_event"]) == ("success", "success", "skipped")
    told = "".join(capfd.readouterr())
    assert "Registered now: nothing." in told
    assert "Dry run: nothing was written." in told
    state, tasks = run("cosell_webhook_registration", endpoint_url=OURS, events=FOUR)
    assert (state, tasks["await_test_event"]) == ("success", "skipped")
    assert "the address is not tried: test-created is not among its events" in "".join(capfd.readouterr())
    assert run("cosell_webhook_check")[0] == "success"
    assert f"sends its events to {OURS}, as registered" in "".join(capfd.readouterr())


def test_without_an_address_nothing_is_guessed(capfd: pytest.CaptureFixture[str]) -> None:
    """Airflow's own address is one only where its API server serves the receiver."""
    assert run("cosell_webhook_registration", dry_run=True)[0] == "failed"
    assert "No address to register is known: fill in the endpoint URL, or set COSELL_WEBHOOK_URL" in "".join(
        capfd.readouterr()
    )


def test_a_paused_side_registers_nothing(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """An environment that may not write to Partner Center is told so, and the task is not tried again."""
    monkeypatch.setenv("AIRFLOW_VAR_COSELL_SETTINGS", '{"paused_sides": ["partner_center"]}')
    state, tasks = run("cosell_webhook_registration", endpoint_url=OURS.replace("8090", "8091"), events=FOUR)
    assert (state, tasks["register"]) == ("failed", "failed")
    assert "RegistrationRefusedError: This environment may not write to Partner Center" in "".join(capfd.readouterr())


@pytest.mark.usefixtures("quickly")
def test_the_address_is_tried_with_a_test_event(
    own: Path, facts: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """S-061 to S-068: shown, registered, asked for; green once it lies in our inbox and is told as delivered."""
    with receiving(own, facts) as url:
        state, tasks = run("cosell_webhook_registration", endpoint_url=url)
    assert (state, set(tasks.values())) == ("success", {"success"})
    told = "".join(capfd.readouterr())
    assert f"Registered: {url}" in told
    assert "The test event has arrived in our inbox, and Partner Center says so." in told
    assert [one.event for one in StoredInbox(own / "inbox").landed()] == ["test-created"]


@pytest.mark.usefixtures("quickly")
def test_a_receiver_that_trusts_others_is_told(
    own: Path, facts: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits ten minutes for an answer that stays the same."""
    (own / "other.pem").write_bytes(Chain().bundle)
    with receiving(own, facts, COSELL_WEBHOOK_TRUST=str(own / "other.pem")) as url:
        state, tasks = run("cosell_webhook_registration", endpoint_url=url)
    assert (state, tasks["await_test_event"]) == ("failed", "failed")
    told = "".join(capfd.readouterr())
    assert "NotDeliveredError: Partner Center could not deliver the test event" in told
    assert "look at COSELL_WEBHOOK_TRUST" in told


@pytest.mark.usefixtures("quickly")
def test_an_address_where_nobody_listens_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    """After ten tries of Partner Center's, without waiting for more."""
    state, tasks = run("cosell_webhook_registration", endpoint_url="http://127.0.0.1:9/cosell/webhook")
    assert (state, tasks["await_test_event"]) == ("failed", "failed")
    assert "can the address be reached from outside" in "".join(capfd.readouterr())


def test_another_account_signs_in_for_the_webhook(
    facts: dict[str, Any], persons: Persons, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the task and the test button say which sign-in is missing; with it the registration answers."""
    own = connections(facts)["partner_center_events_default"]
    del own["extra"]["refresh_token"]
    monkeypatch.setenv("AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT", json.dumps(own))
    works, said = PartnerCenterEventsHook().test_connection()
    assert (works, "sign in with `airflow cosell sign-in --events`" in said) == (False, True)
    assert run("cosell_webhook_registration", endpoint_url=OURS, dry_run=True)[0] == "failed"
    assert "for connection partner_center_events_default: sign in with `airflow cosell sign-in --events`" in "".join(
        capsys.readouterr()
    )
    persons.set(auto_approve_devices=True)
    typed("sign-in", "--events")
    assert "Signed in" in capsys.readouterr().out
    works, said = PartnerCenterEventsHook().test_connection()
    assert (works, said.startswith("Partner Center answers and offers")) == (True, True)
    assert run("cosell_webhook_registration", endpoint_url=OURS, dry_run=True)[0] == "success"


def somebody_registers(facts: dict[str, Any], url: str) -> None:
    """Let another tool of the tenant take the events."""
    own = facts["partner_center_events"]
    form = {"client_id": own["client_id"], "client_secret": own["client_secret"], "scope": own["scope"]}
    with httpx.Client(verify=ssl.create_default_context(cafile=facts["ca"]), trust_env=False) as client:
        answer = client.post(
            f"{facts['authority']}/oauth2/v2.0/token", data={"grant_type": "client_credentials", **form}
        )
        client.put(
            f"{facts['urls']['partner_center_events']}/webhooks/v1/registration",
            json={"WebhookUrl": url, "WebhookEvents": ["referral-created"]},
            headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        ).raise_for_status()


def test_events_that_somebody_took_are_noticed_and_taken_back(
    facts: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    """S-065, S-066: the check is red; refused, then overwritten, then put back; no log shows the other's secret."""
    run("cosell_webhook_registration", endpoint_url=OURS, events=FOUR, overwrite=True)
    somebody_registers(facts, "https://flows.example/run?sig=SECRET")
    assert run("cosell_webhook_check")[0] == "failed"
    assert run("cosell_webhook_registration", endpoint_url=OURS, events=FOUR)[0] == "failed"
    assert run("cosell_webhook_registration", endpoint_url=OURS, events=FOUR, overwrite=True)[0] == "success"
    assert run("cosell_webhook_check")[0] == "success"
    assert run("cosell_webhook_registration", what="put back")[0] == "success"
    told = "".join(capfd.readouterr())
    assert "RegistrationTakenError: Partner Center's events go to https://flows.example/run?... now" in told
    assert "Nothing was registered. Partner Center's events go to https://flows.example/run?..." in told
    assert "Put back: https://flows.example/run?..." in told
    assert "SECRET" not in told


@pytest.mark.parametrize(
    ("named", "shown", "doubt"),
    [
        ("https://sync.contoso.com/cosell/webhook", "https://sync.contoso.com/cosell/webhook", ""),
        ("https://10.1.2.3/x", "https://10.1.2.3/x", "10.1.2.3 looks like a name inside your network"),
        ("http://sync.contoso.com/x", "http://sync.contoso.com/x", "Only https is safe."),
        (None, "http://localhost:8080/cosell/webhook", "COSELL_WEBHOOK_URL is not set, so this is where Airflow's"),
    ],
)
def test_the_address_to_register_is_printed(
    named: str | None, shown: str, doubt: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """S-060: alone on standard output, so that a script can take it; what speaks against it beside that."""
    if named:
        monkeypatch.setenv("COSELL_WEBHOOK_URL", named)
    typed("webhook", "url")
    out, told = capsys.readouterr()
    assert out == f"{shown}\n"
    assert doubt in told
    assert bool(told) == bool(doubt)
