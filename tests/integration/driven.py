"""Our command as an operator types it, and a sandbox in a process of its own, for tests of a whole."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stamina
from airflow.cli import cli_parser

from sandbox.ports import ANY_FREE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

ROOT = Path(__file__).parents[2]


def typed(*words: str) -> None:
    """Call `airflow cosell ...`."""
    cli_parser.get_parser.cache_clear()
    arguments = cli_parser.get_parser().parse_args(["cosell", *words])
    try:
        arguments.func(arguments)
    finally:
        # A command ends its process; here others follow.
        logging.disable(logging.NOTSET)
        stamina.instrumentation.set_on_retry_hooks(None)


def ended(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    """Call `airflow cosell ...`; give how it ended and what it printed."""
    capsys.readouterr()
    code: object = 0
    try:
        typed(*words)
    except SystemExit as end:
        code = end.code
    return code, capsys.readouterr().out


@contextmanager
def served(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run a sandbox that keeps its state in the folder, with these options; give what it tells of itself."""
    command = [sys.executable, "-m", "sandbox", "--state", str(folder), *options, *ANY_FREE]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
    told, end = folder / "sandbox.json", time.monotonic() + 60
    while not told.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    try:
        yield json.loads(told.read_text())
    finally:
        process.terminate()
        process.wait()
