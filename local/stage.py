"""Start everything in its order, wait until each part answers, and keep an eye on all of them."""

from __future__ import annotations

import json
import socket
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.airflow_api import AirflowApi
from local.family import Family
from local.home import ROOT, airflow_environment, as_environment, connections, free_port, receiver_environment
from sandbox.ports import PORTS, option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.home import Home
    from local.progress import Progress

_AIRFLOW_PARTS = ("scheduler", "dag-processor", "api-server", "triggerer")
_WEBHOOK_PATH = "/cosell/webhook"
_PATIENCE_SECONDS = 240
SECRETS_BACKEND = "AIRFLOW__SECRETS__BACKEND"


class NotReadyError(RuntimeError):
    """A part did not answer in time."""


class Stage:
    """The running whole: the sandbox's facts, Airflow's interface, and the processes behind them."""

    def __init__(self, home: Home, *, family: Family, progress: Progress) -> None:
        self.home = home
        self.family = family
        self.progress = progress
        self.facts: dict[str, Any] = {}
        self.environment: dict[str, str] = {}
        self.port = free_port(8080)
        self.api = AirflowApi(f"http://127.0.0.1:{self.port}")

    @property
    def webhook_url(self) -> str:
        """Give the address that Partner Center is to send its events to, once the receiver was started."""
        return self.environment["COSELL_WEBHOOK_URL"]

    def prepare(self, *sandbox_arguments: str) -> None:
        """Start the simulated Microsoft and make Airflow's database."""
        self.environment = airflow_environment(self.home, port=self.port)
        with self.progress.step("Preparing Airflow's database and the simulated Microsoft"):
            self._start_sandbox(sandbox_arguments)
            self._start_airflow("database", "db", "migrate")
            self._await_sandbox()
            self.family.finish("database")

    def start_sandbox(self, *arguments: str) -> None:
        """Start the simulated Microsoft alone."""
        self.environment = airflow_environment(self.home, port=self.port)
        with self.progress.step("Starting the simulated Microsoft"):
            self._start_sandbox(arguments)
            self._await_sandbox()

    def start(self, settings: Mapping[str, str], *, connected: bool = True) -> None:
        """Start Airflow and come back when it answers and knows the DAGs.

        The connections go into its environment, unless the settings name a secrets backend, which then must have them,
        or they are entered otherwise (`connected` is False).
        """
        in_environment = connected and SECRETS_BACKEND not in settings
        named = as_environment(connections(self.facts)) if in_environment else {}
        self.environment |= {**settings, **named}
        self.home.write_environment(self.environment)
        with self.progress.step("Starting Airflow"):
            for part in _AIRFLOW_PARTS:
                self._start_airflow(part, part)
            self.wait("Airflow", until=self.api.is_healthy)
        with self.progress.step("Reading the DAGs"):
            self.wait("the DAGs", until=lambda: self.api.has_dags("cosell_sync", "cosell_backfill"))

    def enter_connections(self) -> None:
        """Put the connections into Airflow's database, where its pages show them and can try them; before its start."""
        facts = str(self.home.sandbox / "sandbox.json")
        command = [sys.executable, "-m", "local.enter_connections", facts]
        with self.progress.step("Entering the connections"):
            self.family.start("connections", command, environment=self.environment)
            self.family.finish("connections")

    def start_receiver(self) -> None:
        """Start the webhook's receiver, and let Airflow, which is started after it, know its address."""
        port = free_port(8090)
        environment = self.environment | receiver_environment(self.facts, port=port)
        self.environment["COSELL_WEBHOOK_URL"] = f"http://127.0.0.1:{port}{_WEBHOOK_PATH}"
        with self.progress.step("Starting the webhook's receiver"):
            self.family.start("receiver", [sys.executable, "-m", "cosell.webhook"], environment=environment)
            self.wait("the webhook's receiver", until=lambda: _answers(port))

    def wait(self, what: str, *, until: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
        """Come back when the condition holds; fail when a process ended or the time is up.

        On a busy machine Airflow may answer too late: that is not yet, too.
        """
        end = time.monotonic() + seconds
        while not _holds(until):
            self.family.check()
            if time.monotonic() > end:
                message = f"{what} did not become ready within {seconds:.0f} s; see {self.home.logs}"
                raise NotReadyError(message)
            time.sleep(0.5)

    def _start_airflow(self, name: str, *arguments: str) -> None:
        self.family.start(name, [sys.executable, "-m", "airflow", *arguments], environment=self.environment)

    def _start_sandbox(self, arguments: Sequence[str]) -> None:
        facts = self.home.sandbox / "sandbox.json"
        facts.unlink(missing_ok=True)
        chosen = [option(name, free_port(port)) for name, port in PORTS.items()]
        command = [sys.executable, "-m", "sandbox", "--state", str(self.home.sandbox), *chosen, *arguments]
        self.family.start("sandbox", command, environment=self.environment)

    def _await_sandbox(self) -> None:
        facts = self.home.sandbox / "sandbox.json"
        self.wait("the sandbox", until=facts.exists)
        self.facts = json.loads(facts.read_text())


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except TimeoutError:
        return False


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return not probe.connect_ex(("127.0.0.1", port))


@contextmanager
def on_stage(home: Home, progress: Progress) -> Iterator[Stage]:
    """Give a stage whose processes end with the context."""
    home.prepare()
    with Family(folder=ROOT, logs=home.logs) as family:
        try:
            yield Stage(home, family=family, progress=progress)
        finally:
            progress.say("Stopping everything")
