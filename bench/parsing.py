"""(e) Reading our DAG files: user CPU over a bare `import airflow.sdk`, and what is loaded that should not be."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.results import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

PAIRS = 7
_DAGS = Path(__file__).parents[1] / "dags"
_FORBIDDEN = ("pandas", "numpy", "httpx", "msal", "sqlalchemy", "alembic")
_READING = """
import json, resource, sys
import airflow.sdk
{more}
loaded = sorted({{name.partition(".")[0] for name in sys.modules}})
print(json.dumps({{"user": resource.getrusage(resource.RUSAGE_SELF).ru_utime, "loaded": loaded}}))
"""
_OURS = "import runpy\nfor path in {paths!r}: runpy.run_path(path)"


def figures() -> list[Figure]:
    """Measure alternating pairs."""
    paths = [str(path) for path in sorted(_DAGS.glob("*.py"))]
    # Airflow itself loads its names on first use: what any DAG file takes from it is part of the price
    names = "from airflow.sdk import DAG, BaseOperator, CronDataIntervalTimetable, Param, RetryDecision, RetryPolicy"
    pairs = [(_child(""), _child(names), _child(_OURS.format(paths=paths))) for _ in range(PAIRS)]
    ours = statistics.median(_user(mine) - _user(bare) for bare, _, mine in pairs)
    airflows = statistics.median(_user(named) - _user(bare) for bare, named, _ in pairs)
    heavy = set(pairs[0][2]["loaded"]) & set(_FORBIDDEN) - set(pairs[0][1]["loaded"])  # type: ignore[call-overload]
    return [
        Figure(
            part="e",
            what=f"user CPU of reading {len(paths)} DAG files over a bare import airflow.sdk",
            measured=ours,
            unit="s",
            beside=airflows,
            beside_what="of it Airflow's own names that they use",
        ),
        Figure(
            part="e",
            what=f"modules loaded by our files of {', '.join(_FORBIDDEN)}: {', '.join(sorted(heavy)) or 'none'}",
            measured=len(heavy),
            unit="modules",
            target="none",
            met=not heavy,
        ),
    ]


def _user(told: Mapping[str, object]) -> float:
    return float(str(told["user"]))


def _child(more: str) -> dict[str, object]:
    program = _READING.format(more=more)
    environment = os.environ | {"AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))
