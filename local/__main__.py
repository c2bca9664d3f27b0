"""`python -m local up` and `empty` leave everything running; `demo` and `scenarios` show the sync at work and end."""

from __future__ import annotations

import math
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING, NoReturn

from local.demo import RunFailedError, begin, play
from local.family import ProcessEndedError
from local.home import LOGIN, ROOT, Home, before_sign_in
from local.persons import Persons
from local.progress import Progress
from local.scenarios import scenarios
from local.stage import NotReadyError, Stage, on_stage
from local.webhook import NotCarriedError

if TYPE_CHECKING:
    from types import FrameType


def main(command: str) -> int:
    """Run one of the commands and give its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin with it ignored
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    progress = Progress()
    try:
        return {"up": up, "empty": empty, "demo": demo, "scenarios": scenarios}[command](progress)
    except KeyboardInterrupt:
        return 0 if command in {"up", "empty"} else 130
    except (ProcessEndedError, NotReadyError, RunFailedError, NotCarriedError) as error:
        progress.console.print(f"[red]{error}[/red]", markup=True)
        return 1


def up(progress: Progress) -> int:
    """Leave everything running until told to stop."""
    home = Home(folder=ROOT / ".run" / "up")
    with on_stage(home, progress) as stage:
        stage.prepare("--seed", "40", "--seed-opportunities", "20")
        stage.enter_connections()
        stage.start_receiver()
        stage.start({"AIRFLOW_VAR_COSELL_START": "everything"}, connected=False)
        _tell(stage)
        progress.say(f"webhook's receiver: {stage.webhook_url}")
        progress.say(f"what was sent to it: {stage.facts['urls']['partner_center_events']}/_sandbox/pages/deliveries")
        _stay(stage)


def empty(progress: Progress) -> int:
    """Leave Airflow running as it is just installed, beside an empty CRM and a few referrals, until told to stop."""
    home = Home(folder=ROOT / ".run" / "empty")
    shutil.rmtree(home.folder, ignore_errors=True)
    with on_stage(home, progress) as stage:
        stage.prepare("--empty-crm", "--seed", "5")
        home.write_connections(before_sign_in(stage.facts))
        stage.start(
            {"AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True", "COSELL_SCHEDULE": "* * * * *"}, connected=False
        )
        _tell(stage)
        progress.say(f"the connections to enter: {home.connections.relative_to(ROOT)}")
        stage.wait("the first deal", until=lambda: _has_deal(stage), seconds=math.inf)
        progress.say("[bold]The first deal has arrived[/bold] in the simulated Dynamics 365")
        _stay(stage)


def _has_deal(stage: Stage) -> bool:
    """Tell whether the CRM has an opportunity; nobody but the sync enters one here."""
    return bool(Persons(stage.facts).do("dataverse.find", table="opportunity"))


def _tell(stage: Stage) -> None:
    """Say where everything is."""
    say, home = stage.progress.say, stage.home
    say(f"Airflow: [bold]{stage.api.base_url}[/bold]  login [bold]{LOGIN}[/bold] / [bold]{LOGIN}[/bold]")
    for name, url in stage.facts["urls"].items():
        say(f"sandbox {name}: {url}")
    say(f"in another terminal, before any airflow command: . {home.environment.relative_to(ROOT)}")
    say(f"logs: {home.logs.relative_to(ROOT)}    stop with Ctrl-C")


def _stay(stage: Stage) -> NoReturn:
    """Keep an eye on all processes until told to stop."""
    while True:
        stage.family.check()
        time.sleep(1)


def demo(progress: Progress) -> int:
    """Show what is carried each way, by real scheduled runs, and end."""
    home = Home(folder=ROOT / ".run" / "demo")
    shutil.rmtree(home.folder, ignore_errors=True)
    with on_stage(home, progress) as stage:
        stage.prepare()
        stage.start_receiver()
        scenario = begin(stage)
        stage.start({"AIRFLOW_VAR_COSELL_START": "everything", "COSELL_SCHEDULE": "* * * * *"})
        return play(stage, scenario)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
