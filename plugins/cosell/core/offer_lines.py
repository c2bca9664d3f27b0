"""Lines of a file into offers of the catalogue: which column says what, and what is wrong with which row."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cosell.core.offers import Offer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("solution id", "id"),
    "name": ("name", "solution name"),
    "type": ("type", "solution type"),
    "active": ("active",),
}
"""What a column may be called; the first name is the one that sentences use."""
NEEDED: Final = ("id", "name")
ANSWERS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_ID = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and what keeps it from being taken for one."""

    text: str = ""
    wrong: str = ""
    """Such as "holds a formula"; empty where the text is what the file says."""
    is_number: bool = False
    """The file holds a number: as an id it may have lost zeros."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file; `row` counts from 1, as a spreadsheet or an editor shows it."""

    row: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing stands there."""
        return not any(cell.text.strip() or cell.wrong for cell in self.cells)


@dataclass(slots=True)
class Offers:
    """What a file says, and every reason why it cannot be taken."""

    offers: list[Offer] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def read_offers(lines: Sequence[Line]) -> Offers:
    """Give the offers of a file whose first line names the columns."""
    filled = [line for line in lines if not line.is_blank]
    if not filled:
        return Offers(wrong=[f"the file is empty; its first row must name the columns: {_known()}"])
    places, wrong = _columns(filled[0])
    found = Offers(wrong=wrong)
    if wrong:
        return found
    if len(filled) == 1:
        found.wrong.append("the file has no rows beneath its first one, which names the columns")
    seen: dict[str, int] = {}
    for line in filled[1:]:
        _take(line, places, found=found, seen=seen)
    return found


def _columns(line: Line) -> tuple[dict[str, int], list[str]]:
    """Give the place of each column by what it says, and what is wrong with the heading."""
    names = {name: meaning for meaning, names in HEADINGS.items() for name in names}
    places: dict[str, int] = {}
    wrong: list[str] = []
    for place, cell in enumerate(line.cells):
        heading = _plain(cell.text)
        meaning = names.get(heading)
        if cell.wrong:
            wrong.append(f"row {line.row}: column {place + 1} {cell.wrong}")
        elif meaning in places:
            wrong.append(f"row {line.row}: two columns hold the {HEADINGS[str(meaning)][0]}; remove one")
        elif meaning:
            places[meaning] = place
        elif heading:
            wrong.append(f"row {line.row}: column {cell.text.strip()!r} is none of {_known()}; rename or remove it")
    missing = [HEADINGS[name][0] for name in NEEDED if name not in places]
    if missing:
        wrong.append(f"row {line.row}: there is no column {' and no column '.join(map(repr, missing))}; add it")
    return places, wrong


def _take(line: Line, places: Mapping[str, int], *, found: Offers, seen: dict[str, int]) -> None:
    cells = {name: line.cells[place] if place < len(line.cells) else Cell() for name, place in places.items()}
    wrong = list(_wrong_cells(cells))
    if len(line.cells) > max(places.values()) + 1 and any(c.text for c in line.cells[max(places.values()) + 1 :]):
        wrong.append("holds more cells than the first row; quote texts that hold the separator")
    given = cells["id"].text.strip()
    first = seen.setdefault(given.casefold(), line.row)
    if given and first != line.row:
        wrong.append(f"the solution id {given} stands in row {first} already; remove one of the two")
    found.wrong += [f"row {line.row}: {each}" for each in wrong]
    if not wrong:
        said = cells["active"].text.strip().casefold() if "active" in cells else ""
        kind = cells["type"].text.strip() if "type" in cells else ""
        found.offers.append(Offer(given, cells["name"].text.strip(), kind or None, ANSWERS.get(said), line.row))


def _wrong_cells(cells: Mapping[str, Cell]) -> Iterator[str]:
    for name, cell in cells.items():
        heading, text = HEADINGS[name][0], cell.text.strip()
        if cell.wrong:
            yield f"the {heading} {cell.wrong}"
        elif name in NEEDED and not text:
            yield f"the {heading} is empty; enter it, or remove the row"
        elif any(unicodedata.category(sign) == "Cc" for sign in text):
            yield f"the {heading} holds a line end or another control character; remove it"
        elif name == "active" and text and text.casefold() not in ANSWERS:
            yield f"active is {text!r}; say yes or no, or leave it empty to keep what stands"
    given = cells["id"]
    if given.is_number:
        yield "the solution id is a number in the file; format the column as text, so that no zeros are lost"
    elif given.text.strip() and not given.wrong and not _ID.fullmatch(given.text.strip()):
        yield f"the solution id {given.text.strip()!r} holds a sign that no id has; copy it from Partner Center"


def _plain(heading: str) -> str:
    return " ".join(heading.replace("_", " ").split()).casefold()


def _known() -> str:
    return ", ".join(repr(names[0]) for names in HEADINGS.values())
