"""(d) Map and plan of many referrals in a process of its own, beside dlt's extract and normalise of the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.payloads import write_payloads
from bench.results import Figure

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS, _MEGABYTES = 20, 512
_SAME = 1.1
"""Memory counts as the same within a tenth."""


def figures(folder: Path, *, most: int) -> list[Figure]:
    """Measure at three tenths and at the whole number."""
    few, many = _payloads(folder, most * 3 // 10), _payloads(folder, most)
    small, large = _child("bench.planning", few), _child("bench.planning", many)
    peer = _child("bench.peer_dlt", many)
    beside = "dlt extract + normalise of the same payloads"
    at_fewer = f"at {most * 3 // 10} referrals"
    return [
        Figure(
            part="d",
            what=f"map + plan of {most} referrals, wall",
            measured=large["wall"],
            unit="s",
            beside=peer["wall"],
            beside_what=beside,
            target=f"under {_SECONDS} s",
            met=large["wall"] < _SECONDS,
        ),
        Figure(
            part="d",
            what="… user CPU",
            measured=large["user"],
            unit="s",
            beside=peer["user"],
            beside_what=beside,
        ),
        Figure(
            part="d",
            what="… of it map and decide alone",
            measured=large["pure"],
            unit="s",
            beside=small["pure"],
            beside_what=at_fewer,
        ),
        Figure(
            part="d",
            what="… peak memory",
            measured=large["peak_mb"],
            unit="MB",
            beside=peer["peak_mb"],
            beside_what=beside,
            target=f"under {_MEGABYTES} MB",
            met=large["peak_mb"] < _MEGABYTES,
        ),
        Figure(
            part="d",
            what="… peak memory",
            measured=large["peak_mb"],
            unit="MB",
            beside=small["peak_mb"],
            beside_what=at_fewer,
            target="the same",
            met=large["peak_mb"] <= _SAME * small["peak_mb"],
        ),
    ]


def _payloads(folder: Path, number: int) -> Path:
    path = folder / f"referrals-{number}.jsonl"
    write_payloads(path, number)
    return path


def _child(module: str, payloads: Path) -> dict[str, float]:
    """Run a measuring program in a process of its own and give what it says in its last line."""
    done = subprocess.run([sys.executable, "-m", module, str(payloads)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))
