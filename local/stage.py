"""Start everything in its order, wait until each part answers, and keep an eye on all of them."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.airflow_api import AirflowApi
from local.family import Family
from local.home import ROOT, airflow_environment, as_environment, connections, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from local.home import Home
    from local.progress import Progress

_AIRFLOW_PARTS = ("scheduler", "dag-processor", "api-server")
_PATIENCE_SECONDS = 240


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

    def prepare(self, *sandbox_arguments: str) -> None:
        """Start the simulated Microsoft and make Airflow's database."""
        self.environment = airflow_environment(self.home, port=self.port, log_port=free_port(8793))
        with self.progress.step("Preparing Airflow's database and the simulated Microsoft"):
            self._start_sandbox(sandbox_arguments)
            self._start_airflow("database", "db", "migrate")
            self._await_sandbox()
            self.family.finish("database")

    def start(self, settings: Mapping[str, str]) -> None:
        """Start Airflow and come back when it answers and knows the DAGs."""
        self.environment |= {**settings, **as_environment(connections(self.facts))}
        self.home.write_environment(self.environment)
        with self.progress.step("Starting Airflow"):
            for part in _AIRFLOW_PARTS:
                self._start_airflow(part, part)
            self.wait("Airflow", until=self.api.is_healthy)
        with self.progress.step("Reading the DAGs"):
            self.wait("the DAGs", until=lambda: self.api.has_dags("cosell_sync", "cosell_backfill"))

    def wait(self, what: str, *, until: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
        """Come back when the condition holds; fail when a process ended or the time is up."""
        end = time.monotonic() + seconds
        while not until():
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
        ports = {"entra": 8453, "partner-center": 8454, "dataverse": 8455}
        chosen = [word for name, port in ports.items() for word in (f"--{name}-port", str(free_port(port)))]
        command = [sys.executable, "-m", "sandbox", "--state", str(self.home.sandbox), *chosen, *arguments]
        self.family.start("sandbox", command, environment=self.environment)

    def _await_sandbox(self) -> None:
        facts = self.home.sandbox / "sandbox.json"
        self.wait("the sandbox", until=facts.exists)
        self.facts = json.loads(facts.read_text())


@contextmanager
def on_stage(home: Home, progress: Progress) -> Iterator[Stage]:
    """Give a stage whose processes end with the context."""
    home.prepare()
    with Family(folder=ROOT, logs=home.logs) as family:
        try:
            yield Stage(home, family=family, progress=progress)
        finally:
            progress.say("Stopping everything")
