"""Wanted against found, as a table: every lack has its step, and what is there is left alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cosell.adapters.dataverse.setup.diff import compare
from cosell.adapters.dataverse.setup.steps import Kind
from setup_examples import (
    EMPTY,
    ENGLISH,
    WANTED,
    complete,
    with_column,
    with_key,
    with_table,
    without_column,
)

if TYPE_CHECKING:
    from cosell.adapters.dataverse.setup.found import Found

FULL = complete()
AUDIT = ("opportunity", "cosell_audit")


def sentences(found: Found, *, languages: frozenset[int] = ENGLISH) -> list[str]:
    """Give what a setup would do, in words."""
    return [step.sentence for step in compare(WANTED, found, languages=languages).steps]


def in_solution(found: Found, **changes: object) -> Found:
    """Give a CRM with its solution changed."""
    assert found.solution
    return replace(found, solution=replace(found.solution, **changes))


def test_nothing_is_done_where_nothing_lacks() -> None:
    """A second run says 0 changes."""
    plan = compare(WANTED, FULL, languages=ENGLISH)
    assert (plan.steps, plan.obstacles, plan.changes) == ((), (), 0)


def test_an_empty_environment_gets_everything_in_an_order_that_works() -> None:
    """What others refer to comes first, what refers to it after, publishing last."""
    plan = compare(WANTED, EMPTY, languages=ENGLISH)
    kinds = [step.kind for step in plan.steps]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert Counter(kinds) == {
        Kind.PUBLISHER: 1,
        Kind.SOLUTION: 1,
        Kind.CHOICE: 5,
        Kind.TABLE: 2,
        # The primary columns come with their tables.
        Kind.COLUMN: sum(len(table.columns) for table in WANTED.tables.values()) - 2,
        Kind.TRACK: 1,
        Kind.FORM: 3,
        Kind.MEMBER: 1,
        Kind.KEY: 3,
        Kind.PUBLISH: 1,
    }
    tables = [step.table for step in plan.steps if step.kind is Kind.TABLE]
    assert tables == ["cosell_solutiondetail", "cosell_partnercentersolution"], "a lookup needs its target"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (without_column(FULL, *AUDIT), ["create the column cosell_audit on opportunity"]),
        (with_column(FULL, *AUDIT, length=2000), ["let cosell_audit on opportunity hold 4000 characters"]),
        (
            with_column(FULL, "lead", "cosell_closereason", choice=None, options={727000000: ENGLISH}),
            [
                (
                    "add the options 727000001, 727000002, 727000003, 727000004, 727000005, 727000006, 727000007 to "
                    "cosell_closereason on lead"
                )
            ],
        ),
        (
            replace(FULL, choices={name: one for name, one in FULL.choices.items() if name != "cosell_syncstatus"}),
            ["create the choice cosell_syncstatus"],
        ),
        (
            with_table(FULL, "cosell_partnercentersolution", tracked=False),
            ["switch on change tracking for cosell_partnercentersolution (it cannot be switched off again)"],
        ),
        (with_table(FULL, "lead", keys=()), ["create the alternate key cosell_LeadReferralKey on lead"]),
        (
            in_solution(FULL, members=FULL.solution.members - {"opportunity.cosell_audit"}),
            ["put cosell_audit on opportunity into the solution"],
        ),
        (
            in_solution(FULL, whole=frozenset({"cosell_solutiondetail"})),
            ["put cosell_partnercentersolution into the solution"],
        ),
        (in_solution(FULL, finished=False), []),
    ],
)
def test_each_lack_has_its_step_and_is_published(found: Found, expected: list[str]) -> None:
    """One thing taken away is one step; a setup that broke off is at least published."""
    assert sentences(found) == [*expected, "publish the changes"]


@pytest.mark.parametrize(
    "found",
    [
        with_column(FULL, *AUDIT, length=100_000),
        with_column(FULL, *AUDIT, languages=frozenset({1033, 1031})),
        with_column(FULL, "lead", "cosell_closereason", choice=None),
        with_column(FULL, "lead", "cosell_closereason", options=dict.fromkeys(range(727000000, 727000020), ENGLISH)),
        with_key(FULL, "lead", name="new_mykey"),
        with_table(FULL, "connection", tracked=False, trackable=False),
        with_column(FULL, "cosell_partnercentersolution", "cosell_opportunityid", targets=frozenset()),
        with_column(FULL, "opportunity", "cosell_notestomicrosoft", type="String", length=4000),
    ],
)
def test_what_serves_is_left_as_it_is(found: Found) -> None:
    """More room, more languages, more options, other names: an administrator's own ways stay."""
    assert sentences(found) == []
    assert not compare(WANTED, found, languages=ENGLISH).obstacles


