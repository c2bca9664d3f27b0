"""What a person sees while long work goes on."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN_WIDTH = 150


class Progress:
    """Lines for a log, and a moving one on a terminal."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line with the minutes and seconds since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self.console.print(f"[dim]{minutes:02}:{seconds:02}[/dim] {text}")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Say what goes on now and how long it took."""
        began = time.monotonic()
        self.say(f"{text} ...")
        with self.console.status(text):
            yield
        self.say(f"[green]done[/green] in {time.monotonic() - began:.1f} s")
