"""`python -m bench [--scale 0.1] [--only a,d] [--note TEXT]`: measure, print, and keep the results beside this file."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import afterwards, backfill, first_load, map_plan, parsing, receiving, under_airflow, waking
from bench.carrying import Carrier
from bench.planted import copy_state, plant_state, referrals
from bench.results import circumstances, keep, line
from bench.service import serving

if TYPE_CHECKING:
    from bench.results import Figure

_DEALS, _FEW, _EDITS, _PLANNED, _RUNS, _EVENTS, _TOLD = 10_000, 1_000, 1_000, 100_000, 10, 10_000, 50
_PARTS = "abcdefghi"


def main() -> int:
    """Run what is asked for; 1 where a target is missed."""
    said = _parser().parse_args()
    told = circumstances(scale=said.scale, note=said.note)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="cosell-bench-") as folder:
        for measure in (_parse, _planning, _systems, _history, _airflow, _webhook, _waking):
            began = time.monotonic()
            fresh = measure(Path(folder), scale=said.scale, parts=said.only)
            for figure in fresh:
                print(line(figure), flush=True)
            if fresh:
                print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
            figures += fresh
    keep(figures, told)
    return int(any(figure.met is False for figure in figures))


def _parse(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    del folder, scale
    return parsing.figures() if "e" in parts else []


def _planning(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    return map_plan.figures(folder, most=int(_PLANNED * scale)) if "d" in parts else []


def _systems(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    """Measure what needs both systems: one first load serves the idle run and the edits too."""
    if not set("abc") & set(parts):
        return []
    few = _few(folder, int(_FEW * scale)) if "b" in parts else {}
    deals = referrals(int(_DEALS * scale))
    fresh = plant_state(folder / "many" / "fresh", deals)
    figures: list[Figure] = []
    with serving(copy_state(fresh, "ours")) as service:
        carrier = Carrier(service, folder / "many" / "sync")
        loaded = first_load.first_load(service, carrier, deals=len(deals))
        if "b" in parts:
            figures += afterwards.idle_figures(few, afterwards.idle(carrier))
        if "c" in parts:
            figures += afterwards.edits(carrier, int(_EDITS * scale))
    if "a" in parts:
        ids = [deal["id"] for deal in deals[: int(first_load.CONNECTOR_RECORDS * scale)]]
        figures += first_load.figures(loaded, fresh, connector_ids=ids)
    return figures


def _history(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    return backfill.figures(folder, deals=int(_DEALS * scale)) if "g" in parts else []


def _airflow(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    return under_airflow.figures(folder, runs=max(1, round(_RUNS * scale))) if "f" in parts else []


def _webhook(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    return receiving.figures(folder, events=max(100, int(_EVENTS * scale))) if "h" in parts else []


def _waking(folder: Path, *, scale: float, parts: str) -> list[Figure]:
    return waking.figures(folder / "waking", events=max(5, int(_TOLD * scale))) if "i" in parts else []


def _few(folder: Path, number: int) -> dict[str, int]:
    deals = referrals(number)
    with serving(plant_state(folder / "few" / "ours", deals)) as service:
        carrier = Carrier(service, folder / "few" / "sync")
        first_load.first_load(service, carrier, deals=number)
        return afterwards.idle(carrier)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full numbers")
    parser.add_argument("--only", default=_PARTS, help=f"parts to measure, of {_PARTS}")
    parser.add_argument("--note", default="", help="a sentence to keep with the results")
    return parser


if __name__ == "__main__":
    sys.exit(main())
