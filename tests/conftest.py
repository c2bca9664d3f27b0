"""Airflow reads its settings when it is first imported, so a home of its own is set before any test module is read."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_HOME = tempfile.mkdtemp(prefix="cosell-airflow-")
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)

for _name in [name for name in os.environ if name.startswith(("AIRFLOW", "COSELL_SCHEDULE"))]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": _HOME,
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__FERNET_KEY": "4Z1uGJUuXUy5rUbSSgb6GZP5TAoBXcqmrcbQjd9h7z0=",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
}


def pytest_collection_finish() -> None:
    """Look through what stands by now no more: else collecting garbage takes a tenth of all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50)
