"""Sellers' sentences in other languages: whole catalogues, the deal's own words kept, else English."""

from __future__ import annotations

import pytest
from cosell.core.phrases import _PLACE, ENGLISH, TEMPLATES, Phrasebook
from cosell.core.record import Side
from cosell.core.rules import RULES
from cosell.core.sentences import SENTENCES, say
from cosell.mapping import LEAD_MAPPING, load_mapping
from cosell.mapping.phrases import languages, load_phrases

CZECH = load_phrases("cs")
OTHERS = [language for language in languages() if language != "en"]
DETAIL = "0x80044331: *[a-z]+* (is) {too} long.\nSecond line: 'x'"


def test_english_says_what_is_said() -> None:
    """The language of the code needs no file."""
    assert "en" in languages()
    assert load_phrases("en") is ENGLISH
    assert ENGLISH.said("SYNCED-1", say("SYNCED-1")) == "In step with Partner Center."


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_sentence_and_no_other(language: str) -> None:
    """With the same words to fill in, so that none is lost and none stays a brace."""
    sentences = load_phrases(language).sentences
    assert sentences.keys() == TEMPLATES.keys()
    places = {code: set(_PLACE.findall(text)) for code, text in TEMPLATES.items()}
    assert {code: set(_PLACE.findall(text)) for code, text in sentences.items()} == places


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_is_said_anew_with_the_deals_own_words(code: str, language: str) -> None:
    """Whatever a detail holds: brackets, lines, signs of a pattern or of a template."""
    for side in Side:
        english = say(code, field="close_date", side=side, detail=DETAIL)
        said = load_phrases(language).said(code, english)
        assert said != english
        assert (DETAIL in said) == ("{detail}" in SENTENCES[code])
        assert "{" not in said.replace(DETAIL, "")
        assert said[0] == said[0].upper()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_said_anew(rule: object) -> None:
    """Values of the deal are nobody's to translate."""
    values = dict.fromkeys(rule.fields, "XYZ-1")  # type: ignore[attr-defined]
    english = rule.say(values)  # type: ignore[attr-defined]
    said = CZECH.said(rule.id, english)  # type: ignore[attr-defined]
    assert said != english
    assert ("XYZ-1" in said) == ("XYZ-1" in english)


def test_words_that_sentences_quote_are_said_in_the_language() -> None:
    """Fields, systems and states; also where the English one begins with a capital for its place alone."""
    conflict = CZECH.said("CONFLICT-1", say("CONFLICT-1", field="close_date"))
    assert conflict.startswith("Datum uzavření: změněno")
    refused = CZECH.said("REJECTED-1", say("REJECTED-1", side=Side.DATAVERSE, detail="lost"))
    assert refused.startswith("CRM to nepřijímá.")
    assert "jako vyhráno, a tam" in CZECH.said("CLOSED-2", say("CLOSED-2", detail="won"))


def test_a_sentence_begins_with_a_capital() -> None:
    """Also where a quoted word stands first."""
    german = Phrasebook({"REJECTED-1": "{side} lehnt ab: {detail}"}, {"the CRM": "das CRM"})
    assert german.said("REJECTED-1", say("REJECTED-1", side=Side.DATAVERSE, detail="x")) == "Das CRM lehnt ab: x"


def test_every_field_that_a_seller_may_read_of_has_a_name() -> None:
    """Of what the shipped mappings keep in the CRM."""
    files = [load_mapping().file, load_mapping(LEAD_MAPPING).file]
    shown = {name for file in files for name, line in file.fields.items() if line.dataverse and line.partner_center}
    names = {name.replace("_", " ").capitalize() for name in shown} - {"Crm id"}
    assert names <= CZECH.words.keys()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("SYNCED-1", "All is well."), ("OLD-7", "A sentence of another version."), ("HOLD-1", "A person decides: x")],
)
def test_what_is_not_known_stays_as_it_is(code: str, sentence: str) -> None:
    """An older version may have put other words into memory: they are still true."""
    assert CZECH.said(code, sentence) == sentence
    assert Phrasebook({}, {}).said("SYNCED-1", say("SYNCED-1")) == say("SYNCED-1")
