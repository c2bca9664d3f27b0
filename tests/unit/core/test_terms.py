"""What the decisions of a run stand on: which fields are compared, looked at, and told to a new record."""

from __future__ import annotations

from cosell.core.record import Field
from examples import BOTH, DV, FIELDS, ONLY_DV, PC, terms


def test_only_people_s_fields_of_both_sides_are_compared() -> None:
    """One-sided fields and our own bookkeeping are never reconciled."""
    assert [each.name for each in terms().compared] == [
        "deal_name",
        "deal_value",
        "currency",
        "close_date",
        "notes",
        "stage",
        "customer_name",
        "solutions",
        "status",
        "close_reason",
        "visibility",
    ]


def test_the_rest_is_looked_at_where_it_stands() -> None:
    """Each side's facts are its own fields and our bookkeeping there, in one order."""
    assert terms().facts == {
        PC: ("created_at", "crm_id", "mpn_id", "referral_identifier", "type"),
        DV: ("audit", "crm_id", "flag", "help", "mark", "referral_identifier", "sync_status"),
    }


def test_a_new_record_is_told_what_its_side_takes_and_does_not_know_itself() -> None:
    """An id is told to the other side, never to the one that gives it; a hook may fill what only the new side has."""
    gives_itself = Field("stage_date", BOTH, created_on=ONLY_DV)
    told = terms(fields={**FIELDS, "stage_date": gives_itself}).told_to_new
    one_sided = {name for name, each in FIELDS.items() if not each.is_shared_by_both}
    assert set(told[PC]) - set(told[DV]) - one_sided == {"crm_id"}
    assert set(told[DV]) - set(told[PC]) - one_sided == {"referral_identifier", "stage_date"}
    assert set(told[DV]) & one_sided == {"flag", "help"}
    assert set(told[PC]) & set(told[DV]) == {each.name for each in terms().compared}
