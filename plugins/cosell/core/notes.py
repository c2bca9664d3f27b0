"""Texts that both sides only add to: what was written on one side is appended on the other, nothing is taken away.

Line by line. A line that came, and what came before or behind a line that stands, is added; a line that went or says
something else now is not carried. How often a line stands on each side tells what is still to be carried, so that doing
it again, after a crash or a lost answer, appends nothing twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cosell.core.record import Value

ALIKE = 0.6
"""From this likeness on (difflib's ratio), a line in the place of another is that line rewritten."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A text that was added, and the whole line that it stands in."""

    text: str
    line: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of a text: the runs of pieces that were added, and whether anything went or was rewritten."""

    runs: tuple[tuple[Piece, ...], ...] = ()
    took_away: bool = False

    @property
    def adds(self) -> bool:
        """Tell whether anything was added."""
        return bool(self.runs)


def edit(before: Value, now: Value) -> Edit:
    """Tell what was added to a text and whether anything was taken from it."""
    old, new = _lines(before), _lines(now)
    runs: list[list[Piece]] = []
    left = Counter(new)
    left.subtract(old)
    took_away = False
    for kind, i1, i2, j1, j2 in SequenceMatcher(_is_blank, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        pieces, gone = _changed(old[i1:i2], new[j1:j2])
        # A line that only moved is not gone.
        took_away = took_away or any(left[line] < 0 for line in gone)
        runs.append(pieces)
    return Edit(tuple(tuple(run) for run in map(_trimmed, runs) if run), took_away=took_away)


def carried(change: Edit, target: Value, *, source: Value) -> str | None:
    """Give the target's text with what the source's edit added; None where it holds all of it."""
    text, standing, there = _text(target), Counter(_lines(target)), Counter(_lines(source))
    blocks = ["\n".join(_lacking(run, standing, there)) for run in change.runs]
    missing = "\n".join(block for block in blocks if block)
    if not missing:
        return None
    end = "\r\n" if "\r\n" in text else "\n"
    missing = missing.replace("\n", end)
    return missing if not text.strip() else f"{text}{'' if text.endswith(end) else end}{missing}"


def stored_part(change: Edit, stored: Value) -> Edit:  # noqa: ARG001 - as for people
    """Give the part of an edit that the target holds: a text is added whole or not at all."""
    return change


def equal(one: Value, other: Value) -> bool:
    """Tell whether two texts hold the same lines, whatever ends them."""
    return _lines(one) == _lines(other)


def contains(one: Value, other: Value) -> bool:
    """Tell whether the first text holds all that the second says."""
    whole, part = "\n".join(_lines(one)), "\n".join(_lines(other))
    return part in whole or not Counter(filter(None, _lines(other))) - Counter(_lines(one))


def _lacking(run: Sequence[Piece], standing: Counter[str], there: Counter[str]) -> list[str]:
    """Give the pieces that do not stand on the target yet, and count them as standing."""
    missing: list[Piece] = []
    for piece in run:
        if not piece.text:
            missing.append(piece)
        elif standing[piece.line] < there[piece.line] and standing[piece.text] <= _wanted(piece, there):
            missing.append(piece)
            standing[piece.text] += 1
    return [piece.text for piece in _trimmed(missing)]


def _wanted(piece: Piece, there: Counter[str]) -> int:
    """Give how many lines like the piece may stand on the target without one of them being the piece itself."""
    # A piece of a longer line stands as a line of its own where it was appended.
    return there[piece.text] - (piece.text == piece.line)


def _changed(old: Sequence[str], new: Sequence[str]) -> tuple[list[Piece], list[str]]:
    """Sort one stretch of changed lines into what was added and what is gone or says something else."""
    pieces: dict[int, Piece | None] = {}
    gone: list[str] = []
    for line in filter(None, old):
        place = next((j for j, one in enumerate(new) if j not in pieces and _extends(one, line)), None)
        if place is None:
            gone.append(line)
        else:
            pieces[place] = Piece(_extra(new[place], line), new[place])
    for line in gone:
        place = _most_alike(line, new, taken=pieces)
        if place is not None:
            pieces[place] = None  # rewritten
    found = (pieces.get(j, Piece(line, line)) for j, line in enumerate(new))
    return [piece for piece in found if piece is not None], gone


def _is_blank(line: str) -> bool:
    return not line


def _extends(longer: str, line: str) -> bool:
    return longer != line and (longer.startswith(line) or longer.endswith(line))


def _extra(longer: str, line: str) -> str:
    return (longer.removeprefix(line) if longer.startswith(line) else longer.removesuffix(line)).strip()


def _most_alike(line: str, lines: Sequence[str], *, taken: dict[int, Piece | None]) -> int | None:
    likeness = {
        j: SequenceMatcher(None, line, other, autojunk=False).ratio()
        for j, other in enumerate(lines)
        if j not in taken and other
    }
    best = max(likeness, key=lambda j: likeness[j], default=None)
    return best if best is not None and likeness[best] >= ALIKE else None


def _trimmed(pieces: Sequence[Piece]) -> list[Piece]:
    """Give the pieces without the empty lines around them."""
    filled = [place for place, piece in enumerate(pieces) if piece.text]
    return list(pieces[filled[0] : filled[-1] + 1]) if filled else []


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _lines(value: Value) -> list[str]:
    return list(_each_line(_text(value)))


def _each_line(text: str) -> Iterator[str]:
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        yield line.rstrip()
