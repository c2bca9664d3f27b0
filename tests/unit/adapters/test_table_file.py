"""Files of solutions as people save them, and what is said of those that cannot be taken."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from cosell.adapters.table_file import LARGEST, read_table
from cosell.core.errors import MOST_PROBLEMS, FileRefusedError
from cosell.core.offer_lines import Offers, read_offers
from cosell.core.offers import Offer
from openpyxl import Workbook

if TYPE_CHECKING:
    from pathlib import Path

HEAD = ("solution id", "name", "type", "active")


def csv_of(folder: Path, text: str, *, encoding: str = "utf-8") -> Offers:
    """Give what a CSV file says."""
    path = folder / "solutions.csv"
    path.write_bytes(text.encode(encoding))
    return read_offers(read_table(path))


def book_of(folder: Path, *sheets: tuple[str, list[tuple[Any, ...]]]) -> Path:
    """Give a workbook with these sheets."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "solutions.xlsx"
    book.save(path)
    return path


def sheet_of(folder: Path, *rows: tuple[Any, ...]) -> Offers:
    """Give what a workbook of one sheet says."""
    return read_offers(read_table(book_of(folder, ("Solutions", list(rows)))))


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_is_read_as_spreadsheets_save_it(tmp_path: Path, separator: str, encoding: str) -> None:
    """Separators of every country, with and without a mark at the front; blank lines and quotes."""
    rows = [HEAD, (), ("S-1", f'"A {separator} ""B"""', "Name", "YES"), ("S-2", "Händler 🚀", "", "")]
    lines = [separator.join(row) for row in rows]
    read = csv_of(tmp_path, "\r\n".join(lines) + "\r\n", encoding=encoding)
    assert read.wrong == []
    assert read.offers == [
        Offer("S-1", f'A {separator} "B"', "Name", active=True, row=3),
        Offer("S-2", "Händler 🚀", None, active=None, row=4),
    ]


def test_a_csv_may_be_parted_by_tabs(tmp_path: Path) -> None:
    """As it comes out of a clipboard."""
    assert csv_of(tmp_path, "solution id\tname\nS-1\tOne, two\n").offers == [Offer("S-1", "One, two", row=2)]


def test_headings_may_be_spelled_and_ordered_otherwise(tmp_path: Path) -> None:
    """Case, underscores and blanks do not matter; type and active may be missing."""
    assert csv_of(tmp_path, "Name, SOLUTION_ID \nOne,S-1\n").offers == [Offer("S-1", "One", row=2)]


def test_a_workbook_is_read(tmp_path: Path) -> None:
    """Texts, truth values and names that look like numbers; blank rows count."""
    read = sheet_of(tmp_path, HEAD, ("S-1", "One", "Name", True), (None,), ("S-2", 365, None, "no"))
    assert read.wrong == []
    assert read.offers == [
        Offer("S-1", "One", "Name", active=True, row=2),
        Offer("S-2", "365", None, active=False, row=4),
    ]


def test_every_wrong_row_is_named(tmp_path: Path) -> None:
    """All of them at once, each with its row, as the spreadsheet numbers it."""
    rows: list[tuple[Any, ...]] = [
        HEAD,
        ("S-1", "=A2", None, None),
        (None, "No id", None, None),
        ("S-3", None, None, None),
        ("S 4", "Four", None, None),
        ("s-1", "Again", None, None),
        ("S-6", "Six", None, "perhaps"),
        (12345, "Number", None, None),
        ("S-8", date(2026, 1, 1), None, None),
        ("S-9", "two\nlines", None, None),
        ("S-10", "Ten", None, None),
    ]
    read = sheet_of(tmp_path, *rows)
    assert [offer.id for offer in read.offers] == ["S-10"]
    assert [problem.partition(":")[0] for problem in read.wrong] == [f"row {row}" for row in range(2, 11)]
    told = "\n".join(read.wrong)
    for words in ("holds a formula", "id is empty", "name is empty", "no id has", "stands in row 2 already"):
        assert words in told
    for words in ("say yes or no", "format the column as text", "holds a date", "control character"):
        assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("solution id,name\n", "no rows beneath"),
        ("name,type\nOne,Name\n", "row 1: there is no column 'solution id'; add it"),
        ("S-1,One\n", "row 1: column 'S-1' is none of 'solution id', 'name', 'type', 'active'"),
        ("solution id,name,nmae\nS-1,One,x\n", "row 1: column 'nmae' is none of"),
        ("solution id,name,id\nS-1,One,S-1\n", "row 1: two columns hold the solution id"),
        ("solution id,name\nS-1,One, too many\n", "row 2: holds more cells"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """The sentence names the row and the column, and nothing is taken."""
    read = csv_of(tmp_path, text)
    assert read.offers == []
    assert words in "\n".join(read.wrong)


def test_an_error_in_a_cell_is_named(tmp_path: Path) -> None:
    """What Excel could not work out is no name."""
    assert sheet_of(tmp_path, HEAD, ("S-1", "#REF!", None, None)).wrong == [
        "row 2: the name holds the error #REF!; correct it"
    ]


def test_the_sheet_is_said_where_there_are_several(tmp_path: Path) -> None:
    """Nobody guesses; a sheet that is not there is told with those that are."""
    path = book_of(tmp_path, ("Notes", [("Hello",)]), ("Solutions", [HEAD, ("S-1", "One")]))
    with pytest.raises(FileRefusedError, match=r"several sheets; say which with --sheet; its sheets are 'Notes', 'Sol"):
        read_table(path)
    with pytest.raises(FileRefusedError, match=r"no sheet 'Offers'.*'Notes', 'Solutions'"):
        read_table(path, sheet="Offers")
    assert read_offers(read_table(path, sheet="Solutions")).offers == [Offer("S-1", "One", row=2)]
    assert "no column 'solution id'" in "".join(read_offers(read_table(path, sheet="Notes")).wrong)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.csv", None, "cannot be read: No such file or directory; look at its path"),
        ("old.xls", b"x", r"only \.csv and \.xlsx are read"),
        ("broken.xlsx", b"PK\x03\x04 not a zip", "no Excel workbook"),
        ("text.xlsx", b"solution id,name\n", "no Excel workbook"),
        ("latin.csv", "solution id,name\nS-1,Händler\n".encode("latin-1"), "row 2: the file is not UTF-8"),
        ("wide.csv", "solution id,name\n".encode("utf-16"), "row 1: the file is not UTF-8"),
        ("quote.csv", b'solution id,name\nS-1,"One\n', "row 2: the row cannot be read"),
        ("huge.csv", b"x" * (LARGEST + 1), "bytes, more than"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    """Each with its name and the way out."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileRefusedError, match=rf"(?s){name} was not taken, and nothing was written.*{words}"):
        read_table(path)


def test_a_folder_and_a_sheet_of_a_csv_are_refused(tmp_path: Path) -> None:
    """A folder is no file, and a CSV has no sheets."""
    with pytest.raises(FileRefusedError, match="is no file"):
        read_table(tmp_path)
    path = tmp_path / "solutions.csv"
    path.write_text("solution id,name\nS-1,One\n")
    with pytest.raises(FileRefusedError, match="no sheets"):
        read_table(path, sheet="Solutions")


def test_a_long_list_of_problems_is_cut() -> None:
    """A screenful is enough, and the rest is counted."""
    told = str(FileRefusedError("a.csv", [f"row {row}: wrong" for row in range(MOST_PROBLEMS + 3)]))
    assert "row 49" in told
    assert told.endswith("... and 3 more")
