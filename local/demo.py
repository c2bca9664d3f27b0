"""The demonstration: persons act in both systems, real scheduled runs carry what they did, a table tells it all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local.carried import show_deals, show_expectations, show_runs
from local.persons import Persons
from local.scenario import Scenario
from local.webhook import SYNC, carry_by_webhook, promise, show_carried

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stage import Stage

_ENDED = {"success", "failed"}
_RUN_SECONDS = 170
_QUIET_ROOM = timedelta(seconds=2)


class RunFailedError(RuntimeError):
    """A scheduled run did not end well; the demonstration cannot go on."""


def play(stage: Stage, scenario: Scenario) -> int:
    """Play the rounds and give 0 when every promise was kept."""
    rounds: list[tuple[str, Callable[[], None]]] = [
        ("Sellers and Microsoft edit on both sides", scenario.edit),
        ("A person decides the conflict; the invitation is accepted", scenario.settle),
        ("Nobody does anything", lambda: None),
    ]
    await_run(stage, since=datetime.now(UTC))
    for text, act in rounds:
        scenario.look()
        stage.progress.say(f"[bold]{text}[/bold]")
        act()
        await_run(stage, since=datetime.now(UTC))
    scenario.look()
    promises = list(scenario.expectations())
    stage.progress.say("[bold]Partner Center tells of edits by its webhook[/bold]")
    carried = carry_by_webhook(stage, scenario.persons, scenario.deals["refused"])
    console = stage.progress.console
    show_deals(console, scenario, state=stage.home.state)
    show_runs(console, [run["dag_run_id"] for run in stage.api.runs(SYNC)], state=stage.home.state)
    show_carried(console, carried)
    return 0 if show_expectations(console, [*promises, promise(carried)]) else 1


def await_run(stage: Stage, *, since: datetime) -> None:
    """Wait for the end of the first scheduled run that reads everything done before that moment."""
    found: list[dict[str, Any]] = []

    def ended() -> bool:
        found[:] = [run for run in stage.api.runs(SYNC) if _covers(run, since)][:1]
        return bool(found) and found[0]["state"] in _ENDED

    with stage.progress.step("Waiting for the next scheduled run"):
        stage.wait("the next scheduled run", until=ended, seconds=_RUN_SECONDS)
    run = found[0]
    if run["state"] != "success":
        states = {name: task["state"] for name, task in stage.api.tasks(SYNC, run["dag_run_id"]).items()}
        message = f"run {run['dag_run_id']} failed: {states}; see {stage.home.airflow / 'logs'}"
        raise RunFailedError(message)
    stage.progress.say(f"run {run['dag_run_id']}")


def begin(stage: Stage) -> Scenario:
    """Let the story's deals begin, before Airflow looks for the first time."""
    scenario = Scenario(Persons(stage.facts))
    stage.progress.say("[bold]Deals begin in Partner Center and in Dynamics[/bold]")
    scenario.begin()
    time.sleep(_QUIET_ROOM.total_seconds())
    return scenario


def _covers(run: dict[str, Any], since: datetime) -> bool:
    end = run["data_interval_end"]
    return run["run_type"] == "scheduled" and bool(end) and datetime.fromisoformat(end) >= since
