"""The mapping held against the CRM's columns before anything is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from conftest_mapping import SHIPPED
from cosell.mapping import load_mapping
from cosell.mapping.check import check, unfilled, without_table
from cosell.mapping.misfit import Made
from cosell.mapping.shape import ColumnLimit, Described, Unreached

if TYPE_CHECKING:
    from pathlib import Path

    from cosell.mapping import Mapping


LINE = re.compile(r"\S+\.yaml:\d+: (field \w+|defaults|dataverse\.related\.\w+): ")


def said(mapping: Mapping, known: Described, made: Made | None = None) -> list[str]:
    """Give the sentences."""
    return [each.sentence for each in check(mapping, known, made=made)]


def test_the_shipped_mapping_fits_the_columns_it_was_made_for(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """Nothing is said where every column is there and can take its values."""
    assert check(mapping, Described(limits)) == []


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
    sentences = said(mapping, Described(others if limit is None else others | {path: limit}))
    assert any(sentence in each for each in sentences), sentences
    assert all(LINE.match(each) for each in sentences), sentences


def test_a_misspelled_column_is_told_with_the_nearest_one(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """The sentence names the column that may be meant."""
    others = {path: held for path, held in limits.items() if path != "cosell_audit"}
    (told,) = said(mapping, Described(others | {"cosell_audits": ColumnLimit("text")}))
    assert told.endswith("did you mean cosell_audits?")


@pytest.mark.parametrize(("path", "least"), [("cosell_referralidentifier", 36), ("cosell_referrallink", 102)])
def test_what_is_useless_when_cut_needs_a_long_enough_column(
    mapping: Mapping, limits: dict[str, ColumnLimit], path: str, least: int
) -> None:
    """An id, or an address with one; other texts are fitted."""
    assert check(mapping, Described(limits | {path: ColumnLimit("text", max_length=least)})) == []
    (told,) = said(mapping, Described(limits | {path: ColumnLimit("text", max_length=least - 1)}))
    assert f"column {path} holds {least - 1} characters, and {least} are needed" in told


def test_required_columns_that_nothing_fills_are_named_with_their_table(mapping: Mapping) -> None:
    """Those that a field or a default fills in a new row are left out."""
    required = dict.fromkeys(["name", "account.name", "account.industrycode", "cosell_region"], "ApplicationRequired")
    assert unfilled(mapping, required) == {
        "industrycode on table account": "ApplicationRequired",
        "cosell_region on table opportunity": "ApplicationRequired",
    }


def laid_over(folder: Path, lines: str) -> Mapping:
    """Give the shipped mapping with a user's lines over it."""
    (folder / "referral_opportunity.yaml").write_text(lines)
    return load_mapping(folders=[SHIPPED, folder])


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("Topic", "the CRM has no column Topic on table opportunity; that is the display name of name: write name"),
        ("budget_amount", "that is the display name of budgetamount: write budgetamount"),
        ("Account", "that is the display name of accountid and parentaccountid: write accountid or parentaccountid"),
        (
            "account.Street",
            "Street on table account; that is the display name of account.address1_line1: write account.",
        ),
        ("Topics", "did you mean name (Topic)?"),
        ("estimatedvalu", "did you mean estimatedvalue?"),
        ("zzz", "the CRM has no column zzz on table opportunity"),
    ],
)
def test_a_display_name_is_told_with_the_logical_name(
    limits: dict[str, ColumnLimit], tmp_path: Path, written: str, problem: str
) -> None:
    """As people write it, with or without blanks and capitals; two columns of that name both; near ones too."""
    mapping = laid_over(tmp_path, f"fields:\n  own_one: {{dataverse: {written}}}\n")
    labels = {"name": "Topic", "budgetamount": "Budget Amount", "account.address1_line1": "Street"}
    labels |= {"accountid": "Account", "parentaccountid": "Account", "estimatedvalue": "Est. Revenue"}
    (told,) = said(mapping, Described(dict.fromkeys(labels, ColumnLimit("text")) | limits, labels))
    assert told.startswith(f"{tmp_path}/referral_opportunity.yaml:2: field own_one: ")
    assert problem in told
    assert ("display name" in told) == ("display name" in problem)
    assert ("did you mean" in told) == ("did you mean" in problem)


