"""Make .venv from the lock files and install this project into it; does nothing where that is done already.

Run by any Python that is found (see the Makefile), so: standard library only.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ["requirements.txt"], "dev": ["requirements.txt", "requirements-dev.txt"]}


def main(purpose: str) -> int:
    """Install what `run` or `dev` needs, and give the exit code."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if not PYTHON.exists():
        _say("making .venv with Python " + ".".join(map(str, sys.version_info[:3])))
        venv.create(VENV, with_pip=True, clear=True)
    started = time.monotonic()
    locks = [lock for lock in LOCKS[purpose] if not _stamp(lock).exists()]
    for lock in locks:
        _say(f"installing {lock} (some minutes the first time)")
        _pip("install", "-r", lock)
        _stamp(lock).touch()
    if not _stamp("pyproject.toml").exists():
        _say("installing this project")
        _pip("install", "--quiet", "--no-deps", "-e", ".")
        _stamp("pyproject.toml").touch()
    if locks:
        _say("compiling what was installed, so that every later start is quick")
        subprocess.run([PYTHON, "-m", "compileall", "-q", "-q", "-j", "0", VENV / "lib"], check=False)  # noqa: S603
        _say(f"installed in {time.monotonic() - started:.0f} s")
    return 0


def _stamp(source: str) -> Path:
    """Give the file whose presence says that this very content of `source` is installed."""
    content = hashlib.sha256((ROOT / source).read_bytes()).hexdigest()[:16]
    return VENV / f".installed-{source}-{content}"


def _pip(*arguments: str) -> None:
    subprocess.run([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments], cwd=ROOT, check=True)  # noqa: S603


def _say(text: str) -> None:
    print(f"cosell: {text}", flush=True)  # noqa: T201 - a command's own progress


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"cosell: installation failed: {' '.join(map(str, failed.cmd[2:5]))} ended with {failed.returncode}")
