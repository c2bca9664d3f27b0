"""What a deal's state allows: which referrals are ours, and which write may go where."""

from __future__ import annotations

import pytest
from cosell.core.lifecycle import Category, Gate, category, closes_as, gate, is_closed, is_flagged, is_unanswered
from cosell.core.record import Field, Side
from examples import BOTH, DV, FIELDS, NONE, ONLY_PC, PC

LEAD, QUALIFIED, COSELL = Category.MARKETPLACE_LEAD, Category.QUALIFIED_LEAD, Category.COSELL


@pytest.mark.parametrize(
    ("type_", "qualification", "invited_by", "expected"),
    [
        ("Independent", "Direct", "msft", LEAD),
        ("Independent", "Direct", None, LEAD),
        ("Independent", "Direct", "", LEAD),
        ("Independent", "SalesQualified", "msft", QUALIFIED),
        ("Independent", "MarketingQualified", "msft", QUALIFIED),
        ("Independent", "SalesQualified", "our-org", COSELL),
        ("Independent", None, "our-org", COSELL),
        ("Independent", "None", "partner-org", COSELL),
        ("Shared", "SalesQualified", "our-org", COSELL),
        ("Shared", None, "partner-org", COSELL),
        ("Shared", "SalesQualified", "msft", COSELL),
        ("Shared", "MarketingQualified", "msft", COSELL),
        ("Shared", "Direct", "msft", COSELL),
        ("Shared", "Direct", None, COSELL),
        ("Independent", "Direct", "our-org", COSELL),
        ("Independent", "SalesQualified", None, COSELL),
        ("Independent", "MarketingQualified", "", COSELL),
        ("Independent", "other:Warm", "msft", COSELL),
        ("Independent", None, "msft", COSELL),
        ("other:Joint", "Direct", "msft", COSELL),
        (None, "Direct", None, COSELL),
    ],
)
def test_leads_are_told_from_deals(
    type_: str | None, qualification: str | None, invited_by: str | None, expected: Category
) -> None:
    """Only the named combinations are leads; every other one is a co-sell opportunity."""
    assert category({"type": type_, "qualification": qualification, "invited_by": invited_by}) is expected


NOTES, NAME, COUNTRY = FIELDS["notes"], FIELDS["deal_name"], FIELDS["customer_name"]
FROM_CRM = Field("intent", BOTH, written_on=ONLY_PC)
NOWHERE = Field("address", BOTH, written_on=NONE)
CLOSED = ("won", "lost", "declined", "expired", "error")


@pytest.mark.parametrize(
    ("field", "side", "status", "expected"),
    [
        *((NOTES, side, status, Gate.OPEN) for side in Side for status in ("open", "on_hold", "other:Odd", None)),
        *((NOTES, side, status, Gate.CLOSED) for side in Side for status in CLOSED),
        (NOTES, PC, "new", Gate.NOT_YET),
        (NOTES, DV, "new", Gate.OPEN),
        *((NAME, PC, status, Gate.NEVER) for status in ("open", "new", "won")),
        (NAME, DV, "open", Gate.OPEN),
        (FROM_CRM, DV, "open", Gate.NEVER),
        (FROM_CRM, PC, "new", Gate.NOT_YET),
        *((NOWHERE, side, "open", Gate.NEVER) for side in Side),
        (FIELDS["visibility"], PC, "new", Gate.NOT_YET),
        (FIELDS["visibility"], PC, "won", Gate.CLOSED),
    ],
)
def test_the_gate_by_state_side_and_field(field: Field, side: Side, status: str | None, expected: Gate) -> None:
    """A write passes where the side takes the field in the state that its record is in."""
    assert gate(field, side, values={"status": status}) is expected


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        *((name, "open", Gate.OPEN) for name in ("deal_value", "currency", "close_date", "notes")),
        *((name, "open", Gate.NOT_YET) for name in ("stage", "solutions", "visibility")),
        ("notes", "declined", Gate.CLOSED),
        ("notes", None, Gate.NOT_YET),
        ("deal_name", "open", Gate.NEVER),
    ],
)
def test_the_gate_of_an_answer(name: str, answer: str | None, expected: Gate) -> None:
    """With an acceptance go value, currency, date and notes, with a decline nothing; the rest waits for the answer."""
    assert gate(FIELDS[name], PC, values={"status": "new"}, answer=answer) is expected


def test_states_are_told_apart() -> None:
    """Closed for good, not answered yet, and carried closed are three different things."""
    assert [status for status in (*CLOSED, "open", "new", "on_hold", None) if is_closed({"status": status})] == [
        *CLOSED
    ]
    assert [status for status in (*CLOSED, "open", "new", "on_hold") if is_unanswered({"status": status})] == ["new"]
    assert {s: closes_as({"status": s}) for s in ("won", "lost", "declined", "open", None)} == {
        "won": "won",
        "lost": "lost",
        "declined": None,
        "open": None,
        None: None,
    }


@pytest.mark.parametrize(
    ("flag", "expected"), [(True, True), (False, False), (None, False), ("Yes", False), (1, False)]
)
def test_only_yes_is_a_seller_s_consent(flag: bool | str | None, expected: bool) -> None:
    """Nothing but a plain Yes lets an opportunity leave the CRM; a CRM without the column says No."""
    assert is_flagged({"flag": flag}) is expected
    assert not is_flagged({})
