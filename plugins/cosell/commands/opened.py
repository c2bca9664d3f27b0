"""The state and the terminal, as each command needs them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from cosell.core.errors import CosellError
from cosell.hooks.state import SyncStateHook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cosell.adapters.state import SqlState

_PLAIN_WIDTH = 160


@contextmanager
def opened_state() -> Iterator[SqlState]:
    """Give the state; an error of ours ends the command with its sentence instead of a trace."""
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # as Airflow's own commands do to read connections
    try:
        state = SyncStateHook().get_conn()
        try:
            yield state
        finally:
            state.close()
    except CosellError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error


def console() -> Console:
    """Give the terminal; a file or a pipe gets long lines instead of folded ones."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
