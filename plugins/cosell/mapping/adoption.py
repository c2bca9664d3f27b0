"""A user's file that puts columns of another connector in the place of ours: the lines, renamed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cosell.mapping.schema import FieldLine, MappingFile

Lines = dict[str, dict[str, object]]
"""What a file says of fields."""


def renamed(file: MappingFile, columns: Mapping[str, str], *, numbers: Mapping[str, Mapping[int, int]]) -> Lines:
    """Give the lines of all fields that lie in one of our columns, moved to another; `numbers` of choices by ours."""
    placed = {name: (line, line.dataverse) for name, line in file.fields.items() if isinstance(line.dataverse, str)}
    return {
        name: _moved(line, columns[ours], numbers.get(ours, {}))
        for name, (line, ours) in placed.items()
        if ours in columns
    }


def only_read(field: str, column: str) -> Lines:
    """Give the line of a field that is read from a column and never written."""
    return {field: {"dataverse": column, "created_on": [], "written_on": []}}


def _moved(line: FieldLine, column: str, numbers: Mapping[int, int]) -> dict[str, object]:
    said = line.model_dump(exclude_unset=True) | {"dataverse": column}
    if line.choices:
        said["choices"] = {word: numbers.get(number, number) for word, number in line.choices.items()}
    return said


def overlay(mapping: str, lines: Lines) -> str:
    """Give the text of the file."""
    head = "# Columns of another connector in the place of ours, found by `airflow cosell mapping adopt`.\n"
    return head + yaml.safe_dump({"mapping": mapping, "fields": lines}, sort_keys=False, allow_unicode=True, width=110)
