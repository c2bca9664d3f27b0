"""The mapping held against the CRM's columns before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cosell.mapping.check import check
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