@pytest.mark.parametrize(
    ("status", "expected", "changes"),
    [
        ("Active", [], 0),
        ("Pending", ["wait for the index of the alternate key cosell_LeadReferralKey on lead"], 0),
        ("InProgress", ["wait for the index of the alternate key cosell_LeadReferralKey on lead"], 0),
        ("Failed", ["build the index of the alternate key cosell_LeadReferralKey on lead again"], 1),
    ],
)
def test_an_index_is_waited_for_and_built_again_where_it_failed(status: str, expected: list[str], changes: int) -> None:
    """A key counts only when its index is Active; nothing has to be published for it."""
    found = with_key(FULL, "lead", status=status)
    assert sentences(found) == expected
    assert compare(WANTED, found, languages=ENGLISH).changes == changes


def test_a_new_language_of_the_environment_gets_its_names() -> None:
    """Columns, tables of ours and options are named in a language that was added; other tables are not ours to name."""
    both = frozenset({1029, 1033})
    plan = compare(WANTED, FULL, languages=both)
    named = {(step.table, step.name) for step in plan.steps if step.kind is Kind.LABEL}
    assert ("cosell_solutiondetail", "") in named
    assert AUDIT in named
    assert ("opportunity", "") not in named
    assert {step.numbers for step in plan.steps if step.kind in {Kind.LABEL, Kind.OPTION_LABELS}} == {(1029,)}
    assert {step.name for step in plan.steps if step.kind is Kind.OPTION_LABELS} == set(WANTED.choices)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (with_column(FULL, *AUDIT, type="Picklist"), "cosell_audit of opportunity is there as Picklist, but memo"),
        (with_column(FULL, "lead", "cosell_expireson", format="DateOnly"), "is there as DateTime, date only, but time"),
        (
            with_column(FULL, "cosell_partnercentersolution", "cosell_opportunityid", targets=frozenset({"quote"})),
            "is there as Lookup to quote, but a lookup to opportunity is needed",
        ),
        (
            with_column(FULL, "lead", "cosell_closereason", choice="new_reasons", options={1: ENGLISH}),
            "shows the choice new_reasons, which lacks 727000000",
        ),
        (
            replace(FULL, tables={name: one for name, one in FULL.tables.items() if name != "lead"}),
            "setting leads: false",
        ),
        (in_solution(FULL, prefix="new"), "the prefix new, not cosell"),
        (without_column(in_solution(FULL, managed=True), *AUDIT), "is managed in this environment and lacks"),
    ],
)
def test_what_a_person_must_decide_is_said_with_its_way_out(found: Found, words: str) -> None:
    """Nothing is deleted, retyped or forced into another's solution."""
    [obstacle] = compare(WANTED, found, languages=ENGLISH).obstacles
    assert words in obstacle
    assert ": " in obstacle, "the way out follows"


def test_a_complete_managed_environment_is_content() -> None:
    """Where the solution was imported, a run finds nothing to do, whatever the solution lists."""
    managed = in_solution(FULL, managed=True, members=frozenset(), whole=frozenset())
    assert compare(WANTED, managed, languages=ENGLISH).steps == ()


def test_a_mapping_with_columns_of_its_own_gets_no_second_ones() -> None:
    """What the effective mapping does not reach is not made on others' tables; a key falls with its column."""
    reached = {name: set(table.columns) for name, table in WANTED.tables.items()}
    reached["opportunity"] -= {"cosell_referralidentifier"}
    del reached["lead"]
    plan = compare(WANTED.only(reached), EMPTY, languages=ENGLISH)
    told = {(step.kind, step.table, step.name) for step in plan.steps}
    assert (Kind.COLUMN, "opportunity", "cosell_audit") in told
    assert (Kind.COLUMN, "opportunity", "cosell_referralidentifier") not in told
    assert (Kind.KEY, "opportunity", "cosell_OpportunityReferralKey") not in told
    assert not [step for step in plan.steps if step.table == "lead"]
