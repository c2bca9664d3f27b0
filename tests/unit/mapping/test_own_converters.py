"""A converter of the user's: told by its file, safe both ways, and blamed by line, never by a person's data."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED, row
from cosell.core.errors import MappingError
from cosell.core.record import Side, Snapshot, Unmapped
from cosell.mapping import OwnConverter, load_mapping
from cosell.mapping.cells import UnreadableValueError
from cosell.mapping.located import Spot
from cosell.mapping.own.converter import Own
from cosell.mapping.shape import ColumnLimit
from hypothesis import given
from hypothesis.strategies import integers, text

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.mapping.transform import TableMapper

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
FIELD = "{partner_center: campaignId, dataverse: new_segment, converter: own_segment}"
CODES = """
from cosell.mapping import OwnConverter

CODES = {"Enterprise": "E", "Small business": "S"}


def to_code(word):
    return CODES[word]


def to_word(code):
    return {code: word for word, code in CODES.items()}.get(code)


own_segment = OwnConverter(gives="text", to_dataverse=to_code, from_dataverse=to_word)
"""


def files(folder: Path, code: str, *, field: str = FIELD) -> Path:
    """Write a user's folder."""
    (folder / "referral_opportunity.yaml").write_text(f"fields:\n  own_segment: {field}\n")
    (folder / "converters.py").write_text(dedent(code).lstrip("\n"))
    return folder


def mapper(folder: Path, *, limit: ColumnLimit | None = None) -> TableMapper:
    """Give the shipped mapping with the user's folder over it."""
    limits = {"new_segment": limit} if limit else {}
    return load_mapping(folders=[SHIPPED, folder]).mapper(limits=limits)


def test_a_converter_says_a_value_both_ways(tmp_path: Path) -> None:
    """The canonical value is Partner Center's; the column holds what the user's function gives."""
    at_work = mapper(files(tmp_path, CODES))
    (there,) = at_work.snapshots(PC, [row({"id": "r", "campaignId": "Enterprise"})])
    (here,) = at_work.snapshots(DV, [row({"opportunityid": "o", "new_segment": "E"}, DV)])
    assert isinstance(there, Snapshot)
    assert isinstance(here, Snapshot)
    assert there.values["own_segment"] == here.values["own_segment"] == "Enterprise"
    assert at_work.wire(DV, {"own_segment": "Enterprise"}, held={}) == {"new_segment": "E"}
    assert at_work.wire(DV, {"own_segment": None}, held={}) == {"new_segment": None}


@pytest.mark.parametrize(
    ("side", "payload", "reason"),
    [
        (PC, {"campaignId": "Anna Andersson"}, "KeyError at {file}:7"),
        (
            DV,
            {"new_segment": "X"},
            "expected a column's value that own_segment reads, found one that it has no value for",
        ),
    ],
)
def test_a_value_that_it_does_not_know_sets_the_record_aside(
    tmp_path: Path, side: Side, payload: dict[str, object], reason: str
) -> None:
    """The reason names file and line and quotes no value."""
    (found,) = mapper(files(tmp_path, CODES)).snapshots(side, [row(payload, side)])
    assert isinstance(found, Unmapped)
    assert reason.format(file=tmp_path / "converters.py") in found.reason
    assert "Anna" not in found.reason


def test_functions_that_do_not_undo_one_another_never_write(tmp_path: Path) -> None:
    """Else each run would take the other's writing for an edit."""
    code = CODES.replace("return CODES[word]", 'return word + "!"').replace(".get(code)", ".get(code, code)")
    (found,) = mapper(files(tmp_path, code)).snapshots(PC, [row({"campaignId": "Enterprise"})])
    assert isinstance(found, Unmapped)
    assert "functions of own_segment that undo one another" in found.reason
    assert "converters.py:6" in found.reason


def test_what_shortens_on_the_way_is_fitted(tmp_path: Path) -> None:
    """A pair that settles after one turn is good: fit gives what the column will give back."""
    code = """
        from cosell.mapping import OwnConverter

        own_segment = OwnConverter(
            gives="amount", to_dataverse=lambda value: value // 1000, from_dataverse=lambda cell: cell * 1000
        )
    """
    line = FIELD.replace("campaignId", "details.size")
    at_work = mapper(files(tmp_path, code, field=line))
    assert at_work.fit(DV, "own_segment", Decimal(1999)) == Decimal(1000)
    assert at_work.wire(DV, {"own_segment": Decimal(1999)}, held={}) == {"new_segment": Decimal(1)}


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (ColumnLimit("text", max_length=0), "at most 0 characters"),
        (ColumnLimit("choice", choices=frozenset({1, 2})), "a choice that the column offers"),
    ],
)
def test_what_the_column_cannot_hold_is_not_sent(tmp_path: Path, limit: ColumnLimit, reason: str) -> None:
    """Cutting would break the way back."""
    (found,) = mapper(files(tmp_path, CODES), limit=limit).snapshots(PC, [row({"campaignId": "Enterprise"})])
    assert isinstance(found, Unmapped)
    assert reason in found.reason


