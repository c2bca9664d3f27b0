"""Airflow's plugin loader imports every file under plugins/ by its bare stem, unless it is told to keep out."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PROGRAM = """
import json, sys
before = dict(sys.modules)
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
ours = [name for name, module in sys.modules.items() if "/plugins/" in (getattr(module, "__file__", None) or "")
        and "site-packages" not in module.__file__]
files = [sys.modules[name].__file__ for name in ours]
print(json.dumps({
    "errors": errors,
    "plugins": [plugin.name for plugin in plugins],
    "ours": ours,
    "doubled": sorted({file for file in files if files.count(file) > 1}),
    "timetables": list(plugins_manager.get_timetables_plugins()),
}))
"""


def test_the_loader_reads_one_file_and_nothing_twice() -> None:
    """No error, our plugin once, and nothing of the package under a bare name that may be a library's."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], env=dict(os.environ), capture_output=True, text=True, check=True, timeout=120
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["errors"] == {}
    assert seen["plugins"].count("cosell") == 1
    assert seen["doubled"] == []
    assert [name for name in seen["ours"] if name.split(".")[0] not in {"cosell", "cosell_plugin"}] == []
    assert "cosell.timetables.HistoryTimetable" in seen["timetables"]
