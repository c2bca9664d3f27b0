"""The mapping held against the CRM's columns before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.mapping.check import check, unfilled
from cosell.mapping.shape import ColumnLimit

if TYPE_CHECKING:
    from cosell.mapping import Mapping


def test_the_shipped_mapping_fits_the_columns_it_was_made_for(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """Nothing is said where every column is there and can take its values."""
    assert check(mapping, limits) == []


@pytest.mark.parametrize(
    ("path", "limit", "sentence"),
    [
        ("cosell_audit", None, "field audit: the CRM has no column cosell_audit on table opportunity"),
        ("account.address1_city", None, "field customer_city: the CRM has no column address1_city on table account"),
        ("solutions.cosell_price", None, "the CRM has no column cosell_price on table cosell_partnercentersolution"),
        (
            "estimatedvalue",
            ColumnLimit("text"),
            "field deal_value: column estimatedvalue holds text, and converter money needs decimal or integer or money",
        ),
        (
            "description",
            ColumnLimit("text", writable=False),
            "field notes: column description is read-only, and the mapping writes it: set written_on without dataverse",
        ),
        (
            "cosell_syncstatus",
            ColumnLimit("choice", choices=frozenset({1})),
            "field sync_status: column cosell_syncstatus offers no choice 727000000 (Waiting)",
        ),
        ("isrevenuesystemcalculated", None, "defaults: the CRM has no column isrevenuesystemcalculated"),
        (
            "isrevenuesystemcalculated",
            ColumnLimit("boolean", writable=False),
            "column isrevenuesystemcalculated is read-only",
        ),
    ],
)
def test_what_cannot_work_is_a_sentence_with_the_line(
    mapping: Mapping, limits: dict[str, ColumnLimit], path: str, limit: ColumnLimit | None, sentence: str
) -> None:
    """A column that is missing, read-only, of another kind or without a choice is told with the mapping's line."""
    others = {known: held for known, held in limits.items() if known != path}
    sentences = check(mapping, others if limit is None else others | {path: limit})
    assert any(sentence in said for said in sentences), sentences
    assert all(".yaml:" in said or said.startswith("defaults") for said in sentences)


def test_a_misspelled_column_is_told_with_the_nearest_one(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """The sentence names the column that may be meant."""
    others = {path: held for path, held in limits.items() if path != "cosell_audit"}
    (said,) = check(mapping, others | {"cosell_audits": ColumnLimit("text")})
    assert said.endswith("did you mean cosell_audits?")


@pytest.mark.parametrize(("path", "least"), [("cosell_referralidentifier", 36), ("cosell_referrallink", 102)])
def test_what_is_useless_when_cut_needs_a_long_enough_column(
    mapping: Mapping, limits: dict[str, ColumnLimit], path: str, least: int
) -> None:
    """An id, or an address with one; other texts are fitted."""
    assert check(mapping, limits | {path: ColumnLimit("text", max_length=least)}) == []
    (said,) = check(mapping, limits | {path: ColumnLimit("text", max_length=least - 1)})
    assert f"column {path} holds {least - 1} characters, and {least} are needed" in said


def test_required_columns_that_nothing_fills_are_named_with_their_table(mapping: Mapping) -> None:
    """Those that a field or a default fills in a new row are left out."""
    required = dict.fromkeys(["name", "account.name", "account.industrycode", "cosell_region"], "ApplicationRequired")
    assert unfilled(mapping, required) == {
        "industrycode on table account": "ApplicationRequired",
        "cosell_region on table opportunity": "ApplicationRequired",
    }
