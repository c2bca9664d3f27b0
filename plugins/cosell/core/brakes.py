"""Brakes: a plan that would change more than one run should stops, with its numbers and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cosell.core.errors import BrakeError
from cosell.core.sentences import SIDE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.core.record import Side


@dataclass(frozen=True, slots=True)
class Totals:
    """What a plan would do to pairs that are bound already."""

    bound: int
    updates: int
    orphans: int


@dataclass(frozen=True, slots=True)
class Brake:
    """A limit that a plan is over: of what, by which number, and the sentence for whoever decides."""

    kind: str
    """`edits`, `orphans`, or a side that is empty."""
    number: int
    sentence: str


def check_brakes(totals: Totals, *, share: float, floor: int) -> tuple[Brake, ...]:
    """Give the limits that a run is over."""
    most = max(floor, round(totals.bound * share))
    found = (("edits", totals.updates, "edit"), ("orphans", totals.orphans, "find orphaned"))
    return tuple(
        Brake(
            kind,
            number,
            f"This run would {what} {number} of {totals.bound} bound records; the brake allows {most}. "
            "Look at a manual run with dry_run; if it is right, run it again with allow_brake.",
        )
        for kind, number, what in found
        if number > most
    )


def empty_side(side: Side, *, bound: int) -> Brake:
    """Give the brake of a side that shows nothing at all although records are bound."""
    name = SIDE_NAMES[side]
    sentence = (
        f"{name[:1].upper()}{name[1:]} shows no record at all, yet {bound} are bound. Check the account, its role and "
        "its scope; if the side is really empty, run it by hand with allow_brake."
    )
    return Brake(f"empty {name}", bound, sentence)


def stop(brakes: Sequence[Brake]) -> BrakeError:
    """Give the error that stops the run."""
    return BrakeError(" ".join(each.sentence for each in brakes))
