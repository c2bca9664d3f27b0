"""`python -m local up` leaves everything running; `demo` and `scenarios` show the sync at work and end."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

from local.demo import RunFailedError, begin, play
from local.family import ProcessEndedError
from local.home import LOGIN, ROOT, Home
from local.progress import Progress
from local.scenarios import scenarios
from local.stage import NotReadyError, on_stage
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
        return {"up": up, "demo": demo, "scenarios": scenarios}[command](progress)
    except KeyboardInterrupt:
        return 0 if command == "up" else 130
    except (ProcessEndedError, NotReadyError, RunFailedError, NotCarriedError) as error:
        progress.console.print(f"[red]{error}[/red]", markup=True)
        return 1


def up(progress: Progress) -> int:
    """Leave everything running until told to stop."""
    home = Home(folder=ROOT / ".run" / "up")
    with on_stage(home, progress) as stage:
        stage.prepare("--seed", "40", "--seed-opportunities", "20")
        stage.start_receiver()
        stage.start({"AIRFLOW_VAR_COSELL_START": "everything"})
        progress.say(f"Airflow: [bold]{stage.api.base_url}[/bold]  login [bold]{LOGIN}[/bold] / [bold]{LOGIN}[/bold]")
        for name, url in stage.facts["urls"].items():
            progress.say(f"sandbox {name}: {url}")
        progress.say(f"webhook's receiver: {stage.webhook_url}")
        progress.say(f"what was sent to it: {stage.facts['urls']['partner_center_events']}/_sandbox/pages/deliveries")
        progress.say(f"in another terminal, before any airflow command: . {home.environment.relative_to(ROOT)}")
        progress.say(f"logs: {home.logs.relative_to(ROOT)}    stop with Ctrl-C")
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
