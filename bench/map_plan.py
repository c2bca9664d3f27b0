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
_PEER = "dlt extract + normalise of the same payloads"
_SAME = 1.1
"""Memory counts as the same within a tenth."""


def figures(folder: Path, *, most: int) -> list[Figure]:
    """Measure at three tenths and at the whole number."""
    few, many = _payloads(folder, most * 3 // 10), _payloads(folder, most)
    small, large = _child("bench.planning", few), _child("bench.planning", many)
    peer = _child("bench.peer_dlt", many)
    at_fewer = f"at {most * 3 // 10} referrals"
    seconds = [
        Figure(
            part="d",
            what=f"map + plan of {most} referrals, wall",
            measured=large["wall"],
            unit="s",
            beside=peer["wall"],
            beside_what=_PEER,
            target=f"under {_SECONDS} s",
            met=large["wall"] < _SECONDS,
        ),
        Figure(part="d", what="… user CPU", measured=large["user"], unit="s", beside=peer["user"], beside_what=_PEER),
        Figure(
            part="d",
            what="… of it map and decide alone",
            measured=large["pure"],
            unit="s",
            beside=small["pure"],
            beside_what=at_fewer,
        ),
    ]
    return [
        *seconds,
        _memory(large, peer, beside_what=_PEER, target=f"under {_MEGABYTES} MB", most=_MEGABYTES),
        _memory(large, small, beside_what=at_fewer, target="the same", most=_SAME * small["peak_mb"]),
    ]


def _memory(
    measured: dict[str, float], beside: dict[str, float], *, beside_what: str, target: str, most: float
) -> Figure:
    """Give the peak memory beside another's."""
    peak = measured["peak_mb"]
    return Figure(
        part="d",
        what="… peak memory",
        measured=peak,
        unit="MB",
        beside=beside["peak_mb"],
        beside_what=beside_what,
        target=target,
        met=peak <= most,
    )


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
