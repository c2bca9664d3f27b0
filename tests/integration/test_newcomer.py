"""A newcomer with nothing but Python, git and make: what the README tells them to type, typed into a fresh clone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.campaign

ROOT = Path(__file__).parents[2]
CHAPTER = "### From an empty CRM to the first deal"
AT_MOST, MINUTES = 8, 15
ASKED = re.compile(r"Open (\S+) on any device and enter the code (\w+)\.")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "COSELL"))}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a fresh clone, in which nothing is installed."""
    folder = tmp_path_factory.mktemp("newcomer") / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)  # noqa: S603, S607 - our repository
    yield folder
    shutil.rmtree(folder)


def commands(clone: Path) -> list[str]:
    """Give what the chapter of the README tells to type, in its order."""
    chapter = (clone / "README.md").read_text().partition(CHAPTER)[2].partition("\n#")[0]
    blocks = re.findall(r"^```\n(.+?)^```", chapter, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


class Terminal:
    """A shell that somebody types into, and all that it has shown."""

    def __init__(self, clone: Path, *, screen: Path, end: float) -> None:
        self._clone, self._screen, self._end = clone, screen, end
        with screen.open("w") as out:
            self.process = subprocess.Popen(
                ["bash"],  # noqa: S607 - the newcomer's own
                cwd=clone,
                env=CLEAN,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                text=True,
                start_new_session=True,
            )

    @property
    def shown(self) -> str:
        """Give what stands on the screen."""
        return self._screen.read_text(errors="replace")

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def run(self, command: str) -> None:
        """Type a command, do what it asks a person to do, and wait for its end, which must be a good one.

        Airflow on SQLite refuses a write when its scheduler writes first; the README says to repeat the command.
        """
        for attempt in range(5):
            before, mark = len(self.shown), f"ended {attempt} with"
            self.type(f"{command}; echo {mark} $?")
            confirmed = False
            while (ended := re.search(rf"^{mark} (\d+)$", self.shown[before:], flags=re.MULTILINE)) is None:
                assert time.monotonic() < self._end, self.shown[-4000:]
                if not confirmed and (asked := ASKED.search(self.shown[before:])):
                    self._confirm(*asked.groups())
                    confirmed = True
                time.sleep(0.2)
            if "database is locked" not in self.shown[before:]:
                break
        assert ended[1] == "0", self.shown[before:]

    def wait(self, text: str) -> None:
        """Come back when a text is shown."""
        while text not in self.shown:
            assert self.process.poll() is None, self.shown[-4000:]
            assert time.monotonic() < self._end, self.shown[-4000:]
            time.sleep(0.5)

    def _confirm(self, address: str, code: str) -> None:
        """Open the address, as a browser does, and enter the code."""
        trust = ssl.create_default_context(cafile=str(self._clone / ".run" / "empty" / "sandbox" / "ca.pem"))
        form = urllib.parse.urlencode({"code": code}).encode()
        with urllib.request.urlopen(address, data=form, context=trust, timeout=20) as page:  # noqa: S310 - this machine
            assert "Done." in page.read().decode()


@contextmanager
def terminal(clone: Path, *, screen: Path, end: float) -> Iterator[Terminal]:
    """Give a terminal, closed again afterwards: Ctrl-C for whatever still runs in it."""
    one = Terminal(clone, screen=screen, end=end)
    try:
        yield one
    finally:
        os.killpg(one.process.pid, signal.SIGINT)
        assert one.process.stdin
        one.process.stdin.close()
        one.process.wait(timeout=60)


def test_a_newcomer_comes_from_an_empty_crm_to_the_first_deal(clone: Path, tmp_path: Path) -> None:
    """With the README alone: eight commands at most, and within a quarter of an hour, the installation included."""
    typed = commands(clone)
    end = time.monotonic() + MINUTES * 60
    assert len(typed) <= AT_MOST
    with (
        terminal(clone, screen=tmp_path / "first", end=end) as first,
        terminal(clone, screen=tmp_path / "second", end=end) as second,
    ):
        first.type(typed[0])
        first.wait("the connections to enter")
        for command in typed[1:]:
            second.run(command)
        first.wait("The first deal has arrived")
    assert "0 wrong" in second.shown
    assert "cosell_sync is on now." in second.shown


def test_a_newcomer_gets_to_the_demonstration_with_one_command(clone: Path) -> None:
    """The first command installs all that it needs, once."""
    done = subprocess.run(
        ["make", "demo"],  # noqa: S607 - ours
        cwd=clone,
        env=CLEAN,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert (clone / ".venv").is_dir()
    quiet = ["make", "--no-print-directory", "run-ready"]
    again = subprocess.run(quiet, cwd=clone, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603 - ours
    assert again.stdout.strip() == ""
