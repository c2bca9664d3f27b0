"""The difference between a file of solutions and the catalogue."""

from __future__ import annotations

import pytest
from cosell.core.offers import Entry, Offer, differences, never_there, newest, too_long


def entry(given: str, name: str = "One", *, kind: str = "", active: bool = True) -> Entry:
    """Give an entry as it stands."""
    return Entry(f"key-{given}", "W/1", given, name, kind, active)


@pytest.mark.parametrize(
    ("offer", "kind", "values"),
    [
        (Offer("S-1", "One"), None, {}),
        (Offer("s-1", "One", "", active=True), None, {}),
        (Offer("S-1", "Two"), "update", {"name": "Two"}),
        (Offer("S-1", "One", "Category"), "update", {"type": "Category"}),
        (Offer("S-1", "One", active=False), "retire", {"active": False}),
        (Offer("S-1", "Two", active=False), "retire", {"name": "Two", "active": False}),
    ],
)
def test_only_what_differs_is_written(offer: Offer, kind: str | None, values: dict[str, object]) -> None:
    """Ids are one whatever their case; what the file does not say stays."""
    found = [(change.kind, dict(change.values)) for change in differences([offer], [entry("S-1")])]
    assert found == ([(kind, values)] if kind else [])


def test_a_retired_one_stays_retired_until_the_file_says_so() -> None:
    """A file without an answer under active does not bring it back."""
    retired = entry("S-1", active=False)
    assert differences([Offer("S-1", "One")], [retired]) == []
    (change,) = differences([Offer("S-1", "One", active=True)], [retired])
    assert (change.kind, change.values) == ("restore", {"active": True})


def test_a_new_one_is_whole() -> None:
    """It is active, and its type may be empty."""
    (change,) = differences([Offer("S-2", "Two")], [entry("S-1")])
    assert (change.kind, change.values) == ("add", {"id": "S-2", "name": "Two", "type": "", "active": True})


def test_a_retired_one_that_was_never_there_is_left_out() -> None:
    """Nobody can hold it."""
    offers = [Offer("S-9", "Nine", active=False), Offer("S-1", "One", active=False)]
    assert [change.offer.id for change in differences(offers, [entry("S-1")])] == ["S-1"]
    assert [offer.id for offer in never_there(offers, [entry("S-1")])] == ["S-9"]


def test_others_go_only_where_that_is_asked() -> None:
    """Those that went already are left alone."""
    entries = [entry("S-1"), entry("S-2"), entry("S-3", active=False)]
    assert differences([Offer("S-1", "One")], entries) == []
    (change,) = differences([Offer("S-1", "One")], entries, retire_others=True)
    assert (change.kind, change.entry, change.values) == ("retire", entries[1], {"active": False})


def test_length_is_counted_as_the_crm_counts() -> None:
    """A sign outside the basic plane takes two places."""
    offers = [Offer("S-1", "🚀" * 3, row=7), Offer("S-2", "sixsix", row=8)]
    assert list(too_long(offers, {"id": 3, "name": 5, "type": None})) == [
        "row 7 (S-1): the name has 6 characters and the CRM takes 5; shorten it",
        "row 8 (S-2): the name has 6 characters and the CRM takes 5; shorten it",
    ]


def test_the_last_name_counts() -> None:
    """Of several spellings of one id the first stays; a solution without a name goes by its id."""
    named = [("S-1", "Old"), ("s-1", "New"), ("S-2", ""), ("S-1", ""), ("", "Nobody")]
    assert newest(named) == [Offer("S-1", "New"), Offer("S-2", "S-2")]
