"""The label before the name in Partner Center: never an edit, never in the CRM, counted into lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED
from cosell.core.record import Row, Side
from cosell.mapping import MappingSettings, load_mapping

if TYPE_CHECKING:
    from cosell.mapping.transform import TableMapper

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE


def mapper(*, labelled: bool = True, longest: int | None = None) -> TableMapper:
    """Give the shipped mapping as the environment `test` has it."""
    lengths = {"name": longest} if longest else {}
    settings = MappingSettings(environment="test", labelled=labelled, partner_center_lengths=lengths)
    return load_mapping(folders=[SHIPPED]).mapper(limits={}, settings=settings)


@pytest.mark.parametrize("name", ["Move", "[TEST] Move", "[ACME] Move", "Move [TEST] it"])
def test_a_new_deal_bears_the_label_and_reads_as_before(name: str) -> None:
    """Exactly one is put on and taken off, whatever the name begins with."""
    one = mapper()
    wire = one.wire(PC, {"deal_name": name}, held={})
    assert wire == {"name": f"[TEST] {name}"}
    (read,) = one.read(PC, [Row(PC, "key", "1", wire)], names=["deal_name", "label"])
    assert read == {"deal_name": name, "label": "test"}


def test_a_name_is_cut_to_what_the_label_leaves() -> None:
    """The service never cuts it, so that it reads back as it was written."""
    one = mapper(longest=12)
    assert one.wire(PC, {"deal_name": "A long name"}, held={}) == {"name": "[TEST] A lon"}
    assert one.fit(PC, "deal_name", "A long name") == "A lon"


def test_an_environment_that_may_do_everything_writes_no_label() -> None:
    """Its labelled deals of before still read without it; a name that begins so loses it, so that none is an edit."""
    one = mapper(labelled=False)
    assert one.wire(PC, {"deal_name": "Move"}, held={}) == {"name": "Move"}
    assert one.fit(PC, "deal_name", "[TEST] [TEST] Move") == "Move"
    (read,) = one.read(PC, [Row(PC, "key", "1", {"name": "[TEST] Move"})], names=["deal_name"])
    assert read == {"deal_name": "Move"}


def test_the_label_of_another_is_part_of_the_name() -> None:
    """It tells whose the deal is."""
    (read,) = mapper().read(PC, [Row(PC, "key", "1", {"name": "[STAGE] Move"})], names=["deal_name", "label"])
    assert read == {"deal_name": "[STAGE] Move", "label": "stage"}