def test_a_value_of_another_kind_is_refused(tmp_path: Path) -> None:
    """What a function gives is what it said that it gives."""
    code = CODES.replace(".get(code)", ".get(code) and 7")
    (found,) = mapper(files(tmp_path, code)).snapshots(PC, [row({"campaignId": "Enterprise"})])
    assert isinstance(found, Unmapped)
    assert "a text (str) from own_segment.from_dataverse, found int" in found.reason


def test_a_remembered_value_that_fits_no_more_stops_no_run(tmp_path: Path) -> None:
    """The column was made shorter since: the value stays as it is, and is compared as such."""
    at_work = mapper(files(tmp_path, CODES), limit=ColumnLimit("text", max_length=0))
    assert at_work.fit(DV, "own_segment", "Enterprise") == "Enterprise"


@given(value=text(), length=integers(0, 12))
def test_what_passes_comes_back_as_it_was_fitted(value: str, length: int) -> None:
    """For any pair of functions, good or bad: what is not set aside reads back as what was meant."""
    for to, back in (
        (lambda v: f"X-{v}", lambda c: c.removeprefix("X-")),
        (str.upper, str.lower),
        (lambda v: v[:3], lambda c: c),
        (str.strip, lambda c: f" {c}"),
    ):
        rule = OwnConverter(gives="text", to_dataverse=to, from_dataverse=back)
        own = Own("own_x", rule, Spot("f", 1), ColumnLimit("text", max_length=length))
        try:
            fitted = own.kept(value)
        except UnreadableValueError:
            continue
        assert own.fit(fitted) == fitted
        assert own.read(own.write(fitted)) == fitted


@pytest.mark.parametrize(
    ("code", "line", "problem"),
    [
        ("def broken(:\n", 1, "not Python: "),
        ("import no_such_module\n", 1, "py:1: ModuleNotFoundError when it was read"),
        ("x = 1\n", None, "expected converters such as own_code = OwnConverter(...), found none"),
        (
            CODES.replace("own_segment =", "segment ="),
            6,
            "converter segment: the name of one of your own begins with own_",
        ),
        (
            CODES.replace('"text"', '"people"'),
            14,
            "gives: expected one of text, amount, day",
        ),
        (CODES.replace("to_word(code)", "to_word()"), 14, "from_dataverse: expected a function of one value"),
        (
            CODES.replace("own_segment =", "own_segmen ="),
            2,
            "unknown converter 'own_segment': did you mean own_segmen?",
        ),
    ],
)
def test_a_wrong_file_stops_the_run_by_file_and_line(tmp_path: Path, code: str, line: int | None, problem: str) -> None:
    """As a wrong line of the mapping does."""
    with pytest.raises(MappingError) as caught:
        mapper(files(tmp_path, code))
    assert problem in str(caught.value)
    assert caught.value.line == line


def test_a_file_of_nearly_the_name_is_not_passed_over(tmp_path: Path) -> None:
    """Its converters would be missing without a word."""
    (tmp_path / "converter.py").write_text(CODES)
    with pytest.raises(MappingError, match=r"converter.py: this file is not read: did you mean converters.py\?"):
        load_mapping(folders=[SHIPPED, tmp_path])


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    """The folder is the user's: it may be read-only."""
    mapper(files(tmp_path, CODES))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["converters.py", "referral_opportunity.yaml"]


def test_a_change_of_the_file_is_a_change_of_its_fields(tmp_path: Path) -> None:
    """And of no others."""
    before = mapper(files(tmp_path, CODES)).fingerprints
    whole = load_mapping(folders=[SHIPPED, tmp_path]).fingerprint
    after = mapper(files(tmp_path, CODES.replace('"S"', '"SMB"'))).fingerprints
    assert {name for name in before if before[name] != after[name]} == {"own_segment"}
    assert load_mapping(folders=[SHIPPED, tmp_path]).fingerprint != whole


def test_the_last_folder_s_converter_of_a_name_counts(tmp_path: Path) -> None:
    """One rule of precedence, for lines and for code."""
    first, last = tmp_path / "first", tmp_path / "last"
    first.mkdir()
    last.mkdir()
    files(first, CODES)
    (last / "converters.py").write_text(CODES.replace('"E"', '"ENT"'))
    at_work = load_mapping(folders=[SHIPPED, first, last]).mapper(limits={})
    assert at_work.wire(DV, {"own_segment": "Enterprise"}, held={}) == {"new_segment": "ENT"}


def test_texts_are_not_brought_together_behind_its_back(tmp_path: Path) -> None:
    """A merged text is none that the converter was asked about."""
    files(tmp_path, CODES, field=FIELD.replace("}", ", merge: append}"))
    with pytest.raises(MappingError, match="merge brings texts together that 'own_segment' was never asked about"):
        load_mapping(folders=[SHIPPED, tmp_path])
