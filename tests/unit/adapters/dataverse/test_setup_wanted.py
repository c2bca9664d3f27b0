"""What setup makes, held against the mapping, the page for administrators and the words in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cosell.adapters.dataverse.layout import needed_columns
from cosell.adapters.dataverse.settings import Settings
from cosell.adapters.dataverse.setup.labels import catalogue, labels_for
from cosell.adapters.dataverse.setup.wanted import load_wanted
from cosell.mapping.loader import DEFAULT_MAPPING, LEAD_MAPPING, load_mapping

WANTED = load_wanted()
ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "dataverse-columns.md").read_text("utf-8")
PAGE_TYPES = {
    "yes_no": "yes/no",
    "text": "text",
    "memo": "memo",
    "choice": "choice",
    "time": "date and time",
    "money": "money",
    "whole": "whole number",
    "lookup": "lookup",
}


@pytest.mark.parametrize("name", [DEFAULT_MAPPING, LEAD_MAPPING])
def test_every_column_of_ours_that_a_run_needs_is_made(name: str) -> None:
    """After setup no run stops for a column with our prefix."""
    needed = needed_columns(
        load_mapping(name, folders=[ROOT / "include" / "mappings"]).shape(), settings=Settings(organisation="")
    )
    ours = {(table, column) for table, columns in needed.items() for column in columns if column.startswith("cosell_")}
    assert ours
    assert ours <= {(table, column) for table, one in WANTED.tables.items() for column in one.columns}


def test_every_number_that_the_mapping_writes_is_an_option() -> None:
    """A choice holds what a run may write."""
    for name in (DEFAULT_MAPPING, LEAD_MAPPING):
        mapping = load_mapping(name, folders=[ROOT / "include" / "mappings"])
        columns = WANTED.tables[mapping.file.dataverse.table].columns
        for field in mapping.file.fields.values():
            if field.choices and field.dataverse in columns:
                assert set(field.choices.values()) <= set(WANTED.choices[columns[str(field.dataverse)].choice or ""])


def test_the_page_for_administrators_tells_the_same() -> None:
    """Columns, types, lengths, keys and the order of options stand in docs/dataverse-columns.md as setup makes them."""
    told = {}
    for table, part in re.findall(
        r"^## (?:On the table|Table) `?(\w+)(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE
    ):
        rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|([^|]*)\|[^|]*\|([^|]*)\|$", part, flags=re.MULTILINE)
        told |= {(table, name): (kind.strip(), length.strip(), holds.strip()) for name, kind, length, holds in rows}
    made = {(table, name): column for table, one in WANTED.tables.items() for name, column in one.columns.items()}
    assert told.keys() == made.keys()
    for (table, name), column in made.items():
        kind, length, holds = told[table, name]
        keys = WANTED.tables[table].keys.values()
        assert kind.startswith(PAGE_TYPES[column.type]), (table, name)
        assert length == str(column.length or ""), (table, name)
        assert ("alternate key" in kind) == any(name in columns for columns in keys), (table, name)
        if column.choice and "," in holds and table == "opportunity":
            words = catalogue()[1033].choices[column.choice]
            assert holds == ", ".join(words[number] for number in WANTED.choices[column.choice])


@pytest.mark.parametrize("language", catalogue())
def test_every_language_names_everything_and_nothing_else(language: int) -> None:
    """A translation is whole, and no word in it is left over from what was taken away."""
    words = catalogue()[language]
    columns = {name for table in WANTED.tables.values() for name in table.columns}
    assert set(words.columns) == columns
    assert set(words.tables) == {name for name, table in WANTED.tables.items() if table.schema_name}
    assert set(words.keys) == {name.lower() for table in WANTED.tables.values() for name in table.keys}
    assert {name: set(one) for name, one in words.choices.items()} == {
        name: {"name", *numbers} for name, numbers in WANTED.choices.items()
    }


def test_labels_are_given_in_the_languages_of_the_environment() -> None:
    """A language that the environment lacks is refused by it; one that we lack is English where it is the base."""
    labels = labels_for({1029, 1033, 1036}, base=1033)
    assert labels.languages == {1029, 1033}
    german = labels_for({1031}, base=1031)
    assert german.languages == {1031}
    assert german.text(lambda words: words.columns["cosell_price"]) == "Price"
    [only] = german.label(lambda words: words.columns["cosell_price"])["LocalizedLabels"]
    assert (only["LanguageCode"], only["Label"]) == (1031, "Price")


def test_names_carry_the_prefix_of_the_publisher() -> None:
    """Dataverse takes no others."""
    prefix = f"{WANTED.publisher.prefix}_"
    for table in WANTED.tables.values():
        names = [column.schema_name for column in table.columns.values()]
        names += [column.relationship for column in table.columns.values() if column.relationship]
        names += [*table.keys, *([table.schema_name] if table.schema_name else [])]
        assert all(name.startswith(prefix) for name in names), table.logical_name
    assert all(name.startswith(prefix) for name in WANTED.choices)
    low = WANTED.publisher.option_prefix * 10_000
    assert all(low <= number < low + 10_000 for numbers in WANTED.choices.values() for number in numbers)
