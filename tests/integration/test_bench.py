"""The measurements run: small here, whole in `make bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import backfill, first_load, map_plan
from bench.afterwards import edits, idle
from bench.carrying import Carrier
from bench.planted import copy_state, plant_state, referrals
from bench.service import serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.campaign

DEALS = 120


def test_a_first_load_is_measured_beside_its_peers(tmp_path: Path) -> None:
    """All deals are carried, a run after it is idle, and all peers carry the same; targets are for the whole size."""
    deals = referrals(DEALS)
    fresh = plant_state(tmp_path / "fresh", deals)
    with serving(copy_state(fresh, "ours")) as service:
        carrier = Carrier(service, tmp_path / "sync")
        loaded = first_load.first_load(service, carrier, deals=DEALS)
        told = idle(carrier)
        edited = edits(carrier, 20)
    figures = first_load.figures(loaded, fresh, connector_ids=[deal["id"] for deal in deals[:5]])
    assert (told["pairs"], told["writes"]) == (DEALS, 0)
    assert {figure.part for figure in (*figures, *edited)} == {"a", "c"}
    assert "answered otherwise" not in " ".join(figure.beside_what for figure in figures)


def test_planning_and_a_backfill_are_measured(tmp_path: Path) -> None:
    """Every deal is planned, and every one of the past carried."""
    assert all(figure.measured > 0 for figure in map_plan.figures(tmp_path, most=300))
    assert {figure.part for figure in backfill.figures(tmp_path, deals=DEALS)} == {"g"}
