"""The receiver as a process: what it needs, what it keeps over a restart, and what it says when something is down."""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from airflow.api_fastapi.app import init_plugins
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bench.receiver import event, send_all, wire
from tests.integration.webhook_stage import KNOWN, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

EVENTS = ("referral-created", "referral-updated", "related-referral-created", "related-referral-updated")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Give a stage whose receiver does not run yet."""
    return Stage(tmp_path)


def test_an_event_lands_and_needs_no_airflow(stage: Stage) -> None:
    """With a plain folder the process serves events, `test-created` too, and never imports Airflow."""
    with stage.running(PYTHONPROFILEIMPORTTIME="1"):
        for name in (*EVENTS, "test-created"):
            assert stage.deliver(event(name=name)) == 202
        assert re.search(r"\| +fastapi$", stage.log, flags=re.MULTILINE)
        assert not re.search(r"\| +airflow", stage.log)
    assert {one.event for one in stage.inbox.landed()} == {*EVENTS, "test-created"}


def test_nothing_but_the_event_itself_is_kept(stage: Stage) -> None:
    """Members beyond the contract stay out of the inbox."""
    body = json.dumps(json.loads(event()) | {"CustomerName": "Contoso"}).encode()
    with stage.running():
        assert stage.deliver(body) == 202
    (name,) = stage.names()
    content = json.loads((stage.folder / "inbox" / "events" / name).read_text())
    assert content.keys() == {"event", "subject", "key", "changed", "received"}


def test_a_certificate_that_cannot_be_had_now(stage: Stage) -> None:
    """503 while its server says 404 or nothing; well again by itself."""
    lost = stage.host.gives.pop(KNOWN)
    with stage.running():
        assert stage.deliver(event()) == 503
        stage.host.gives[KNOWN] = lost
        until(lambda: stage.deliver(event()) == 202, seconds=10)


def test_storage_that_takes_nothing(stage: Stage) -> None:
    """A disk that refuses to be written to is a 503, and what was refused is taken when it is sent again."""
    body = event()
    with stage.running():
        assert stage.receiver is not None
        pid, (_, most) = stage.receiver.process.pid, resource.getrlimit(resource.RLIMIT_FSIZE)
        assert stage.deliver(event(1)) == 202
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        assert [stage.deliver(body) for _ in range(3)] == [503] * 3
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        assert stage.deliver(body) == 202
    folder = stage.folder / "inbox" / "events"
    assert len(stage.names()) == len(list(folder.iterdir())) == 2


def test_addresses_that_proved_right_outlive_a_restart(stage: Stage) -> None:
    """They are downloaded at the start, before any event; an address that the list no longer allows is not."""
    folder = stage.host.url("/cert/")
    with stage.running(folder):
        assert stage.deliver(event()) == 202
        kept = stage.folder / "inbox" / "certificates.txt"
        until(kept.exists)
        assert kept.read_text().split() == [stage.known]
    for allowed, number in ((folder, 1), (stage.host.url("/other/"), 0)):
        stage.host.asked.clear()
        with stage.running(allowed):
            until(lambda: "was known" in stage.log or stage.host.asked)
            assert stage.host.asked == [KNOWN] * number
            assert stage.deliver(event()) == (202 if number else 401)
            assert len(stage.host.asked) == number


@pytest.mark.parametrize("after", [17, 150])
def test_what_was_accepted_is_there_after_a_kill(stage: Stage, after: int) -> None:
    """Whoever got 202 finds it in the inbox, whole, wherever in a burst the receiver is killed."""
    kill_in_a_burst(stage, after=after)


@pytest.mark.campaign
@pytest.mark.parametrize("after", [1, 2, 3, *range(9, 300, 17)])
def test_what_was_accepted_is_there_after_any_kill(stage: Stage, after: int) -> None:
    """The same, at twenty-one places of a burst."""
    kill_in_a_burst(stage, after=after)


def kill_in_a_burst(stage: Stage, *, after: int) -> None:
    """Kill the receiver when so many requests have gone out, and look what became of each."""
    requests = [wire(body, stage.headers(body)) for body in map(event, range(300))]

    def until_the_kill() -> Iterator[bytes]:
        for number, request in enumerate(requests):
            if number == after:
                assert stage.receiver is not None
                stage.receiver.process.kill()
            yield request

    with stage.running():
        answers = asyncio.run(send_all(stage.port, until_the_kill(), connections=8))
    landed = stage.names()
    # those that were on their way may have landed without an answer
    assert answers[202] <= len(landed) <= answers[202] + answers[0]
    assert all(stage.inbox.read(name) for name in landed)
    with stage.running():
        again = asyncio.run(send_all(stage.port, requests, connections=8))
    assert again == Counter({200: len(landed), 202: 300 - len(landed)})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"COSELL_WEBHOOK_TRUST": ""}, "set COSELL_WEBHOOK_TRUST"),
        ({"COSELL_WEBHOOK_TRUST": "/nowhere.pem"}, "COSELL_WEBHOOK_TRUST"),
        ({"COSELL_WEBHOOK_CERTIFICATES": "http://a.example/"}, "COSELL_WEBHOOK_CERTIFICATES"),
        ({"COSELL_WEBHOOK_CA": "/nowhere.pem"}, "COSELL_WEBHOOK_CA"),
        ({"COSELL_WEBHOOK_LISTEN": "8090"}, "COSELL_WEBHOOK_LISTEN"),
    ],
)
def test_wrong_settings_end_it_with_a_sentence(stage: Stage, wrong: Mapping[str, str], says: str) -> None:
    """Code 2, the setting by its name, no traceback."""
    told = {"COSELL_WEBHOOK_TRUST": str(stage.folder / "trust.pem"), "COSELL_INBOX": str(stage.folder / "inbox")}
    done = subprocess.run(
        [sys.executable, "-m", "cosell.webhook"],
        env=told | dict(wrong) | {"PYTHONPATH": "plugins"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_airflow_s_api_server_serves_it_where_it_is_wanted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the same path, by Airflow's own mounting; not without trust, and wrong settings do not stop the server."""
    from airflow import plugins_manager  # noqa: PLC0415 - reads Airflow's settings

    def server() -> TestClient:
        plugins_manager.get_fastapi_plugins.cache_clear()
        app = FastAPI()
        init_plugins(app)
        return TestClient(app)

    body = event()
    assert server().post("/cosell/webhook", content=body, headers=stage.headers(body)).status_code == 404
    for name, value in {
        "COSELL_INBOX": str(stage.folder / "inbox"),
        "COSELL_WEBHOOK_TRUST": str(stage.folder / "trust.pem"),
        "COSELL_WEBHOOK_CERTIFICATES": stage.known,
        "COSELL_WEBHOOK_CA": str(stage.host.ca),
    }.items():
        monkeypatch.setenv(name, value)
    with server() as client:
        assert client.post("/cosell/webhook", content=body, headers=stage.headers(body)).status_code == 202
        assert client.post("/cosell/webhook", content=body + b" ", headers=stage.headers(body)).status_code == 401
    assert len(stage.names()) == 1
    monkeypatch.setenv("COSELL_WEBHOOK_TRUST", "/nowhere.pem")
    assert server().post("/cosell/webhook", content=body, headers=stage.headers(body)).status_code == 404
    plugins_manager.get_fastapi_plugins.cache_clear()


def until(condition: Callable[[], object], *, seconds: float = 20) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
