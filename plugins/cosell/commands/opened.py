"""The state and the terminal, as each command needs them."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from cosell.core.errors import CosellError
from cosell.hooks.environment import Environment
from cosell.hooks.state import opened

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Coroutine, Iterator

    from cosell.adapters.state import SqlState

T = TypeVar("T")

_PLAIN_WIDTH = 160


@contextmanager
def sentences() -> Iterator[None]:
    """Let an error of ours end the command with its sentence instead of a trace."""
    try:
        yield
    except CosellError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error


def environment_of(args: Namespace) -> Environment:
    """Give the environment that the command is about; ends the command where there is none of that name."""
    with sentences():
        return Environment.named(args.env)


@contextmanager
def opened_state(environment: Environment) -> Iterator[SqlState]:
    """Give the environment's state; an error of ours ends the command with its sentence."""
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # as Airflow's own commands do to read connections
    with sentences(), opened(environment) as state:
        yield state


def done(work: Coroutine[object, object, T]) -> T:
    """Give what the work gives; an error of ours ends the command with its sentence."""
    os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # as Airflow's own commands do to read connections
    logging.disable(logging.INFO)  # one answer, no line per request
    set_on_retry_hooks(())  # nor one per try: what the last of them met is the answer
    with sentences():
        return asyncio.run(work)


def console() -> Console:
    """Give the terminal; a file or a pipe gets long lines instead of folded ones."""
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
