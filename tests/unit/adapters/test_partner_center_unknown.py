"""What Microsoft adds to referrals is noted by name, and nothing else of them is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cosell.adapters.partner_center.referral import row_of
from cosell.adapters.partner_center.unknown import MOST, Unknown

SAMPLES = Path(__file__).parents[2] / "samples" / "referrals"


def noted(**members: Any) -> set[str]:  # noqa: ANN401 - any JSON
    """Give what is noted of a referral with these members."""
    unknown = Unknown()
    row_of({"id": "1", **members}, unknown=unknown)
    return unknown.names


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"newThing": 1}, {"newThing"}),
        ({"Details": {"newThing": {"deeper": 1}}}, {"details.newThing"}),
        ({"team": [{}, {"age": 3}, {"age": 4}]}, {"team.age"}),
        ({"details": {"requirements": {"solutions": [{"tier": 1}]}}}, {"details.requirements.solutions.tier"}),
        ({"status": "Paused", "substatus": "Won"}, {"status=Paused"}),
        ({"inviteContext": {"assistanceRequestCode": "Lunch"}}, {"inviteContext.assistanceRequestCode=Lunch"}),
        ({"target": [{"type": "Moon"}, {"type": "None"}]}, {"target.type=Moon"}),
        (
            {"details": {"requirements": {"additionalRequirements": [{"attributes": [{"type": "Hue", "id": "Red"}]}]}}},
            {"details.requirements.additionalRequirements.attributes.type=Hue"},
        ),
    ],
)
def test_new_members_and_words_are_named(members: dict[str, Any], names: set[str]) -> None:
    """A member goes by its path without places in lists, a word by its member."""
    assert noted(**members) == names


@pytest.mark.parametrize(
    "members",
    [
        {"STATUS": "active", "direction": "", "type": None, "qualification": 7},
        {"@odata.context": "x", "team@odata.type": "y", "details": {"@OData.id": "z"}},
        {"customerProfile": {"activities": {"any": 1}, "team": [{"contactPreference": {"locale": "de"}}]}},
        {"details": {"requirements": {"additionalRequirements": {"iot": {"siliconType": "x"}}}}},
        {"details": {"notes": "Paused", "requirements": {"solutions": [{"type": "Name", "solutionType": "3P"}]}}},
    ],
)
def test_what_the_contract_names_is_not_news(members: dict[str, Any]) -> None:
    """Another case, an annotation, an absent value, and members that the sync has no use for are as expected."""
    assert noted(**members) == set()


@pytest.mark.parametrize("said", ["bo.lind@contoso.example", "Please call me\nat once", "<b>", "+46800000", "Åsa"])
def test_what_is_no_plain_word_is_not_repeated(said: str) -> None:
    """Where a person's data stands in the place of a word or a name, nobody reads it in a log."""
    assert noted(status=said, details={said: 1}) == {"status=?", "details.?"}


def test_a_long_word_is_cut() -> None:
    """Forty letters tell it from others."""
    assert noted(status="x" * 90) == {"status=" + "x" * 40 + "…"}


def test_names_have_an_end() -> None:
    """A service that sends ever new names does not fill the memory."""
    assert len(noted(**{f"new{number}": 1 for number in range(2 * MOST)})) == MOST


def test_samples_hold_nothing_else() -> None:
    """The samples show what the contract names, but for what was put into them to be unknown."""
    names = {
        name for path in ("active", "sparse") for name in noted(**json.loads((SAMPLES / f"{path}.json").read_text()))
    }
    assert names == {"aMemberThatNobodyKnows", "status=Engaged", "substatus=Warm"}
