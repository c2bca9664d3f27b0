"""The mapping in words: which way the edits of a field go."""

from __future__ import annotations

import pytest
from cosell.mapping import LEAD_MAPPING, load_mapping
from cosell.mapping.page import explained, page, travels


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("deal_value", "both ways; changed on both: the CRM wins"),
        ("notes", "both ways: what is added on one side is appended on the other"),
        ("stage", "from the CRM to Partner Center only"),
        ("deal_name", "from Partner Center to the CRM only; there when the deal is created"),
        ("customer_name", "none: set when the deal is created"),
        ("customer_contacts", "both ways: people join and leave by their e-mail"),
        ("team", "both ways: people join and leave by their e-mail"),
        ("referral_identifier", "from Partner Center to the CRM only"),
        ("audit", "written by the sync in the CRM"),
        ("organization_id", "only looked at in Partner Center"),
    ],
)
def test_the_way_of_a_field_is_said(name: str, told: str) -> None:
    """As the README's table says it."""
    assert travels(load_mapping().fields[name]) == told


@pytest.mark.parametrize("mapping", ["referral_opportunity", LEAD_MAPPING])
def test_every_field_can_be_said(mapping: str) -> None:
    """No line of a shipped mapping is beyond the words, and each row of the page has its five cells."""
    loaded = load_mapping(mapping)
    for name in loaded.file.fields:
        told = dict(explained(loaded, name))
        assert told["edits"]
        assert told["stands in"].endswith(tuple("0123456789"))
    rows = [line for line in page(loaded) if line.startswith("| `")]
    assert len(rows) == len(loaded.file.fields)
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


def test_a_value_s_choices_are_told() -> None:
    """With the numbers that the CRM knows them by."""
    told = dict(explained(load_mapping(), "visibility"))
    assert told["choices"] == "Not visible: 727000000; Visible: 727000001"
