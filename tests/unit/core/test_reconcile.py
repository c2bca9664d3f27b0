"""The table of the laws, row by row: what follows for one field of a bound pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.reconcile import Verdict, is_empty, reconcile, same, would_change
from cosell.core.record import Field, SolutionLine
from examples import BOTH, DV, PC, fit, view

if TYPE_CHECKING:
    from cosell.core.record import Value

SHARED = Field("notes", BOTH)
CRM_WINS = Field("notes", BOTH, on_conflict=DV)
PC_WINS = Field("notes", BOTH, on_conflict=PC)
CRM_RULES = Field("notes", BOTH, authority=DV)
PC_RULES = Field("notes", BOTH, authority=PC)
STAGE = Field("stage", BOTH, authority=DV)
EITHER = (SHARED, CRM_WINS, PC_WINS)
ANY = (*EITHER, CRM_RULES, PC_RULES)

KEEP, AGREE, DIFFER, CONFLICT = Verdict("keep"), Verdict("agree"), Verdict("differ"), Verdict("conflict")
TO_PC, TO_CRM = Verdict("write", to=PC), Verdict("write", to=DV)
CRM_EDIT_LOST, PC_EDIT_LOST = Verdict("write", to=DV, lost=DV), Verdict("write", to=PC, lost=PC)
CUT_TO_PC = Verdict("shortened", to=PC)

A_LINE, B_LINE = ((SolutionLine(each, "", None, None),) for each in "AB")

Row = tuple[str, tuple[Field, ...], tuple[Any, Any], tuple["Value", "Value"], Verdict]
TABLE: list[Row] = [
    ("neither moved, values agree", ANY, ("a", "a"), ("a", "a"), KEEP),
    ("neither moved, values were never the same", ANY, ("a", "b"), ("a", "b"), KEEP),
    ("neither moved: null and empty say the same", ANY, (None, ""), ("", None), KEEP),
    ("neither moved: an empty list says nothing too", ANY, ((), None), (None, ()), KEEP),
    ("both moved to the same", ANY, ("a", "a"), ("b", "b"), AGREE),
    ("both emptied, each in its own way", ANY, ("a", "a"), (None, ""), AGREE),
    ("one moved to what the other had", ANY, ("a", "b"), ("b", "b"), AGREE),
    ("moved to what fits to what is there", (SHARED, PC_WINS, PC_RULES), ("long", "long"), ("longer", "long"), AGREE),
    ("the authority's value fits to what is there", (STAGE,), ("A", "a"), ("B", "b"), AGREE),
    ("the other's value fits: nobody asks", (CRM_RULES,), ("a", "a"), ("longer", "long"), PC_EDIT_LOST),
    ("the authority moved", (PC_RULES,), ("a", "a"), ("b", "a"), TO_CRM),
    ("the authority moved, on the other side", (CRM_RULES,), ("a", "a"), ("a", "b"), TO_PC),
    ("the authority emptied it", (PC_RULES,), ("a", "a"), (None, "a"), TO_CRM),
    ("the other side moved what it has no say in", (PC_RULES,), ("a", "a"), ("a", "b"), CRM_EDIT_LOST),
    ("the same from the CRM's side", (CRM_RULES,), ("a", "a"), ("b", "a"), PC_EDIT_LOST),
    ("both moved: the authority's counts", (PC_RULES,), ("a", "a"), ("b", "c"), CRM_EDIT_LOST),
    ("one moved, shared", EITHER, ("a", "a"), ("b", "a"), TO_CRM),
    ("the other moved, shared", EITHER, ("a", "a"), ("a", "b"), TO_PC),
    ("one emptied, shared: an emptying travels", EITHER, ("a", "a"), ("", "a"), TO_CRM),
    ("both moved, the CRM wins", (CRM_WINS,), ("a", "a"), ("b", "c"), PC_EDIT_LOST),
    ("both moved, Partner Center wins", (PC_WINS,), ("a", "a"), ("b", "c"), CRM_EDIT_LOST),
    ("both moved, the winner emptied it", (CRM_WINS,), ("a", "a"), ("b", None), PC_EDIT_LOST),
    ("both moved, nobody wins", (SHARED,), ("a", "a"), ("b", "c"), CONFLICT),
    ("one emptied, one edited, nobody wins", (SHARED,), ("a", "a"), (None, "c"), CONFLICT),
    ("no baseline, values agree", ANY, (..., ...), ("a", "a"), AGREE),
    ("no baseline, both empty", ANY, (..., ...), (None, ""), AGREE),
    ("no baseline: both count as moved", (SHARED,), (..., ...), ("a", "b"), CONFLICT),
    ("no baseline, the CRM wins", (CRM_WINS,), (..., ...), ("a", "b"), PC_EDIT_LOST),
    ("no baseline, Partner Center wins", (PC_WINS,), (..., ...), ("a", "b"), CRM_EDIT_LOST),
    ("no baseline, an authority: nobody lost an edit", (CRM_RULES,), (..., ...), ("a", "b"), TO_PC),
    ("no baseline, an authority, from the other side", (PC_RULES,), (..., ...), ("a", "b"), TO_CRM),
    ("no baseline: empty never wins, though the CRM does", EITHER, (..., ...), ("a", None), TO_CRM),
    ("no baseline: empty never wins, from the other side", EITHER, (..., ...), ("", "b"), TO_PC),
    ("no baseline, the authority holds something", (PC_RULES,), (..., ...), ("a", ""), TO_CRM),
    ("no baseline, the authority is empty: it is never written", (CRM_RULES,), (..., ...), ("a", None), DIFFER),
    ("no baseline, the other authority is empty", (PC_RULES,), (..., ...), (None, "b"), DIFFER),
    ("half a baseline: the side without counts as moved", (SHARED,), ("a", ...), ("a", "b"), TO_PC),
    ("half a baseline, the other moved as well", (SHARED,), (..., "a"), ("b", "c"), CONFLICT),
    ("half a baseline: empty does not win", EITHER, (..., "a"), ("b", None), TO_CRM),
    ("half a baseline: the edit that lost was seen", (PC_RULES,), (..., "a"), ("b", "c"), CRM_EDIT_LOST),
    ("law 5: an edit of the short copy", (*EITHER, CRM_RULES), ("longer", "long"), ("longer", "mine"), CUT_TO_PC),
    ("law 5: emptying the short copy", (SHARED, CRM_RULES), ("longer", "long"), ("longer", None), CUT_TO_PC),
    ("law 5: the original moved", (*EITHER, PC_RULES), ("longer", "long"), ("others", "long"), TO_CRM),
    ("law 5: both moved, the short copy would win", (CRM_WINS,), ("longer", "long"), ("others", "mine"), CONFLICT),
    ("law 5: both moved, the original wins", (PC_WINS,), ("longer", "long"), ("others", "mine"), CRM_EDIT_LOST),
    ("law 5: where the original rules", (PC_RULES,), ("longer", "long"), ("longer", "mine"), CRM_EDIT_LOST),
    ("no law 5: shorter, but no cut of it", (SHARED,), ("longer", "abcd"), ("longer", "mine"), TO_PC),
    ("no law 5: only recased, not cut", (STAGE,), ("WON", "won"), ("WON", "lost"), TO_PC),
    ("no law 5: what is no text is not cut", (SHARED,), (A_LINE, A_LINE), (A_LINE, B_LINE), TO_PC),
    ("no law 5 without a baseline", (CRM_WINS,), ("longer", ...), ("longer", "mine"), TO_PC),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "was", "now", "verdict"),
    [
        pytest.param(field, was, now, verdict, id=f"{title} ({field.authority or '-'}, {field.on_conflict or '-'})")
        for title, fields, was, now, verdict in TABLE
        for field in fields
    ],
)
def test_the_table_of_the_laws(field: Field, was: tuple[Any, Any], now: tuple[Value, Value], verdict: Verdict) -> None:
    """Each row of the table has its verdict, whatever else the rule of the field says."""
    assert reconcile(view(field, was=was, now=now), fit=fit) == verdict


@pytest.mark.parametrize("value", [None, "", ()])
def test_the_ways_to_say_nothing_are_one(value: Value) -> None:
    """Null, an empty text and an empty list are equal, and are no other value."""
    assert is_empty(value)
    assert same(value, None)
    assert same("", value)
    assert not same(value, "x")
    assert not same("x", value)


@pytest.mark.parametrize("value", [False, 0, " ", ((),)])
def test_a_value_that_looks_like_nothing_is_one(value: Value) -> None:
    """False, zero and a blank say something."""
    assert not is_empty(value)
    assert not same(value, None)


def test_a_write_that_would_change_nothing_is_no_change() -> None:
    """Law 3: equal means that the fitted value is what is there; the raw values may differ."""
    assert not would_change("notes", "longer", held="long", side=DV, fit=fit)
    assert would_change("notes", "long", held="longer", side=PC, fit=fit)
