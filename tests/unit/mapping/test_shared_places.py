"""Fields that lie in one column or on one path: any number may read it, and one writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED
from cosell.core.errors import MappingError
from cosell.mapping import LEAD_MAPPING, load_mapping
from cosell.mapping.loader import DEFAULT_MAPPING

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.mapping import Mapping


def laid_over(folder: Path, lines: str, name: str = DEFAULT_MAPPING) -> Mapping:
    """Give the shipped mapping with a user's lines over it."""
    (folder / f"{name}.yaml").write_text(f"fields:\n{lines}")
    return load_mapping(name, folders=[SHIPPED, folder])


@pytest.mark.parametrize(
    ("lines", "line", "problem"),
    [
        (
            "  own_x: {partner_center: campaignId, dataverse: name}\n",
            2,
            (
                "own_x and deal_name both write the column name on dataverse: give each its own, or leave dataverse "
                "out of written_on of one"
            ),
        ),
        (
            "  own_x:\n    dataverse: name\n    created_on: []\n",
            3,
            "own_x and deal_name both write the column name on dataverse",
        ),
        (
            "  deal_name: {partner_center: name, dataverse: description, converter: marked_name}\n",
            2,
            "deal_name and notes both write the column description on dataverse",
        ),
        (
            (
                "  own_x: {partner_center: campaignId, dataverse: description}\n"
                "  notes: {partner_center: details.notes, dataverse: customerneed, merge: append}\n"
                "  own_y: {dataverse: customerneed}\n"
            ),
            4,
            "own_y and notes both write the column customerneed on dataverse",
        ),
        (
            "  own_x: {partner_center: details.notes, dataverse: new_x}\n",
            2,
            (
                "own_x and notes both write the path details.notes on partner_center: give each its own, or leave "
                "partner_center out of written_on of one"
            ),
        ),
        (
            "  own_x: {partner_center: [details.notes, campaignId], dataverse: new_x, created_on: [dataverse]}\n",
            2,
            "own_x and notes both write the path details.notes on partner_center",
        ),
        (
            "  own_x: {dataverse: contact.emailaddress1}\n",
            2,
            "own_x and customer_contacts both write the column contact.emailaddress1 on dataverse",
        ),
        (
            "  own_x: {dataverse: statuscode, converter: decimal}\n",
            2,
            "own_x and status both write the column statuscode on dataverse",
        ),
    ],
)
def test_two_fields_that_write_one_place_are_refused(tmp_path: Path, lines: str, line: int, problem: str) -> None:
    """With the line of the user's own file, whichever of the two is the shipped one, and the way out."""
    with pytest.raises(MappingError) as raised:
        laid_over(tmp_path, lines)
    error = raised.value
    assert error.problem.startswith(problem)
    assert (error.file, error.line) == (str(tmp_path / f"{DEFAULT_MAPPING}.yaml"), line)
    assert error.field == problem.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    "lines",
    [
        "  own_x: {dataverse: name, created_on: [], written_on: []}\n",
        "  own_x: {dataverse: name, written_on: []}\n",
        "  own_x: {partner_center: campaignId, dataverse: stepname}\n",
        (
            "  own_x: {partner_center: campaignId, dataverse: name, created_on: [partner_center], "
            "written_on: [partner_center]}\n"
        ),
        "  own_x: {partner_center: campaignId, dataverse: name, authority: dataverse, created_on: [partner_center]}\n",
        (
            "  own_x: {partner_center: details.notes, dataverse: new_x, authority: partner_center, "
            "created_on: [dataverse]}\n"
        ),
        "  own_x: {partner_center: [campaignId, details.notes], dataverse: new_x}\n",
        "  own_x: {partner_center: campaignId, dataverse: description}\n  notes: null\n",
        "  mark: {dataverse: new_mark, converter: mark, bookkeeping: true}\n",
    ],
)
def test_a_place_that_one_field_writes_may_be_read_by_others(tmp_path: Path, lines: str) -> None:
    """A field that only tells the other side of it harms nothing, nor does one in place of another."""
    assert laid_over(tmp_path, lines).table == "opportunity"


def test_leads_are_held_to_the_same(tmp_path: Path) -> None:
    """The name and its mark lie in one column there too, under another name."""
    with pytest.raises(MappingError, match="own_x and deal_name both write the column subject on dataverse"):
        laid_over(tmp_path, "  own_x: {dataverse: subject}\n", name=LEAD_MAPPING)
