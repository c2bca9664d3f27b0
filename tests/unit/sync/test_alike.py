"""Which unbound deals belong together where no id says so; what is not certain is left to a person."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Ref
from cosell.sync.alike import Alike, Look, compare, look_of
from sync_examples import DV, PC, PlainMapper

if TYPE_CHECKING:
    from cosell.core.record import Side, Value

THOUSAND, TWO = Decimal(1000), Decimal(2000)


def look(
    key: str, *, name: str = "move", value: Value = THOUSAND, engagement: str = "", customer: str = "adatum"
) -> Look:
    """Give the look of a deal."""
    return Look(key, engagement, name, customer, value)


def doubted(alike: Alike) -> set[str]:
    """Name the records that a person must decide on."""
    return {ref.key for ref in alike.doubts}


def test_one_on_each_side_is_the_same_deal() -> None:
    """Name, customer and value agree, once on each side."""
    alike = compare([look("ref"), look("other", name="stay")], [look("row"), look("else", customer="fabrikam")])
    assert alike.row_of == {"ref": "row"}
    assert alike.doubts == {}


@pytest.mark.parametrize("value", [TWO, None])
def test_another_value_or_none_is_no_proof(value: Value) -> None:
    """The same name and customer with another value, or without one, is for a person, on both sides."""
    for alike in (
        compare([look("ref", value=value)], [look("row")]),
        compare([look("ref")], [look("row", value=value)]),
    ):
        assert alike.row_of == {}
        assert doubted(alike) == {"ref", "row"}


def test_two_without_a_value_are_no_proof_either() -> None:
    """Nothing equals nothing, and proves nothing."""
    assert compare([look("ref", value=None)], [look("row", value=None)]).row_of == {}


def test_several_that_fit_are_all_held() -> None:
    """Two rows for one referral, or two referrals for one row: nobody guesses; the sentence names them."""
    alike = compare([look("ref")], [look("row-1"), look("row-2")])
    assert alike.row_of == {}
    assert doubted(alike) == {"ref", "row-1", "row-2"}
    assert "row-1, row-2" in alike.doubts[Ref(PC, "ref")].sentence
    assert doubted(compare([look("ref-1"), look("ref-2")], [look("row")])) == {"ref-1", "ref-2", "row"}


def test_the_value_tells_namesakes_apart() -> None:
    """Of several of one name those of equal value are paired; what is left on one side only is new."""
    referrals = [look("ref-1"), look("ref-2", value=TWO)]
    rows = [look("row-2", value=TWO), look("row-1")]
    assert compare(referrals, rows).row_of == {"ref-1": "row-1", "ref-2": "row-2"}
    alike = compare(referrals, rows[:1])
    assert (alike.row_of, alike.doubts) == ({"ref-2": "row-2"}, {})
    third = look("ref-3", value=Decimal(3000))
    assert doubted(compare([third, *referrals[:1]], rows[:1])) == {"ref-3", "ref-1", "row-2"}


def test_an_engagement_comes_before_names() -> None:
    """The engagement's own row, whatever its name; the namesake is another deal."""
    alike = compare([look("ref", engagement="e")], [look("namesake"), look("row", name="was", engagement="e")])
    assert alike.row_of == {"ref": "row"}
    assert doubted(compare([look("ref", engagement="e")], [look(key, engagement="e") for key in "ab"])) == {
        "ref",
        "a",
        "b",
    }


@pytest.mark.parametrize("part", ["name", "customer"])
def test_without_a_name_or_a_customer_nothing_is_alike(part: str) -> None:
    """Two deals that lack the same thing have nothing in common."""
    without: Any = {part: ""}
    alike = compare([look("ref", **without)], [look("row", **without)])
    assert (alike.row_of, alike.doubts) == ({}, {})


def test_the_order_of_records_does_not_matter() -> None:
    """Whatever is listed first, the same pairs are found and the same records held."""
    referrals = [look("ref-1"), look("ref-2"), look("ref-3", value=TWO)]
    rows = [look("row-1"), look("row-3", value=TWO)]
    found = {
        (tuple(sorted(a.row_of.items())), frozenset(a.doubts))
        for p in permutations(referrals)
        for a in [compare(p, rows)]
    }
    assert found == {((("ref-3", "row-3"),), frozenset({Ref(PC, "ref-1"), Ref(PC, "ref-2"), Ref(DV, "row-1")}))}


def test_deals_are_compared_as_the_crm_would_hold_them() -> None:
    """Case, composition and spacing do not tell two apart; what does not fit the CRM's column is not compared."""

    def seen(side: Side, **values: Value) -> Look:
        return look_of(side, "key", values, fit=PlainMapper().fit)

    one = seen(PC, deal_name="Zürich  MOVE", customer_name="ADATUM ", deal_value=THOUSAND, engagement_identifier="E")
    two = seen(
        DV, deal_name="Zu\u0308rich move", customer_name="Adatum", deal_value=THOUSAND, other_engagement_identifier="e"
    )
    assert one[:5] == two[:5]
    assert one.spelled == "Zürich  MOVE"
