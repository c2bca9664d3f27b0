"""Brakes: when a plan stops, and what it then says."""

from __future__ import annotations

import pytest
from cosell.core.brakes import Brake, Totals, check_brakes, empty_side, stop
from cosell.core.errors import BrakeError, StopRunError
from cosell.core.record import Side


@pytest.mark.parametrize(
    ("bound", "updates", "orphans", "stops"),
    [
        (1000, 250, 250, None),
        (1000, 251, 0, "edit 251 of 1000"),
        (1000, 0, 251, "find orphaned 251 of 1000"),
        (10, 50, 50, None),
        (60, 51, 0, "edit 51 of 60"),
        (0, 0, 0, None),
    ],
)
def test_a_run_stops_above_a_share_and_above_a_floor(bound: int, updates: int, orphans: int, stops: str | None) -> None:
    """A quarter of the bound records, and never below fifty; updates and orphans are counted apart."""
    found = check_brakes(Totals(bound, updates, orphans), share=0.25, floor=50)
    most = max(50, bound // 4)
    expected = (
        f"This run would {stops} bound records; the brake allows {most}. "
        "Look at a manual run with dry_run; if it is right, run it again with allow_brake."
    )
    assert [each.sentence for each in found] == ([expected] if stops else [])


def test_each_limit_that_is_passed_is_told_with_its_number() -> None:
    """Whoever lets many edits through has not let many orphans through."""
    found = check_brakes(Totals(1000, 300, 400), share=0.25, floor=50)
    assert [(each.kind, each.number) for each in found] == [("edits", 300), ("orphans", 400)]


def test_share_and_floor_are_settings() -> None:
    """A stricter house stops earlier."""
    totals = Totals(bound=100, updates=6, orphans=0)
    assert check_brakes(totals, share=0.05, floor=5)
    assert not check_brakes(totals, share=0.05, floor=6)
    assert not check_brakes(totals, share=0.06, floor=5)


def test_an_empty_side_says_what_to_check() -> None:
    """The side, the number bound and the way out are named."""
    assert empty_side(Side.PARTNER_CENTER, bound=7).sentence == (
        "Partner Center shows no record at all, yet 7 are bound. Check the account, its role and its scope; "
        "if the side is really empty, run it by hand with allow_brake."
    )


def test_a_brake_stops_the_run_for_a_person() -> None:
    """A brake is never repeated by itself."""
    error = stop([Brake("edits", 9, "Too many."), Brake("orphans", 8, "Far too many.")])
    assert isinstance(error, BrakeError)
    assert isinstance(error, StopRunError)
    assert str(error) == "Too many. Far too many."
