"""unmark: take the check mark or cross that the sync wrote off the names in the CRM, and change nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cosell.mapping.converters.marked_name import without_ours
from cosell.sync.ports.replica import Gone, Stale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cosell.sync.ports.names import Name, Names
    from cosell.sync.ports.replica import Outcome

_AT_ONCE = 100
_TRIES = 3


@dataclass(slots=True)
class Unmarked:
    """What became of the marks of one table."""

    looked_at: int = 0
    marked: int = 0
    """Names that carried a mark."""
    removed: int = 0
    kept: list[tuple[str, str]] = field(default_factory=list)
    """Row and reason where the CRM did not take the name."""


async def unmark(names: Names, *, write: bool) -> Unmarked:
    """Look at every name, and (`write`) take the marks off."""
    told = Unmarked()
    marked: list[Name] = []
    async for page in names.names():
        told.looked_at += len(page)
        marked += _marked(page)
    told.marked = len(marked)
    for start in range(0, len(marked) if write else 0, _AT_ONCE):
        await _take_off(names, marked[start : start + _AT_ONCE], told)
    return told


async def _take_off(names: Names, some: Sequence[Name], told: Unmarked) -> None:
    """Write some names; one that was changed meanwhile is read again, for the edit is a person's."""
    going = list(some)
    for _ in range(_TRIES):
        answers = await names.rename([replace(name, text=without_ours(name.text)) for name in going])
        told.removed += answers.count(None)
        moved = [name.key for name, answer in zip(going, answers, strict=True) if isinstance(answer, Stale)]
        told.kept += [
            (name.key, _reason(answer))
            for name, answer in zip(going, answers, strict=True)
            if answer is not None and not isinstance(answer, Stale | Gone)
        ]
        going = [name async for page in names.names(moved) for name in _marked(page)] if moved else []
        told.removed += len(moved) - len(going)  # gone from there, be it by a first try whose answer was lost
        if not going:
            return
    told.kept += [(name.key, "it is being changed at this moment; do it again") for name in going]


def _marked(page: Sequence[Name]) -> list[Name]:
    return [name for name in page if without_ours(name.text) != name.text]


def _reason(answer: Outcome) -> str:
    return str(getattr(answer, "message", None) or getattr(answer, "reason", None) or "refused")
