"""Holds a family of processes for as long as its starter lives, and leaves none of them behind, however that ends.

Started with a pipe as standard input, which the system closes when the starter ends or is killed. Every line of it is
one process to start; every line written is one that began or ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil

_SET_CHILD_SUBREAPER = 36
_SET_DEATH_SIGNAL = 1
_PATIENCE_SECONDS = 8


def main() -> int:
    """Start what is asked for until the starter is gone, then stop everything."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _control_process(_SET_CHILD_SUBREAPER, 1)
    for line in sys.stdin:
        _start(**json.loads(line))
    _stop_all()
    return 0


def _start(*, name: str, arguments: list[str], environment: dict[str, str], folder: str, log: str) -> None:
    with Path(log).open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            arguments,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_keeper,  # noqa: PLW1509 - the keeper starts processes from one thread
        )
    _tell(began=name, pid=process.pid)
    threading.Thread(target=_watch, args=(name, process), daemon=True).start()


def _watch(name: str, process: subprocess.Popen[bytes]) -> None:
    _tell(ended=name, code=process.wait())


def _tell(**fact: Any) -> None:  # noqa: ANN401 - JSON
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(fact), flush=True)  # noqa: T201 - the line protocol with the starter


def _die_with_keeper() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    _control_process(_SET_DEATH_SIGNAL, signal.SIGTERM)


def _control_process(option: int, value: int) -> None:
    """Ask Linux for a property of this process; elsewhere the orderly stop has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _stop_all() -> None:
    keeper = psutil.Process()
    for child in keeper.children():
        _signal(child, signal.SIGTERM)
    psutil.wait_procs(keeper.children(recursive=True), timeout=_PATIENCE_SECONDS)
    while left := keeper.children(recursive=True):
        for process in left:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(left, timeout=1)


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


if __name__ == "__main__":
    sys.exit(main())
