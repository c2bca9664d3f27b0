"""Figures, each beside its floor, peer or limit, as a table for people and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number, and what it is held against."""

    part: str
    """a to i, as in the README."""
    what: str
    measured: float
    unit: str
    beside: float | None = None
    """The floor's, peer's or smaller run's own number."""
    beside_what: str = ""
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """How the figures came about."""

    scale: float
    note: str
    when: str
    python: str
    cores: int
    memory_gb: float


def circumstances(*, scale: float, note: str) -> Circumstances:
    """Give what a reader must know of the machine, in general words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Circumstances(
        scale=scale,
        note=note,
        when=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        python=platform.python_version(),
        cores=os.cpu_count() or 1,
        memory_gb=round(memory),
    )


def keep(figures: Sequence[Figure], told: Circumstances) -> None:
    """Write both files; figures of parts that did not run this time stay as they were, with their own circumstances."""
    path = FOLDER / "results.json"
    known = json.loads(path.read_text()) if path.exists() else []
    ran = {figure.part for figure in figures}
    fresh = [
        {
            "part": part,
            "circumstances": asdict(told),
            "figures": [asdict(each) for each in figures if each.part == part],
        }
        for part in ran
    ]
    parts = sorted([one for one in known if one["part"] not in ran] + fresh, key=lambda one: str(one["part"]))
    path.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n")
    (FOLDER / "results.md").write_text("\n".join(_page(parts)) + "\n")


def line(figure: Figure) -> str:
    """Give a figure as one line of a terminal."""
    beside = f"  | {figure.beside_what}: {_number(figure.beside)} {figure.unit}" if figure.beside is not None else ""
    verdict = f"  | {figure.target}: {_verdict(figure.met)}" if figure.target else ""
    return f"  ({figure.part}) {figure.what}: {_number(figure.measured)} {figure.unit}{beside}{verdict}"


_TITLES = {
    "a": "First load into an empty CRM",
    "b": "An idle run",
    "c": "Edited opportunities",
    "d": "Map and plan",
    "e": "Reading the DAG files",
    "f": "What Airflow adds",
    "g": "A backfill of three years",
    "h": "The webhook receiver",
    "i": "From an event to the CRM",
}


def _page(parts: Iterable[dict[str, object]]) -> list[str]:
    lines = ["# Results", "", "Made by `make bench`; what each figure means is in README.md beside this file.", ""]
    for part in parts:
        told = Circumstances(**part["circumstances"])  # type: ignore[arg-type]
        lines += [
            f"## ({part['part']}) {_TITLES[str(part['part'])]}",
            "",
            _circumstances(told),
            "",
            "| figure | measured | beside it | target | met |",
            "|---|---|---|---|---|",
            *(_row(Figure(**each)) for each in part["figures"]),  # type: ignore[attr-defined]
            "",
        ]
    return lines[:-1]


def _circumstances(told: Circumstances) -> str:
    machine = f"{told.cores} cores, {told.memory_gb:g} GB, Python {told.python}"
    return f"{told.when}, {machine}, scale {told.scale:g}. {told.note}".rstrip()


def _row(figure: Figure) -> str:
    beside = f"{_number(figure.beside)} {figure.unit} ({figure.beside_what})" if figure.beside is not None else ""
    cells = (figure.what, f"{_number(figure.measured)} {figure.unit}", beside, figure.target, _verdict(figure.met))
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:,.2f}"  # noqa: PLR2004 - digits


def _verdict(met: bool | None) -> str:
    return {True: "yes", False: "**no**", None: ""}[met]
