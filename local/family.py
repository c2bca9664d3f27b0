"""The starter's hand on the keeper: begin processes, hear of their end, stop them all."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class ProcessEndedError(RuntimeError):
    """A process that should go on running has ended; the last lines of its log say why."""

    def __init__(self, name: str, *, code: int, log: Path) -> None:
        lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
        super().__init__("\n".join([f"{name} ended with {code}; the end of {log}:", *lines]))


class Family:
    """All processes of one run; leaving the context stops them, and so does the end of this process."""

    def __init__(self, *, folder: Path, logs: Path) -> None:
        self._folder = folder
        self._logs = logs
        self._ended: dict[str, int] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "local.keeper"],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()

    def start(self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str]) -> None:
        """Start a process."""
        self._ended.pop(name, None)
        order: dict[str, Any] = {
            "name": name,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(self._folder),
            "log": str(self.log(name)),
        }
        if self._keeper.stdin:
            self._keeper.stdin.write(json.dumps(order) + "\n")
            self._keeper.stdin.flush()

    def finish(self, name: str) -> None:
        """Wait until a process that has an end ends well."""
        while name not in self._ended:
            time.sleep(0.1)
        code = self._ended.pop(name)
        if code:
            raise ProcessEndedError(name, code=code, log=self.log(name))

    def check(self) -> None:
        """Raise where a process has ended that should still run."""
        for name, code in self._ended.items():
            raise ProcessEndedError(name, code=code, log=self.log(name))

    def log(self, name: str) -> Path:
        """Give the file that a process writes to."""
        return self._logs / f"{name}.log"

    def _listen(self) -> None:
        for line in self._keeper.stdout or ():
            fact = json.loads(line)
            if "ended" in fact:
                self._ended[fact["ended"]] = fact["code"]