@pytest.mark.parametrize(
    ("lines", "missing", "told"),
    [
        ("defaults:\n  opportunity:\n    new_x: 1\n", (), "3: defaults: the CRM has no column new_x on table opp"),
        ("defaults:\n  account: {name2: 1}\n", (), "2: defaults: the CRM has no column name2 on table account"),
        ("defaults:\n  opportunity: {opportunityid: x}\n", (), "2: defaults: column opportunityid is read-only"),
        ("defaults:\n  opportunity: {level: x}\n", (), "2: defaults: column level is a lookup: name its row as"),
        ("defaults:\n  opportunity: {size: 7}\n", (), "2: defaults: column size offers no choice 7"),
        (
            "defaults:\n  opportunity:\n    level: {table: a, match: b, value: c}\n",
            (Unreached("defaults", "level", "column level leads to pricelevel, not to a"),),
            "3: defaults: column level leads to pricelevel, not to a",
        ),
        (
            "fields:\n  own_one:\n    dataverse: level\n    lookup: {table: a, match: b}\n",
            (Unreached("lookup", "level", "there is no such lookup"),),
            "4: field own_one: there is no such lookup",
        ),
        (
            "dataverse:\n  related:\n    owner: {table: systemuser, navigation: nobody}\n",
            (Unreached("related", "owner", "there is no such navigation property"),),
            "3: dataverse.related.owner: there is no such navigation property",
        ),
    ],
)
def test_what_stands_elsewhere_than_under_dataverse_is_told_with_its_line_too(
    limits: dict[str, ColumnLimit], tmp_path: Path, lines: str, missing: tuple[Unreached, ...], told: str
) -> None:
    """Defaults, lookups and related tables."""
    mapping = laid_over(tmp_path, lines)
    level = ColumnLimit("text") if missing and missing[0].part == "lookup" else ColumnLimit("lookup")
    more = {"level": level, "size": ColumnLimit("choice", choices=frozenset({1}))}
    (sentence,) = said(mapping, Described(limits | more, missing=missing))
    assert sentence.startswith(f"{tmp_path}/referral_opportunity.yaml:{told}")


KINDS = {
    "text": ColumnLimit("text", max_length=4),
    "key": ColumnLimit("key"),
    "choice": ColumnLimit("choice", choices=frozenset({1, 2})),
    "state": ColumnLimit("choice"),
    "boolean": ColumnLimit("boolean"),
    "money": ColumnLimit("money", precision=2),
    "decimal": ColumnLimit("decimal", precision=2),
    "integer": ColumnLimit("integer"),
    "date": ColumnLimit("date"),
    "datetime": ColumnLimit("datetime"),
    "other": ColumnLimit("other"),
}


@pytest.mark.parametrize(
    ("kind", "written", "problem"),
    [
        ("text", "5", "holds text: expected a text, found 5"),
        ("text", "true", "holds text: expected a text, found true"),
        ("text", "abcde", "holds 4 characters, and the default has 5: shorten it"),
        ("text", '"\U0001f600\U0001f600a"', "holds 4 characters, and the default has 5: shorten it"),
        ("key", "7", "holds key: expected a text, found 7"),
        ("choice", "one", "holds choice: expected the number of a choice, found 'one'"),
        ("choice", "true", "holds choice: expected the number of a choice, found true"),
        ("choice", "1.0", "holds choice: expected the number of a choice, found 1.0"),
        ("choice", "3", "offers no choice 3"),
        ("state", "Open", "holds choice: expected the number of a choice, found 'Open'"),
        ("boolean", "maybe", "holds boolean: expected true or false, found 'maybe'"),
        ("boolean", "1", "holds boolean: expected true or false, found 1"),
        ("money", "ten", "holds money: expected a number, found 'ten'"),
        ("money", '"10"', "holds money: expected a number, found '10'"),
        ("decimal", "false", "holds decimal: expected a number, found false"),
        ("integer", "5.0", "holds integer: expected a whole number, found 5.0"),
        ("integer", '""', "holds integer: expected a whole number, found ''"),
        ("date", "soon", "holds date: expected a day such as 2026-01-31, found 'soon'"),
        ("date", "2026-02-30", "holds date: expected a day such as 2026-01-31, found '2026-02-30'"),
        ("date", "20260131", "holds date: expected a day such as 2026-01-31, found 20260131"),
        ("date", "2026-01-31T00:00:00Z", "holds date: expected a day such as"),
        ("date", "1752-12-31", "holds date: expected a day such as 2026-01-31, found '1752-12-31'"),
        ("datetime", "soon", "holds datetime: expected a time such as 2026-01-31T08:00:00Z, found 'soon'"),
        ("datetime", "2026-01-31T25:00:00Z", "holds datetime: expected a time such as"),
    ],
)
def test_a_default_that_its_column_does_not_take_is_told(
    limits: dict[str, ColumnLimit], tmp_path: Path, kind: str, written: str, problem: str
) -> None:
    """Before a run makes accounts for deals that the CRM then refuses, one and all."""
    mapping = laid_over(tmp_path, f"defaults:\n  opportunity:\n    new_x: {written}\n")
    (told,) = said(mapping, Described(limits | {"new_x": KINDS[kind]}))
    assert told.startswith(f"{tmp_path}/referral_opportunity.yaml:3: defaults: column new_x {problem}")


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        *((kind, "null") for kind in KINDS),
        ("text", "abcd"),
        ("text", '"2026"'),
        ("text", '"\U0001f600\U0001f600"'),
        ("key", "8a7b1c2d-0000-4000-8000-000000000001"),
        ("choice", "2"),
        ("state", "1"),
        ("boolean", "false"),
        ("money", "10"),
        ("money", "-10.5"),
        ("decimal", "0.25"),
        ("integer", "5"),
        ("date", "2026-01-31"),
        ("datetime", "2026-01-31T08:00:00Z"),
        ("datetime", "2026-01-31T08:00:00"),
        ("datetime", "2026-01-31"),
        ("other", '"1,2"'),
    ],
)
def test_a_default_that_its_column_takes_fits(
    limits: dict[str, ColumnLimit], tmp_path: Path, kind: str, written: str
) -> None:
    """Nothing is said of it, nor of a kind whose values are not known; a new row may be told to be empty."""
    mapping = laid_over(tmp_path, f"defaults:\n  opportunity:\n    new_x: {written}\n")
    assert said(mapping, Described(limits | {"new_x": KINDS[kind]})) == []


