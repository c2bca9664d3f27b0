"""A table in a file that a person made: CSV in the spellings of spreadsheets, or one sheet of an Excel workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from cosell.core.errors import FileRefusedError
from cosell.core.offer_lines import Cell, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl.cell import Cell as SheetCell
    from openpyxl.workbook import Workbook

LARGEST: Final = 10_000_000
"""Bytes; a catalogue of thousands of solutions is a hundredth of that."""
_SEPARATORS: Final = ",;\t"
_BROKEN: Final = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, ParseError)
"""What openpyxl raises for a workbook that is none, or is damaged or locked."""


def read_table(path: Path, *, sheet: str | None = None) -> list[Line]:
    """Give the rows of a file; raises FileRefusedError with what is wrong with it as a whole."""
    try:
        size, content = path.stat().st_size, path.read_bytes() if path.is_file() else None
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}; look at its path and rights"
        raise FileRefusedError(path.name, [problem]) from error
    if content is None or size > LARGEST:
        what = "is no file" if content is None else f"has {size} bytes, more than {LARGEST}"
        raise FileRefusedError(path.name, [f"it {what}; name a CSV or XLSX file of solutions"])
    match path.suffix.casefold():
        case ".csv":
            if sheet is not None:
                raise FileRefusedError(path.name, ["a CSV file has no sheets; leave --sheet out"])
            return _csv_lines(path.name, content)
        case ".xlsx":
            return _sheet_lines(path.name, content, wanted=sheet)
        case _:
            raise FileRefusedError(path.name, ["only .csv and .xlsx are read; save it as one of them"])


def _csv_lines(name: str, content: bytes) -> list[Line]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        problem = f"row {row}: the file is not UTF-8; save it as 'CSV UTF-8 (comma delimited)'"
        raise FileRefusedError(name, [problem]) from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=first.count), strict=True)
    lines: list[Line] = []
    row = 1
    try:
        for cells in reader:
            lines.append(Line(row, tuple(map(Cell, cells))))
            row = reader.line_num + 1
    except csv.Error as error:
        raise FileRefusedError(name, [f"row {row}: the row cannot be read ({error}); look at its quotes"]) from error
    return lines


def _sheet_lines(name: str, content: bytes, *, wanted: str | None) -> list[Line]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        try:
            return _lines(_sheet(name, book, wanted=wanted))
        finally:
            book.close()
    except _BROKEN as error:
        problem = "it is no Excel workbook, or it is damaged or locked with a password; save it anew as .xlsx"
        raise FileRefusedError(name, [problem]) from error


def _sheet(name: str, book: Workbook, *, wanted: str | None) -> Iterable[Sequence[SheetCell]]:
    """Give the rows of the sheet that is meant; nobody guesses among several."""
    titles = [sheet.title for sheet in book.worksheets]
    if wanted is None and len(titles) == 1:
        wanted = titles[0]
    if wanted not in titles:
        known = ", ".join(map(repr, titles)) or "none"
        problem = f"there is no sheet {wanted!r}" if wanted else "the workbook has several sheets"
        raise FileRefusedError(name, [f"{problem}; say which with --sheet; its sheets are {known}"])
    rows: Iterable[Sequence[SheetCell]] = book[wanted].iter_rows()
    return rows


def _lines(rows: Iterable[Sequence[SheetCell]]) -> list[Line]:
    return [Line(number, tuple(map(_cell, cells))) for number, cells in enumerate(rows, start=1)]


def _cell(cell: SheetCell) -> Cell:
    match cell.data_type:
        case "f":
            return Cell(wrong="holds a formula; replace it by its value (copy, then paste as values)")
        case "e":
            return Cell(wrong=f"holds the error {cell.value}; correct it")
        case "d":
            return Cell(wrong="holds a date; enter a text")
        case "n" if cell.value is not None:
            return Cell(f"{cell.value:.15g}", is_number=True)
        case _:
            return Cell("" if cell.value is None else str(cell.value))
