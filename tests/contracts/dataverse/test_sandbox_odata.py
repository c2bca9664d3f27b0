"""Filters, order and selection mean what OData and Dataverse say they mean."""

from __future__ import annotations

import pytest

from sandbox.odata import FilterError, Nested, parse_orderby, parse_select, predicate, sorted_rows

ROWS = [
    {
        "id": 1,
        "name": "O'Brien",
        "customer": {"country": "DE"},
        "at": "2026-11-22T10:00:00Z",
        "team": [{"age": 30}, {"age": 50}],
        "guid": "1f9fc1b0-1111-2222-3333-444455556666",
        "open": True,
        "gone": None,
    },
    {
        "id": 2,
        "name": "50% off",
        "customer": {"country": "de"},
        "at": "2026-11-22T12:00:00+01:00",
        "team": [],
        "open": False,
    },
]


def ids(text: str, *, fold_case: bool = False, wildcards: bool = False) -> list[int]:
    """Give the ids of the rows that a filter matches."""
    accepted = predicate(text, shape=Nested(), fold_case=fold_case, wildcards=wildcards)
    return [row["id"] for row in ROWS if accepted.matches(row)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id eq 1", [1]),
        ("id ne 1", [2]),
        ("1 lt id", [2]),
        ("id ge 1 and id le 2 and not (id eq 2)", [1]),
        ("not(id eq 1)", [2]),
        ("id eq 1 or id eq 2", [1, 2]),
        ("name eq 'O''Brien'", [1]),
        ("name eq 'o''brien'", []),
        ("customer/country in ('DE')", [1]),
        ("customer/country in ('DE','de')", [1, 2]),
        ("contains(name,'off') or startswith(name,'O')", [1, 2]),
        ("endswith(tolower(name),'brien')", [1]),
        ("at ge 2026-11-22T11:00:00Z", [2]),
        ("at lt 2026-11-22T11:30:00+01:00", [1]),
        ("at gt 2026-11-22", [1, 2]),
        ("guid eq 1F9FC1B0-1111-2222-3333-444455556666", [1]),
        ("open eq true", [1]),
        ("open", [1]),
        ("gone eq null", [1, 2]),
        ("customer/country ne null", [1, 2]),
        ("missing eq 'x'", []),
        ("missing ne 'x'", [1, 2]),
        ("team/any()", [1]),
        ("team/any(one:one/age gt 40)", [1]),
        ("team/all(one:one/age gt 40)", [2]),
        ("""Microsoft.Dynamics.CRM.In(PropertyName='id',PropertyValues=["2",3])""", [2]),
        ("""not Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["O'Brien"])""", [2]),
        ("name eq 'Microsoft.Dynamics.CRM.In(' or id eq 2", [2]),
    ],
)
def test_filters(text: str, expected: list[int]) -> None:
    """Each operator picks the rows that it should."""
    assert ids(text) == expected


def test_texts_may_be_compared_without_case() -> None:
    """Dataverse does not tell upper from lower case."""
    assert ids("customer/country eq 'De'", fold_case=True) == [1, 2]


def test_wildcards_stand_for_other_characters() -> None:
    """In Dataverse a percent sign stands for anything, but not at the front."""
    assert ids("startswith(name,'O%en')", wildcards=True) == [1]
    with pytest.raises(FilterError, match="leading wildcard"):
        ids("contains(name,'%off')", wildcards=True)


@pytest.mark.parametrize(
    "text",
    [
        "id eq",
        "",
        "id eq 1 and",
        "nofunction(id)",
        "id eq (",
        "at eq 2026-11-22T99:00:00Z",
        "5",
        "contains(name,5)",
        "id lt null",
    ],
)
def test_refuses_what_it_cannot_read(text: str) -> None:
    """A filter that means nothing is an error, never an empty answer."""
    with pytest.raises(FilterError):
        ids(text)


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("name eq 'A' and id gt 3", {("name",): {"a"}}),
        ("name eq 'A' or name eq 'B'", {("name",): {"a", "b"}}),
        ("name eq 'A' or id eq 3", {}),
        ("name in ('A','B') and name eq 'B'", {("name",): {"b"}}),
        ("""Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["A"])""", {("name",): {"a"}}),
        ("not (name eq 'A')", {}),
        ("name eq null", {}),
    ],
)
def test_tells_what_an_index_can_use(text: str, required: dict[tuple[str, ...], set[str]]) -> None:
    """Only what every matching row must hold is promised to an index."""
    assert predicate(text, shape=Nested()).required == required


def test_sorts_with_null_first() -> None:
    """Ascending order starts with null, descending order ends with it."""
    rows = [{"a": 2}, {"a": None}, {"a": 1}]
    assert [row["a"] for row in sorted_rows(rows, terms=parse_orderby("a"), shape=Nested())] == [None, 1, 2]
    assert [row["a"] for row in sorted_rows(rows, terms=parse_orderby("a desc"), shape=Nested())] == [2, 1, None]


def test_reads_order_and_selection() -> None:
    """Terms come in their order; nonsense is an error."""
    assert [(term.path, term.descending) for term in parse_orderby("a/b desc, c")] == [
        (("a", "b"), True),
        (("c",), False),
    ]
    assert parse_select("b, a,b") == ("b", "a")
    for wrong in ("a upwards", ""):
        with pytest.raises(FilterError):
            parse_orderby(wrong)
