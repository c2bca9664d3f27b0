"""The processes that `make up` and `make demo` start: none of them outlives its starter."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from local.family import Family, ProcessEndedError
from local.home import Home, as_environment, connections, free_port
from local.progress import Progress
from local.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import os, time; os.setsid(); time.sleep(600)"])
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(600)
"""
STARTER = """
import os, sys, time
from pathlib import Path
from local.family import Family
with Family(folder=Path(sys.argv[1]), logs=Path(sys.argv[2])) as family:
    family.start("stubborn", [sys.executable, "-c", sys.argv[3], sys.argv[4]], environment=dict(os.environ))
    time.sleep(600)
"""


def wait_for(condition: Callable[[], bool], *, seconds: float = 40) -> None:
    """Come back when the condition holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "terminated"])
def test_nothing_is_left_when_the_starter_is_gone(tmp_path: Path, number: signal.Signals) -> None:
    """Neither a child that ignores the request to stop, nor a grandchild in a session of its own."""
    told = tmp_path / "pid"
    starter = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", STARTER, str(ROOT), str(tmp_path / "logs"), STUBBORN, str(told)], cwd=ROOT
    )
    wait_for(lambda: told.exists() and told.read_text() != "")
    wait_for(lambda: len(psutil.Process(starter.pid).children(recursive=True)) >= 3)
    family = psutil.Process(starter.pid).children(recursive=True)
    starter.send_signal(number)
    starter.wait()
    wait_for(lambda: not any(process.is_running() and process.status() != "zombie" for process in family))


def test_a_process_that_ends_badly_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    """A person sees why, without looking for the file."""
    program = "print('the port is taken'); raise SystemExit(3)"
    with Family(folder=ROOT, logs=tmp_path) as family:
        family.start("broken", [sys.executable, "-c", program], environment=dict(os.environ))
        with pytest.raises(ProcessEndedError, match=r"broken ended with 3(.|\n)*the port is taken"):
            family.finish("broken")


def test_a_process_that_should_go_on_is_missed(tmp_path: Path) -> None:
    """The starter does not wait for ever on something that is gone."""
    with Family(folder=ROOT, logs=tmp_path) as family:
        family.start("short", [sys.executable, "-c", ""], environment=dict(os.environ))

        def missed() -> bool:
            try:
                family.check()
            except ProcessEndedError:
                return True
            return False

        wait_for(missed)


def test_a_taken_port_is_left_alone() -> None:
    """Another one is used where somebody listens on the usual one."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) not in {0, port}


def test_a_secret_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    """What was encrypted at the last start can be read at the next."""
    home = Home(folder=tmp_path / "home")
    home.prepare()
    assert home.secret("fernet") == home.secret("fernet")
    assert (home.folder / "fernet.secret").stat().st_mode & 0o077 == 0
    home.write_environment({"AIRFLOW_CONN_X": "it's", "HOME": "elsewhere"})
    assert home.environment.stat().st_mode & 0o077 == 0
    assert "HOME=elsewhere" not in home.environment.read_text()


def test_the_sandbox_is_reached_by_connections_alone() -> None:
    """Its facts become the connections that a real tenant would have, in the form of environment variables."""
    api = {"client_id": "client", "client_secret": "s", "scope": "scope", "refresh_token": "r"}
    facts = {
        "urls": {"partner_center": "https://one", "partner_center_events": "https://three", "dataverse": "https://two"},
        "authority": "https://login/t",
        "tenant_id": "t",
        "ca": "/ca.pem",
        "partner_center": api,
        "partner_center_events": api,
        "dataverse": api,
    }
    environment = as_environment(connections(facts))
    assert set(environment) == {
        "AIRFLOW_CONN_PARTNER_CENTER_DEFAULT",
        "AIRFLOW_CONN_PARTNER_CENTER_EVENTS_DEFAULT",
        "AIRFLOW_CONN_DATAVERSE_DEFAULT",
    }
    assert '"host": "https://two"' in environment["AIRFLOW_CONN_DATAVERSE_DEFAULT"]


def test_waiting_goes_on_where_an_answer_comes_too_late(tmp_path: Path) -> None:
    """A busy machine is not the end of it; what is wrong otherwise is told at once."""
    asked: list[Exception | None] = [TimeoutError("timed out"), None]

    def answers() -> bool:
        if problem := asked.pop(0):
            raise problem
        return True

    with Family(folder=ROOT, logs=tmp_path) as family:
        stage = Stage(Home(folder=tmp_path), family=family, progress=Progress())
        stage.wait("Airflow", until=answers, seconds=30)
        assert not asked
        asked.append(ConnectionRefusedError("refused"))
        with pytest.raises(ConnectionRefusedError):
            stage.wait("Airflow", until=answers, seconds=30)
