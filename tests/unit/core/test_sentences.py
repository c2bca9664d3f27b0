"""What a seller reads: every id has its sentence, every sentence its use, and no place stays unfilled."""

from __future__ import annotations

import re
from pathlib import Path

import cosell
import pytest
from cosell.core.record import Side
from cosell.core.rules import RULES, Rule
from cosell.core.sentences import SENTENCES, SIDE_NAMES, label, say

ROOM = Path(cosell.__path__[0])
CODE = re.compile(r'"((?!S-\d{3}")[A-Z]+(?:-[A-Z]+)*-\d+)"')
"""An id as the code writes it: capitals, and a number; S-... numbers a step of the guide."""
NO_IDS = {"UTF-8"}
RULE_IDS = {rule.id for rule in RULES}


def said_somewhere() -> set[str]:
    """Give every id that the code says, outside the tables of sentences and of rules."""
    tables = {"sentences.py", "rules.py", "business_rules.py"}
    files = [path for path in ROOM.rglob("*.py") if path.name not in tables]
    return {code for path in files for code in CODE.findall(path.read_text("utf-8"))} - NO_IDS


def test_every_id_that_the_code_says_has_its_sentence() -> None:
    """Nobody is shown an id without words."""
    assert said_somewhere() <= SENTENCES.keys() | RULE_IDS


def test_no_sentence_is_unused() -> None:
    """What nobody says is not kept."""
    assert SENTENCES.keys() <= said_somewhere()


def test_an_id_means_one_thing() -> None:
    """A rule and a sentence never share an id: each is one anchor in the troubleshooting page."""
    assert SENTENCES.keys().isdisjoint(RULE_IDS)


@pytest.mark.parametrize("code", sorted(SENTENCES))
@pytest.mark.parametrize("side", list(Side))
def test_every_place_in_a_sentence_is_filled(code: str, side: Side) -> None:
    """A sentence is whole: a capital first, a full stop or the system's own words last, no brace between."""
    sentence = say(code, field="close_date", side=side, detail="odd words")
    assert not set("{}") & set(sentence)
    assert sentence[0].isupper()
    assert sentence.endswith((".", "odd words"))
    for name in re.findall(r"{(\w+)}", SENTENCES[code]):
        word = {"field": "Close date", "detail": "odd words"}.get(name)
        assert word is None or word in sentence
        if name in {"side", "longer", "other", "shorter"}:
            told = SIDE_NAMES[side if name in {"side", "longer"} else side.other]
            assert told.lower() in sentence.lower()


def test_a_sentence_begins_with_a_capital_whatever_comes_first() -> None:
    """The CRM's name is small within a sentence and big before one."""
    assert (
        say("REJECTED-1", side=Side.DATAVERSE, detail="no")
        == "The CRM refused this. Correct what it says, or tell your operator: no"
    )


def test_the_services_own_words_are_never_filled() -> None:
    """Braces in what a service says are text."""
    assert say("HOLD-1", detail="{field}") == "A person must decide: {field}"


def test_a_field_is_named_as_a_seller_reads_it() -> None:
    """Underscores are ours."""
    assert label("customer_postal_code") == "Customer postal code"


VERBS = (
    "accept|add|ask|change|choose|clear|close|correct|do that|enter|fill|give|go on|let|make|qualify|remove|reopen|set|"
    "shorten|tell|there is nothing to do"
)
WAYS_OUT = re.compile(rf"[.;:,] ({VERBS})\b", flags=re.IGNORECASE)
SAY_IT_OTHERWISE = {"SYNCED-1", "PAUSED-1", "HOLD-1", "LEAD-1"}
"""Nothing is wrong; the switch is named; the detail says it; the lead is named."""


@pytest.mark.parametrize("code", sorted(SENTENCES.keys() - SAY_IT_OTHERWISE))
def test_a_sentence_says_what_to_do(code: str) -> None:
    """A seller who reads it knows the next step, or that there is none."""
    assert WAYS_OUT.search(SENTENCES[code])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_to_do(rule: Rule) -> None:
    """Refused or warned of, the same holds."""
    assert WAYS_OUT.search(rule.sentence)
