"""Brakes: a plan that would change more than one run should stops, with its numbers and the way out."""

from __future__ import annotations

from dataclasses import dataclass

from cosell.core.errors import BrakeError


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan would do to pairs that are bound already."""

    bound: int
    updates: int
    orphans: int


def check_brakes(totals: Totals, *, share: float, floor: int) -> str | None:
    """Tell in words why a run must stop; None where it need not."""
    most = max(floor, round(totals.bound * share))
    for number, what in ((totals.updates, "edit"), (totals.orphans, "find orphaned")):
        if number > most:
            return (
                f"This run would {what} {number} of {totals.bound} bound records; the brake allows {most}. "
                "Look at a manual run with dry_run; if it is right, run it again with allow_brake."
            )
    return None


def empty_side(side_name: str, *, bound: int) -> str:
    """Say that a side shows nothing at all although records are bound."""
    return (
        f"{side_name} shows no record at all, yet {bound} are bound. Check the account, its role and its scope; "
        "if the side is really empty, run it by hand with allow_brake."
    )


def stop(problem: str) -> BrakeError:
    """Give the error that stops the run."""
    return BrakeError(problem)