MADE = Made(
    {("opportunity", "cosell_audit"): (), ("opportunity", "cosell_syncstatus"): (727000000,), ("own", "own"): ()},
    "airflow cosell setup --env test",
)


def test_what_setup_makes_is_not_for_the_mapping_to_correct(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """A column or an option of ours that was deleted comes back by setup; another one is a matter of the mapping."""
    others = {path: limit for path, limit in limits.items() if path not in {"cosell_audit", "cosell_solutionplay"}}
    found = check(mapping, Described(others), made=MADE)
    assert len(found) == 2
    (mended,) = (each for each in found if each.by_setup)
    assert "no column cosell_audit on table opportunity" in mended.sentence
    assert mended.sentence.endswith(" (airflow cosell setup --env test mends that)")
    choice = {"cosell_syncstatus": ColumnLimit("choice", choices=frozenset(range(727000002, 727000005)))}
    found = check(mapping, Described(limits | choice), made=MADE)
    assert [(each.by_setup, "setup --env test mends that" in each.sentence) for each in found] == [
        (True, True), (False, False),
    ]  # fmt: skip


def test_a_column_that_the_crm_may_lack_is_no_misfit(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """It is only read, where it is there."""
    others = {path: limit for path, limit in limits.items() if path != "cosell_notestomicrosoft"}
    assert check(mapping, Described(others), made=MADE) == []


def test_a_column_of_ours_is_not_taken_for_another_of_ours(mapping: Mapping, limits: dict[str, ColumnLimit]) -> None:
    """Each has a field of its own; one that an administrator made anew under a near name is told."""
    others = {path: limit for path, limit in limits.items() if path != "cosell_audit"}
    ours = Made({("opportunity", path): () for path in others} | {("opportunity", "cosell_audit"): ()})
    assert "did you mean" not in said(mapping, Described(others), ours)[0]
    assert "did you mean new_audit?" in said(mapping, Described(others | {"new_audit": ColumnLimit("text")}), ours)[0]


def test_a_table_that_is_missing_is_told_with_the_nearest(tmp_path: Path) -> None:
    """With the line that names it; one of ours is made by setup."""
    mapping = laid_over(tmp_path, "dataverse:\n  related:\n    lead: {table: laed, navigation: originatingleadid}\n")
    told = without_table(mapping, "laed", tables=["account", "lead"], made=MADE)
    place = f"{tmp_path}/referral_opportunity.yaml:3: dataverse.related.lead"
    assert told.sentence == f"{place}: the CRM has no table laed; did you mean lead?"
    ours = without_table(mapping, "own", tables=["owner"], made=MADE)
    assert (ours.by_setup, "did you mean" in ours.sentence) == (True, False)
